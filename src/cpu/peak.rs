//! The multiply-adds that this machine's vector units can do at most, as measured.

use std::hint::black_box;

use pulp::{Arch, Simd, WithSimd};

use super::for_each_chunk;

/// Tasks of a run, far more than threads: none waits long for the last one.
const TASKS: usize = 256;
/// Rounds of a task, some tens of microseconds.
const ROUNDS: usize = 4096;
/// Independent sums of a round: enough to cover a multiply-add's latency on two units, and few enough
/// for the sixteen registers of AVX2.
const SUMS: usize = 12;

struct MultiplyAdds {
    factor: f32,
}

impl WithSimd for MultiplyAdds {
    /// What the sums come to, and how many lanes a vector has.
    type Output = (f32, usize);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
        let (factor, summand) = (simd.splat_f32s(self.factor), simd.splat_f32s(1.0 - self.factor));
        let mut sums: [S::f32s; SUMS] = std::array::from_fn(|i| simd.splat_f32s(i as f32 * self.factor));
        for _ in 0..ROUNDS {
            for sum in &mut sums {
                *sum = simd.mul_add_f32s(*sum, factor, summand);
            }
        }
        let total = sums.into_iter().fold(simd.splat_f32s(0.0), |a, b| simd.add_f32s(a, b));
        (simd.reduce_sum_f32s(total), S::F32_LANES)
    }
}

/// Does many multiply-adds in registers, on all threads, and says how many.
pub fn multiply_adds() -> u64 {
    let arch = Arch::new();
    let mut lanes = [0.0; TASKS];
    for_each_chunk(&mut lanes, 1, |_, lanes| {
        let (total, count) = arch.dispatch(MultiplyAdds { factor: black_box(0.999) });
        black_box(total);
        lanes[0] = count as f32;
    });
    lanes.iter().map(|&lanes| lanes as u64 * (ROUNDS * SUMS) as u64).sum()
}
