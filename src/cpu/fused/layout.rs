//! How [`super::gradients`] wants weights to lie, and how it leaves their gradients.

use pulp::{Simd, WithSimd};

use super::gradients::{ROW, TAPS};
use super::machine::Machine;
use super::transpose::transpose;
use crate::cpu::aligned::Aligned;
use crate::cpu::for_each_chunk;
use crate::model::geometry::ConvShape;

/// `[kh, kw, C, O]` to `[kh][O][kw, C]`: of one kernel row, all that meets a window's gradients.
pub fn arrange_weights(machine: Machine, conv: &ConvShape, w: &[f32], arranged: &mut Aligned) {
    arranged.resize(w.len());
    let (channels, outputs) = (conv.in_channels, conv.out_channels);
    let row_len = ROW * channels * outputs;
    for_each_chunk(arranged.as_mut_slice(), row_len, |row, arranged| {
        for tap in 0..ROW {
            let from = &w[row * row_len + tap * channels * outputs..][..channels * outputs];
            let to = &mut arranged[tap * channels..];
            machine.dispatch(
                #[inline(always)]
                || transpose((from, outputs), (to, ROW * channels), channels, outputs),
            );
        }
    });
}

/// `dw = Σ_tasks partial`: the tasks' sums lie `width` apart, each `[C / lanes][O][kh, kw][lanes]`; `dw` is
/// `[kh, kw, C, O]`.
pub fn add_gradients(machine: Machine, conv: &ConvShape, partial: &[f32], width: usize, dw: &mut [f32]) {
    for_each_chunk(dw, conv.in_channels * conv.out_channels, |tap, dw| {
        machine.dispatch(Add { outputs: conv.out_channels, partial, width, tap, dw });
    });
}

struct Add<'a> {
    outputs: usize,
    partial: &'a [f32],
    width: usize,
    tap: usize,
    dw: &'a mut [f32],
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (partial, width) = (S::as_simd_f32s(self.partial).0, self.width / S::F32_LANES);
        for (group, dw) in self.dw.chunks_exact_mut(S::F32_LANES * self.outputs).enumerate() {
            for o in 0..self.outputs {
                let at = (group * self.outputs + o) * TAPS + self.tap;
                let mut sum = partial[at];
                for start in (width..partial.len()).step_by(width) {
                    sum = simd.add_f32s(sum, partial[start + at]);
                }
                let sum: &[f32] = bytemuck::cast_slice(std::slice::from_ref(&sum));
                for (lane, &sum) in sum.iter().enumerate() {
                    dw[lane * self.outputs + o] = sum;
                }
            }
        }
    }
}
