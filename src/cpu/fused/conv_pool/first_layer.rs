//! The kernels for one input channel, forward and backward.
//!
//! With one channel the nine taps are too few to fill vectors, so that vectors run over output channels. The
//! taps (forward) or their gradients (backward) stay in registers over all windows of an image. The gradient of
//! the input is not computed: the input of the first layer is data.
//!
//! A window that reads only zeros is common in handwritten digits: its outputs are the bias, and it adds
//! nothing to the gradients of the weights. It is skipped, unless weights (forward) or gradients (backward) hold
//! NaN or an infinity, since 0 · ∞ is NaN.

use pulp::{Simd, WithSimd};

use super::max_pool::{NONE, pool};
use super::nonzero::NonzeroWindows;
use super::shapes::{ROW_TAPS, TAPS};
use super::task::{BackwardTask, ForwardTask};
use crate::cpu::aligned::borrow;
use crate::cpu::fused::arithmetic::all_finite;
use crate::cpu::fused::vector_block::{VectorBlockKernel, run_over_channels};
use crate::cpu::instruction_set::InstructionSet;

/// See [`super::forward`].
pub(super) fn forward(isa: InstructionSet, task: ForwardTask<'_>) {
    NonzeroWindows::borrow(task.padded, task.pool, |nonzero| isa.dispatch(FirstLayerForward { task, nonzero }));
}

struct FirstLayerForward<'a> {
    task: ForwardTask<'a>,
    nonzero: NonzeroWindows<'a>,
}

impl WithSimd for FirstLayerForward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        run_over_channels(simd, self.task.conv.out_channels, self);
    }
}

impl<S: Simd> VectorBlockKernel<S> for FirstLayerForward<'_> {
    /// The taps and four sums.
    const REGISTERS: usize = TAPS + 4;

    #[inline(always)]
    fn run<const V: usize>(self, simd: S) {
        let FirstLayerForward { task, mut nonzero } = self;
        let ForwardTask { conv, pool: pool_shape, padded, x, w, b, y, argmax } = task;
        let may_skip = all_finite(w);
        let w = S::as_simd_f32s(w).0;
        let b = S::as_simd_f32s(b).0;
        let y = S::as_mut_simd_f32s(y).0;
        let argmax = S::as_mut_simd_u32s(argmax).0;
        let vectors = b.len();
        let row = padded.row();
        let windows = pool_shape.output[0] * pool_shape.output[1];
        for (n, x) in x.chunks_exact(padded.len()).enumerate() {
            nonzero.find(x, conv.stride, pool_shape);
            for block in (0..vectors).step_by(V) {
                let mut taps = [[simd.splat_f32s(0.0); V]; TAPS];
                let mut bias = [simd.splat_f32s(0.0); V];
                let mut of_zeros = [(simd.splat_f32s(0.0), simd.splat_u32s(0)); V];
                for v in 0..V {
                    for tap in 0..TAPS {
                        taps[tap][v] = w[tap * vectors + block + v];
                    }
                    bias[v] = b[block + v];
                    of_zeros[v] = pool(simd, [bias[v]; 4]);
                }
                for window in 0..windows {
                    let out = (n * windows + window) * vectors + block;
                    if may_skip && nonzero.is_zero(window) {
                        for v in 0..V {
                            (y[out + v], argmax[out + v]) = of_zeros[v];
                        }
                        continue;
                    }
                    let corner = padded.window(window, pool_shape.output[1]);
                    let offsets = padded.output_offsets();
                    let mut sums = [bias; 4];
                    for p in 0..4 {
                        let patch = &x[corner + offsets[p]..];
                        for i in 0..ROW_TAPS {
                            let x = &patch[i * row..][..ROW_TAPS];
                            for j in 0..ROW_TAPS {
                                let x = simd.splat_f32s(x[j]);
                                for v in 0..V {
                                    sums[p][v] = simd.mul_add_f32s(x, taps[i * ROW_TAPS + j][v], sums[p][v]);
                                }
                            }
                        }
                    }
                    for v in 0..V {
                        let values = [sums[0][v], sums[1][v], sums[2][v], sums[3][v]];
                        (y[out + v], argmax[out + v]) = pool(simd, values);
                    }
                }
            }
        }
    }
}

