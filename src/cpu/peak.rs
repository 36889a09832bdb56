//! Measures the peak rate of multiply-adds of this machine's vector units.

use std::hint::black_box;

use pulp::{Simd, WithSimd};

use super::instruction_set::InstructionSet;
use super::threads::for_each_chunk;

/// Tasks of a run: many more than threads, so that all threads finish at nearly the same time.
const TASKS: usize = 256;
/// Rounds of a task, which then takes some tens of microseconds.
const ROUNDS: usize = 4096;
/// Independent sums of a round: enough to hide the latency of a multiply-add on two units, and few enough for the
/// sixteen registers of AVX2.
const SUMS: usize = 12;

struct MultiplyAdds {
    factor: f32,
}

/// What a task returns.
struct TaskResult {
    /// The total of all sums, so that the compiler must compute them.
    total: f32,
    /// Lanes of a vector.
    lanes: usize,
}

impl WithSimd for MultiplyAdds {
    type Output = TaskResult;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> TaskResult {
        let factor = simd.splat_f32s(self.factor);
        let summand = simd.splat_f32s(1.0 - self.factor);
        let mut sums: [S::f32s; SUMS] = std::array::from_fn(|i| simd.splat_f32s(i as f32 * self.factor));
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(*sum, factor, summand);
            }
        }
        let total = sums.into_iter().fold(simd.splat_f32s(0.0), |a, b| simd.add_f32s(a, b));
        TaskResult { total: simd.reduce_sum_f32s(total), lanes: S::F32_LANES }
    }
}

/// Computes many multiply-adds in registers, on all threads, and returns how many.
pub fn multiply_adds() -> u64 {
    let isa = InstructionSet::widest();
    let mut lanes = [0.0; TASKS];
    for_each_chunk(&mut lanes, 1, |_, lanes| {
        let result = isa.dispatch(MultiplyAdds { factor: black_box(0.999) });
        black_box(result.total);
        lanes[0] = result.lanes as f32;
    });
    lanes.iter().map(|&lanes| lanes as u64 * (ROUNDS * SUMS) as u64).sum()
}
