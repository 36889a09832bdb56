//! The plain twin of the shader `max_pool`. The equations stand in [`crate::ops::max_pool`].

use super::threads::{for_each_chunk, for_each_chunk_pair};
use crate::model::geometry::PoolShape;

/// Calls `f(output, window position, input)` for every position of every window that lies inside the image, in
/// row-major order within a window. `output` and `input` are indices of elements.
fn for_each_position(s: &PoolShape, mut f: impl FnMut(usize, usize, usize)) {
    for oh in 0..s.output[0] {
        for ow in 0..s.output[1] {
            for c in 0..s.channels {
                for i in 0..s.kernel[0] {
                    for j in 0..s.kernel[1] {
                        let ih = (oh * s.stride[0] + i).wrapping_sub(s.pads.top);
                        let iw = (ow * s.stride[1] + j).wrapping_sub(s.pads.left);
                        if ih < s.input[0] && iw < s.input[1] {
                            let out = oh * s.output[1] + ow;
                            let pixel = ih * s.input[1] + iw;
                            f(out * s.channels + c, i * s.kernel[1] + j, pixel * s.channels + c);
                        }
                    }
                }
            }
        }
    }
}

/// `y[n,oh,ow,c] = max x[n,ih,iw,c]` over the window, and the window position of the first maximum. NaN counts
/// as the largest value.
pub fn forward(s: &PoolShape, x: &[f32], y: &mut [f32], argmax: &mut [u32]) {
    /// Marks an output for whose window no pixel has been read yet.
    const NONE: u32 = u32::MAX;
    argmax.fill(NONE);
    for_each_chunk_pair(y, s.output_len(), argmax, s.output_len(), |n, y, argmax| {
        let x = &x[n * s.input_len()..][..s.input_len()];
        for_each_position(s, |out, position, pixel| {
            let v = x[pixel];
            if argmax[out] == NONE || v > y[out] || (v.is_nan() && !y[out].is_nan()) {
                (y[out], argmax[out]) = (v, position as u32);
            }
        });
    });
}

/// `dx[n,ih,iw,c] = Σ dy[n,oh,ow,c]` over the windows whose maximum is that pixel.
pub fn backward(s: &PoolShape, dy: &[f32], argmax: &[u32], dx: &mut [f32]) {
    for_each_chunk(dx, s.input_len(), |n, dx| {
        let outputs = n * s.output_len()..(n + 1) * s.output_len();
        let dy = &dy[outputs.clone()];
        let argmax = &argmax[outputs];
        let mut total = vec![0.0f64; dx.len()]; // Many windows may have the same maximum.
        for_each_position(s, |out, position, pixel| {
            if argmax[out] == position as u32 {
                total[pixel] += f64::from(dy[out]);
            }
        });
        dx.iter_mut().zip(total).for_each(|(dx, total)| *dx = total as f32);
    });
}
