//! The forward pass at any stride, by the plain sum: the four convolution outputs of a pool window are computed
//! together, a few vectors of output channels at a time. Every weight that is loaded serves four outputs, and
//! the sums never leave the registers.

use pulp::{Simd, WithSimd};

use super::max_pool::pool;
use super::task::ForwardTask;
use crate::cpu::fused::vector_block::{VectorBlockKernel, run_over_channels};
use crate::cpu::instruction_set::InstructionSet;

/// See [`super::forward`].
pub(super) fn forward(isa: InstructionSet, task: ForwardTask<'_>) {
    isa.dispatch(DirectForward(task));
}

struct DirectForward<'a>(ForwardTask<'a>);

impl WithSimd for DirectForward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        run_over_channels(simd, self.0.conv.out_channels, self);
    }
}

impl<S: Simd> VectorBlockKernel<S> for DirectForward<'_> {
    /// Four sums and a weight.
    const REGISTERS: usize = 5;

    #[inline(always)]
    fn run<const V: usize>(self, simd: S) {
        let mut task = self.0;
        let windows = task.windows();
        let y = S::as_mut_simd_f32s(std::mem::take(&mut task.y)).0;
        let argmax = S::as_mut_simd_u32s(std::mem::take(&mut task.argmax)).0;
        let conv = task.conv;
        let padded = task.padded;
        let x = task.x;
        let w = S::as_simd_f32s(task.w).0;
        let b = S::as_simd_f32s(task.b).0;
        let vectors = b.len();
        let row_len = conv.kernel[1] * conv.in_channels;
        for window in 0..windows {
            let corner = task.corner(window);
            for block in (0..vectors).step_by(V) {
                let mut sums = [[simd.splat_f32s(0.0); V]; 4];
                for i in 0..conv.kernel[0] {
                    // Along a row of the kernel, pixels and their channels are neighbours in memory.
                    let [x0, x1, x2, x3] = padded.output_offsets().map(|offset| {
                        let pixel = corner + offset + i * padded.row();
                        &x[pixel * conv.in_channels..][..row_len]
                    });
                    let taps = w[i * row_len * vectors..].chunks_exact(vectors);
                    for ((((taps, &x0), &x1), &x2), &x3) in taps.zip(x0).zip(x1).zip(x2).zip(x3) {
                        let taps = &taps[block..block + V];
                        for (p, x) in [x0, x1, x2, x3].into_iter().enumerate() {
                            let x = simd.splat_f32s(x);
                            for v in 0..V {
                                sums[p][v] = simd.mul_add_f32s(x, taps[v], sums[p][v]);
                            }
                        }
                    }
                }
                for v in 0..V {
                    let out = window * vectors + block + v;
                    let mut values = [b[block + v]; 4];
                    for p in 0..4 {
                        values[p] = simd.add_f32s(values[p], sums[p][v]);
                    }
                    (y[out], argmax[out]) = pool(simd, values);
                }
            }
        }
    }
}
