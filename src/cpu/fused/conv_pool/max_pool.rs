//! ReLU and the maximum over a 2×2 pool window, in vectors over channels.

use pulp::Simd;

/// The position of a window whose maximum ReLU cuts: it has no winner, and no gradient flows back through it.
pub(super) const NONE: u32 = 4;

/// A vector of values, and the position of each in its window.
#[derive(Clone, Copy)]
struct Candidate<S: Simd> {
    value: S::f32s,
    position: S::u32s,
}

/// `max(max(values), 0)`, and the position of the first maximum, or [`NONE`] where the result is 0. NaN wins
/// and stays, as in the plain operations.
#[inline(always)]
pub(super) fn pool<S: Simd>(simd: S, values: [S::f32s; 4]) -> (S::f32s, S::u32s) {
    let [a, b, c, d] = values;
    let zero = simd.splat_f32s(0.0);
    // The sum is NaN if a value is NaN, or if infinities cancel. Both are rare and take the slower way.
    let sum = simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d));
    let is_number = simd.equal_f32s(sum, sum);
    let all_true = simd.equal_f32s(zero, zero);
    let best = if bytemuck::bytes_of(&is_number) == bytemuck::bytes_of(&all_true) {
        let candidate = |value, p| Candidate { value, position: simd.splat_u32s(p) };
        let top = greater(simd, candidate(a, 0), candidate(b, 1));
        let bottom = greater(simd, candidate(c, 2), candidate(d, 3));
        greater(simd, top, bottom)
    } else {
        first_maximum(simd, values)
    };
    let cut = simd.less_than_or_equal_f32s(best.value, zero);
    let value = simd.select_f32s(cut, zero, best.value);
    let position = simd.select_u32s(cut, simd.splat_u32s(NONE), best.position);
    (value, position)
}

/// The greater of two candidates; the first where they are equal.
#[inline(always)]
fn greater<S: Simd>(simd: S, first: Candidate<S>, second: Candidate<S>) -> Candidate<S> {
    let later = simd.greater_than_f32s(second.value, first.value);
    Candidate {
        value: simd.select_f32s(later, second.value, first.value),
        position: simd.select_u32s(later, second.position, first.position),
    }
}

/// The first maximum; the first NaN where there is one.
#[inline(always)]
fn first_maximum<S: Simd>(simd: S, values: [S::f32s; 4]) -> Candidate<S> {
    let mut best = values[0];
    let mut position = simd.splat_u32s(0);
    for p in 1..4 {
        let here = simd.splat_u32s(p as u32);
        let is_number = simd.equal_f32s(values[p], values[p]);
        let best_is_number = simd.equal_f32s(best, best);
        // A comparison with NaN is false. The first NaN replaces a number, and nothing replaces it.
        let greater = simd.greater_than_f32s(values[p], best);
        position = simd.select_u32s(greater, here, position);
        position = simd.select_u32s(best_is_number, simd.select_u32s(is_number, position, here), position);
        best = simd.select_f32s(is_number, simd.select_f32s(greater, values[p], best), values[p]);
    }
    Candidate { value: best, position }
}

#[cfg(test)]
mod tests {
    use pulp::WithSimd;

    use super::*;
    use crate::cpu::fused::test_support::instruction_sets;
    use crate::cpu::{max_pool, relu};
    use crate::model::geometry::{Padding, PoolShape};

    /// Every window of these values against the plain ReLU and the plain pool.
    #[test]
    fn a_window_is_pooled_as_by_the_plain_operations() {
        let values = [f32::NEG_INFINITY, -1.0, 0.0, 1.0, 2.0, f32::INFINITY, f32::NAN];
        let shape = PoolShape::new([2, 2], 1, [2, 2], [2, 2], Padding::Valid).unwrap();
        for i in 0..values.len().pow(4) {
            let window = [0, 1, 2, 3].map(|p| values[i / values.len().pow(p) % values.len()]);
            let mut rectified = window;
            let mut want = [0.0];
            let mut winner = [9];
            relu::forward(&mut rectified);
            max_pool::forward(&shape, &rectified, &mut want, &mut winner);
            for isa in instruction_sets() {
                let (got, position) = isa.dispatch(PoolOne(window));
                let want_position = if want[0] == 0.0 { NONE } else { winner[0] };
                assert_eq!((got.to_bits(), position), (want[0].to_bits(), want_position), "{isa:?}, {window:?}");
            }
        }
    }

    struct PoolOne([f32; 4]);

    impl WithSimd for PoolOne {
        type Output = (f32, u32);

        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> (f32, u32) {
            let (value, position) = pool(simd, self.0.map(|value| simd.splat_f32s(value)));
            let values: &[f32] = bytemuck::cast_slice(std::slice::from_ref(&value));
            let positions: &[u32] = bytemuck::cast_slice(std::slice::from_ref(&position));
            (values[0], positions[0])
        }
    }
}