/// See [`super::backward`]: writes the sums for `dw` `[kh, kw, 1, O]` and then `db` to `task.partial`.
pub(super) fn backward(isa: InstructionSet, task: BackwardTask<'_>) {
    borrow(task.padded.len(), |image| {
        image.fill(0.0);
        NonzeroWindows::borrow(task.padded, task.pool, |nonzero| {
            isa.dispatch(FirstLayerBackward { task, image, nonzero });
        });
    });
}

struct FirstLayerBackward<'a> {
    task: BackwardTask<'a>,
    /// Scratch memory for one padded image, all zero.
    image: &'a mut [f32],
    nonzero: NonzeroWindows<'a>,
}

impl WithSimd for FirstLayerBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        run_over_channels(simd, self.task.conv.out_channels, self);
    }
}

impl<S: Simd> VectorBlockKernel<S> for FirstLayerBackward<'_> {
    /// The sums of the taps and of the bias, and a gradient.
    const REGISTERS: usize = TAPS + 2;

    #[inline(always)]
    fn run<const V: usize>(self, simd: S) {
        let FirstLayerBackward { task, image, mut nonzero } = self;
        let BackwardTask { conv, pool: pool_shape, padded, x, argmax, dy, partial, .. } = task;
        let may_skip = all_finite(dy);
        let dy = S::as_simd_f32s(dy).0;
        let argmax = S::as_simd_u32s(argmax).0;
        let partial = S::as_mut_simd_f32s(partial).0;
        let vectors = conv.out_channels / S::F32_LANES;
        let row = padded.row();
        let windows = pool_shape.output[0] * pool_shape.output[1];
        let zero = simd.splat_f32s(0.0);
        // The compiler must not unroll the loop over the four outputs: unrolled, it moves sums to memory.
        let offsets = padded.output_offsets();
        let offsets = std::hint::black_box(&offsets[..]);
        partial.fill(zero);
        for (n, x) in x.chunks_exact(conv.input_len()).enumerate() {
            padded.fill(x, image);
            nonzero.find(image, conv.stride, pool_shape);
            for block in (0..vectors).step_by(V) {
                let mut dw = [[zero; V]; TAPS];
                let mut db = [zero; V];
                for window in 0..windows {
                    let at = (n * windows + window) * vectors + block;
                    for v in 0..V {
                        let cut = simd.equal_u32s(argmax[at + v], simd.splat_u32s(NONE));
                        db[v] = simd.add_f32s(db[v], simd.select_f32s(cut, zero, dy[at + v]));
                    }
                    if may_skip && nonzero.is_zero(window) {
                        continue;
                    }
                    let corner = padded.window(window, pool_shape.output[1]);
                    for (p, offset) in offsets.iter().enumerate() {
                        // The gradient of output `p`: that of the window where `p` won, else 0.
                        let mut gradient = [zero; V];
                        for v in 0..V {
                            let won = simd.equal_u32s(argmax[at + v], simd.splat_u32s(p as u32));
                            gradient[v] = simd.select_f32s(won, dy[at + v], zero);
                        }
                        let patch = &image[corner + offset..];
                        for i in 0..ROW_TAPS {
                            let x = &patch[i * row..][..ROW_TAPS];
                            for j in 0..ROW_TAPS {
                                let x = simd.splat_f32s(x[j]);
                                for v in 0..V {
                                    let sum = &mut dw[i * ROW_TAPS + j][v];
                                    *sum = simd.mul_add_f32s(gradient[v], x, *sum);
                                }
                            }
                        }
                    }
                }
                for v in 0..V {
                    for (tap, sums) in dw.iter().chain([&db]).enumerate() {
                        let sum = &mut partial[tap * vectors + block + v];
                        *sum = simd.add_f32s(*sum, sums[v]);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
