//! Twin of `shaders/conv2d.wgsl`; the equations stand in [`crate::ops::conv2d`].

use super::for_each_chunk;
use crate::model::geometry::ConvShape;

/// The input row or column that output `o` reads through tap `tap`, if it lies inside the image.
fn inside(o: usize, stride: usize, tap: usize, pad: usize, len: usize) -> Option<usize> {
    (o * stride + tap).checked_sub(pad).filter(|&i| i < len)
}

/// Calls `f(output pixel, tap, input pixel)` for every tap of every output pixel of an image that
/// does not fall into the padding.
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
    let (ci, co) = (s.in_channels, s.out_channels);
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
    let (ci, co) = (s.in_channels, s.out_channels);
    // `[kh, kw, O, C]`, so that the innermost loop runs over neighbours.
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

/// `dw[i,j,c,o] = Σ x[n,ih,iw,c] · dy[n,oh,ow,o]`, summed within an image row first, then over
/// rows: short sums lose less to rounding.
pub fn backward_weights(s: &ConvShape, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    let (ci, co) = (s.in_channels, s.out_channels);
    let batch = dy.len() / s.output_len();
    for_each_chunk(dw, co, |row, dw| {
        let (i, j, c) = (row / ci / s.kernel[1], row / ci % s.kernel[1], row % ci);
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
