//! A convolution of any shape as matrix products. The equations stand in [`crate::ops::conv2d`].
//!
//! A row of the matrix `columns` `[N·oh·ow, kh·kw·C]` holds what one output reads, zeros for what lies in the padding
//! (Chellapilla, Puri and Simard, "High performance convolutional neural networks for document processing", 2006):
//!
//! ```text
//! y = columns · w        dw = columnsᵀ · dy        dx = what of dy · wᵀ belongs to each pixel, added up
//! ```
//!
//! The matrix is made for some lines of outputs at a time, as many as [`ELEMENTS`] elements hold, and never as a whole:
//! it is `kh·kw/(sh·sw)` times as large as the images. Lines are cut by the shapes alone, and every sum has a fixed order.
//!
//! Zeros of the padding are multiplied by weights that are not finite, as by any other weight, so that such a weight also
//! spoils outputs that meet it in the padding alone.

#[cfg(test)]
mod tests;

use std::ops::Range;

use super::matmul;
use crate::cpu::aligned::{Aligned, borrow};
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::threads::for_each_chunk;
use crate::model::geometry::ConvShape;
use crate::ops::{BufferId, MatMul, View};

/// Elements of the matrix that are there at once: 2 MiB, unless one line of outputs takes more.
const ELEMENTS: usize = 1 << 19;

/// `y = columns · w`
pub(super) fn forward(isa: InstructionSet, s: &ConvShape, x: &[f32], w: &[f32], y: &mut [f32], slices: &mut Aligned) {
    let line = s.output[1] * s.out_channels;
    for_each_part(s, y.len() / line, |lines, columns| {
        fill(s, x, lines.clone(), columns);
        let y = &mut y[lines.start * line..lines.end * line];
        let product = product([y.len() / s.out_channels, s.out_channels, row_len(s)], [false, false]);
        matmul::multiply(isa, &product, columns, w, y, slices);
    });
}

/// `dw = columnsᵀ · dy`, the parts added in the order of the lines.
pub(super) fn backward_weights(
    isa: InstructionSet,
    s: &ConvShape,
    x: &[f32],
    dy: &[f32],
    dw: &mut [f32],
    slices: &mut Aligned,
) {
    let line = s.output[1] * s.out_channels;
    borrow(dw.len(), |part| {
        for_each_part(s, dy.len() / line, |lines, columns| {
            fill(s, x, lines.clone(), columns);
            let dy = &dy[lines.start * line..lines.end * line];
            let product = product([row_len(s), s.out_channels, dy.len() / s.out_channels], [true, false]);
            matmul::multiply(isa, &product, columns, dy, part, slices);
            if lines.start == 0 {
                dw.copy_from_slice(part);
            } else {
                dw.iter_mut().zip(&*part).for_each(|(dw, part)| *dw += part);
            }
        });
    });
}

/// `dx`: the elements of `dy · wᵀ`, each added to the pixel that its column was read from.
pub(super) fn backward_input(
    isa: InstructionSet,
    s: &ConvShape,
    dy: &[f32],
    w: &[f32],
    dx: &mut [f32],
    slices: &mut Aligned,
) {
    let line = s.output[1] * s.out_channels;
    dx.fill(0.0);
    for_each_part(s, dy.len() / line, |lines, columns| {
        let dy = &dy[lines.start * line..lines.end * line];
        let product = product([dy.len() / s.out_channels, row_len(s), s.out_channels], [false, true]);
        matmul::multiply(isa, &product, dy, w, columns, slices);
        let first = lines.start / s.output[0];
        let images = first..lines.end.div_ceil(s.output[0]);
        let dx = &mut dx[images.start * s.input_len()..images.end * s.input_len()];
        let columns = &*columns;
        for_each_chunk(dx, s.input_len(), |image, dx| {
            let own = (first + image) * s.output[0]..(first + image + 1) * s.output[0];
            for of_image in lines.start.max(own.start)..lines.end.min(own.end) {
                let rows = &columns[(of_image - lines.start) * line_len(s)..][..line_len(s)];
                for_each_run(s, of_image - own.start, |place, pixels, len| {
                    dx[pixels..][..len].iter_mut().zip(&rows[place..][..len]).for_each(|(dx, value)| *dx += value);
                });
            }
        });
    });
}

/// Elements of a row of the matrix.
fn row_len(s: &ConvShape) -> usize {
    s.kernel[0] * s.kernel[1] * s.in_channels
}

/// Elements of the rows of a line of outputs.
fn line_len(s: &ConvShape) -> usize {
    s.output[1] * row_len(s)
}

/// Calls `f(lines, columns)` for parts of all lines of outputs (`N·oh`), in order, with memory for their rows.
fn for_each_part(s: &ConvShape, lines: usize, mut f: impl FnMut(Range<usize>, &mut [f32])) {
    let most = (ELEMENTS / line_len(s)).clamp(1, lines);
    borrow(most * line_len(s), |columns| {
        for start in (0..lines).step_by(most) {
            let part = start..(start + most).min(lines);
            let len = part.len() * line_len(s);
            f(part, &mut columns[..len]);
        }
    });
}

/// Writes the rows of some lines.
fn fill(s: &ConvShape, x: &[f32], lines: Range<usize>, columns: &mut [f32]) {
    for_each_chunk(columns, line_len(s), |i, rows| {
        let line = lines.start + i;
        let x = &x[line / s.output[0] * s.input_len()..][..s.input_len()];
        rows.fill(0.0);
        for_each_run(s, line % s.output[0], |place, pixels, len| {
            rows[place..][..len].copy_from_slice(&x[pixels..][..len]);
        });
    });
}

/// Calls `f(place, pixels, len)` for each run of elements that a line `oh` of an image's outputs reads: `len` elements
/// from `place` on of the line's rows are those of the image from `pixels` on. Taps of a row of the kernel are
/// neighbours in both, and those in the padding are left out.
fn for_each_run(s: &ConvShape, oh: usize, mut f: impl FnMut(usize, usize, usize)) {
    let [kernel_rows, kernel_columns] = s.kernel;
    for ow in 0..s.output[1] {
        // The image column of tap 0, counted from the left edge of the padding.
        let left = ow * s.stride[1];
        let first = s.pads.left.saturating_sub(left).min(kernel_columns);
        let end = (s.pads.left + s.input[1]).saturating_sub(left).min(kernel_columns);
        if first >= end {
            continue;
        }
        for i in 0..kernel_rows {
            let Some(ih) = (oh * s.stride[0] + i).checked_sub(s.pads.top).filter(|&ih| ih < s.input[0]) else {
                continue;
            };
            let place = ow * row_len(s) + (i * kernel_columns + first) * s.in_channels;
            let pixel = ih * s.input[1] + left + first - s.pads.left;
            f(place, pixel * s.in_channels, (end - first) * s.in_channels);
        }
    }
}

/// A product of slices: its views mean nothing.
fn product([rows, columns, inner]: [usize; 3], [transpose_a, transpose_b]: [bool; 2]) -> MatMul {
    let view = View { buffer: BufferId(0), offset: 0, len: 0 };
    MatMul { rows, columns, inner, transpose_a, transpose_b, a: view, b: view, y: view }
}
