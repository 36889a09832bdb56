//! The layouts in which [`super::gradients`] reads weights and leaves their gradients.

use pulp::{Simd, WithSimd};

use super::shapes::{ROW_TAPS, TAPS};
use crate::cpu::aligned::Aligned;
use crate::cpu::fused::matmul::transpose::{Matrix, MatrixMut, transpose};
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::threads::for_each_chunk;
use crate::model::geometry::ConvShape;

/// Rearranges weights from `[kh, kw, C, O]` to `[kh][O][kw, C]`: the weights of one output channel and one row of
/// the kernel, which one winner's gradient multiplies, become contiguous.
pub(super) fn arrange_weights(isa: InstructionSet, conv: &ConvShape, w: &[f32], arranged: &mut Aligned) {
    arranged.resize(w.len());
    let channels = conv.in_channels;
    let outputs = conv.out_channels;
    let row_len = ROW_TAPS * channels * outputs;
    for_each_chunk(arranged.as_mut_slice(), row_len, |row, arranged| {
        for tap in 0..ROW_TAPS {
            let from = &w[row * row_len + tap * channels * outputs..][..channels * outputs];
            let to = &mut arranged[tap * channels..];
            isa.dispatch(
                #[inline(always)]
                || {
                    let from = Matrix { values: from, stride: outputs };
                    let to = MatrixMut { values: to, stride: ROW_TAPS * channels };
                    transpose(from, to, channels, outputs);
                },
            );
        }
    });
}

/// `dw = Σ_tasks partial`, in the order of the tasks. Each task's sums are `[C / lanes][O][kh, kw][lanes]`, and
/// two tasks' sums are `stride` elements apart; `dw` is `[kh, kw, C, O]`.
pub(super) fn add_gradients(isa: InstructionSet, conv: &ConvShape, partial: &[f32], stride: usize, dw: &mut [f32]) {
    for_each_chunk(dw, conv.in_channels * conv.out_channels, |tap, dw| {
        isa.dispatch(AddTaskSums { outputs: conv.out_channels, partial, stride, tap, dw });
    });
}

/// [`add_gradients`] for one tap.
struct AddTaskSums<'a> {
    outputs: usize,
    partial: &'a [f32],
    stride: usize,
    tap: usize,
    /// `[C, O]`
    dw: &'a mut [f32],
}

impl WithSimd for AddTaskSums<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let partial = S::as_simd_f32s(self.partial).0;
        let stride = self.stride / S::F32_LANES;
        for (group, dw) in self.dw.chunks_exact_mut(S::F32_LANES * self.outputs).enumerate() {
            for o in 0..self.outputs {
                let at = (group * self.outputs + o) * TAPS + self.tap;
                let mut sum = partial[at];
                for start in (stride..partial.len()).step_by(stride) {
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
