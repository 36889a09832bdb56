//! Twin of `shaders/max_pool.wgsl`; the equations stand in [`crate::ops::max_pool`].

use crate::geometry::PoolShape;

/// Calls `f(output, window position, input)` with element indices, for every position of every
/// window that lies inside the image, in row-major order within a window.
fn for_each_position(s: &PoolShape, mut f: impl FnMut(usize, usize, usize)) {
    for oh in 0..s.output[0] {
        for ow in 0..s.output[1] {
            for c in 0..s.channels {
                for i in 0..s.kernel[0] {
                    for j in 0..s.kernel[1] {
                        let ih = (oh * s.stride[0] + i).wrapping_sub(s.pads.top);
                        let iw = (ow * s.stride[1] + j).wrapping_sub(s.pads.left);
                        if ih < s.input[0] && iw < s.input[1] {
                            let (out, pixel) = (oh * s.output[1] + ow, ih * s.input[1] + iw);
                            f(out * s.channels + c, i * s.kernel[1] + j, pixel * s.channels + c);
                        }
                    }
                }
            }
        }
    }
}

/// `y[n,oh,ow,c] = max x[n,ih,iw,c]`, and the window position of the first maximum.
pub fn forward(s: &PoolShape, x: &[f32], y: &mut [f32], argmax: &mut [u32]) {
    /// Marks an output whose window has not met a pixel yet.
    const NONE: u32 = u32::MAX;
    argmax.fill(NONE);
    let images = x.chunks_exact(s.input_len());
    let outputs = y.chunks_exact_mut(s.output_len()).zip(argmax.chunks_exact_mut(s.output_len()));
    for (x, (y, argmax)) in images.zip(outputs) {
        for_each_position(s, |out, position, pixel| {
            let v = x[pixel];
            if argmax[out] == NONE || v > y[out] || (v.is_nan() && !y[out].is_nan()) {
                (y[out], argmax[out]) = (v, position as u32);
            }
        });
    }
}

/// `dx[n,ih,iw,c] = Σ dy[n,oh,ow,c]` over the windows won by that pixel.
pub fn backward(s: &PoolShape, dy: &[f32], argmax: &[u32], dx: &mut [f32]) {
    dx.fill(0.0);
    let outputs = dy.chunks_exact(s.output_len()).zip(argmax.chunks_exact(s.output_len()));
    for (dx, (dy, argmax)) in dx.chunks_exact_mut(s.input_len()).zip(outputs) {
        for_each_position(s, |out, position, pixel| {
            if argmax[out] == position as u32 {
                dx[pixel] += dy[out];
            }
        });
    }
}
