//! The plain twin of the shader `conv2d`. The equations stand in [`crate::ops::conv2d`].

use super::sums::Sums;
use super::threads::for_each_chunk;
use crate::model::geometry::ConvShape;

/// The input row or column that output row or column `o` reads through tap `tap`, if it lies inside the image.
fn inside(o: usize, stride: usize, tap: usize, pad: usize, len: usize) -> Option<usize> {
    (o * stride + tap).checked_sub(pad).filter(|&i| i < len)
}

/// Calls `f(tap, input pixel)` for every tap of the kernel through which the output pixel at row `oh` and column `ow`
/// reads a pixel of the image, not of the padding.
fn for_each_tap(s: &ConvShape, [oh, ow]: [usize; 2], mut f: impl FnMut(usize, usize)) {
    for i in 0..s.kernel[0] {
        let Some(ih) = inside(oh, s.stride[0], i, s.pads.top, s.input[0]) else { continue };
        for j in 0..s.kernel[1] {
            let Some(iw) = inside(ow, s.stride[1], j, s.pads.left, s.input[1]) else { continue };
            f(i * s.kernel[1] + j, ih * s.input[1] + iw);
        }
    }
}

/// `y[n,oh,ow,o] = Σ x[n,ih,iw,c] · w[i,j,c,o]`
pub fn forward(s: &ConvShape, x: &[f32], w: &[f32], y: &mut [f32]) {
    let ci = s.in_channels;
    let co = s.out_channels;
    for_each_chunk(y, s.output_len(), |n, y| {
        let x = &x[n * s.input_len()..][..s.input_len()];
        let mut sums = Sums::new(co);
        for (out, y) in y.chunks_exact_mut(co).enumerate() {
            for_each_tap(s, [out / s.output[1], out % s.output[1]], |tap, pixel| {
                for (c, &x) in x[pixel * ci..][..ci].iter().enumerate() {
                    sums.add(x, &w[(tap * ci + c) * co..][..co]);
                }
            });
            sums.take(y);
        }
    });
}

/// `dx[n,ih,iw,c] = Σ dy[n,oh,ow,o] · w[i,j,c,o]`. The sum over the output channels of a window is taken first and then
/// added to those of the other windows that read the pixel.
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
        let mut total = vec![0.0f64; dx.len()];
        let mut window = vec![0.0; ci];
        let mut sums = Sums::new(ci);
        for (out, dy) in dy.chunks_exact(co).enumerate() {
            for_each_tap(s, [out / s.output[1], out % s.output[1]], |tap, pixel| {
                for (o, &dy) in dy.iter().enumerate() {
                    sums.add(dy, &transposed[(tap * co + o) * ci..][..ci]);
                }
                sums.take(&mut window);
                let total = &mut total[pixel * ci..][..ci];
                total.iter_mut().zip(&window).for_each(|(total, &sum)| *total += f64::from(sum));
            });
        }
        dx.iter_mut().zip(total).for_each(|(dx, total)| *dx = total as f32);
    });
}

/// `dw[i,j,c,o] = Σ x[n,ih,iw,c] · dy[n,oh,ow,o]`
pub fn backward_weights(s: &ConvShape, x: &[f32], dy: &[f32], dw: &mut [f32]) {
    let ci = s.in_channels;
    let co = s.out_channels;
    let batch = dy.len() / s.output_len();
    for_each_chunk(dw, co, |row, dw| {
        let i = row / ci / s.kernel[1];
        let j = row / ci % s.kernel[1];
        let c = row % ci;
        let mut sums = Sums::new(co);
        for n in 0..batch {
            for oh in 0..s.output[0] {
                let Some(ih) = inside(oh, s.stride[0], i, s.pads.top, s.input[0]) else { continue };
                for ow in 0..s.output[1] {
                    let Some(iw) = inside(ow, s.stride[1], j, s.pads.left, s.input[1]) else { continue };
                    let x = x[n * s.input_len() + (ih * s.input[1] + iw) * ci + c];
                    sums.add(x, &dy[n * s.output_len() + (oh * s.output[1] + ow) * co..][..co]);
                }
            }
        }
        sums.take(dw);
    });
}
