//! The plain twin of the shader `conv2d`. The equations stand in [`crate::ops::conv2d`].

use super::threads::for_each_chunk;
use crate::model::geometry::ConvShape;

/// The input row or column that output row or column `o` reads through tap `tap`, if it lies inside the image.
fn inside(o: usize, stride: usize, tap: usize, pad: usize, len: usize) -> Option<usize> {
    (o * stride + tap).checked_sub(pad).filter(|&i| i < len)
}

/// Calls `f(output pixel, tap, input pixel)` for every output pixel of an image and every tap of the kernel that
/// reads a pixel of the image, not of the padding.
fn for_each_tap(s: &ConvShape, mut f: impl FnMut(usize, usize, usize)) {
    for oh in 0..s.output[0] {
        for ow in 0..s.output[1] {
            for i in 0..s.kernel[0] {
                let Some(ih) = inside(oh, s.stride[0], i, s.pads.top, s.input[0]) else { continue };
                for j in 0..s.kernel[1] {
                    let Some(iw) = inside(ow, s.stride[1], j, s.pads.left, s.input[1]) else { continue };
                    f(oh * s.output[1] + ow, i * s.kernel[1] + j, ih * s.input[1] + iw);
                }
            }
        }
    }
}

/// `y[n,oh,ow,o] = Σ x[n,ih,iw,c] · w[i,j,c,o]`
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], y: &mut [f32]) {
    let ci = s.in_channels;
    let co = s.out_channels;
    for_each_chunk(y, s.output_len(), |n, y| {
        let x = &x[n * s.input_len()..][..s.input_len()];
        y.fill(0.0);
        for_each_tap(s, |out, tap, pixel| {
            let y = &mut y[out * co..][..co];
            for (c, &x) in x[pixel * ci..][..ci].iter().enumerate() {
                let w = &w[(tap * ci + c) * co..][..co];
                y.iter_mut().zip(w).for_each(|(y, &w)| *y += x * w);
            }
        });
    });
}

/// `dx[n,ih,iw,c] = Σ dy[n,oh,ow,o] · w[i,j,c,o]`
pub fn backward_input(s: &ConvShape, dy: &[f32], w: &[f32], dx: &mut [f32]) {
    let ci = s.in_channels;
    let co = s.out_channels;
    // As `[kh, kw, O, C]`: the innermost loop reads neighbouring elements.
    let mut transposed = vec![0.0; w.len()];
    for tap in 0..s.kernel[0] * s.kernel[1] {
        for c in 0..ci {
            for o in 0..co {
                transposed[(tap * co + o) * ci + c] = w[(tap * ci + c) * co + o];
            }
        }
    }
    for_each_chunk(dx, s.input_len(), |n, dx| {
        let dy = &dy[n * s.output_len()..][..s.output_len()];
        dx.fill(0.0);
        for_each_tap(s, |out, tap, pixel| {
            let dx = &mut dx[pixel * ci..][..ci];
            for (o, &dy) in dy[out * co..][..co].iter().enumerate() {
                let w = &transposed[(tap * co + o) * ci..][..ci];
                dx.iter_mut().zip(w).for_each(|(dx, &w)| *dx += dy * w);
            }
        });
    });
}

/// `dw[i,j,c,o] = Σ x[n,ih,iw,c] · dy[n,oh,ow,o]`. The sum of an image row is taken first and then added to the
/// total: rounding errors of short sums are smaller.
pub fn backward_weights(s: &ConvShape, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    let ci = s.in_channels;
    let co = s.out_channels;
    let batch = dy.len() / s.output_len();
    for_each_chunk(dw, co, |row, dw| {
        let i = row / ci / s.kernel[1];
        let j = row / ci % s.kernel[1];
        let c = row % ci;
        let mut partial = vec![0.0; co];
        dw.fill(0.0);
        for n in 0..batch {
            for oh in 0..s.output[0] {
                let Some(ih) = inside(oh, s.stride[0], i, s.pads.top, s.input[0]) else { continue };
                partial.fill(0.0);
                for ow in 0..s.output[1] {
                    let Some(iw) = inside(ow, s.stride[1], j, s.pads.left, s.input[1]) else { continue };
                    let x = x[n * s.input_len() + (ih * s.input[1] + iw) * ci + c];
                    let dy = &dy[n * s.output_len() + (oh * s.output[1] + ow) * co..][..co];
                    partial.iter_mut().zip(dy).for_each(|(sum, &dy)| *sum += x * dy);
                }
                dw.iter_mut().zip(&partial).for_each(|(dw, &sum)| *dw += sum);
            }
        }
    });
}
