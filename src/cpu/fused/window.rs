//! A 2×2 pool window of rectified outputs, in vectors over channels.

use pulp::Simd;

/// Position of a window whose maximum ReLU cuts: nothing flows back through it.
pub const NONE: u32 = 4;

/// `max(max(values), 0)` and the position of the first maximum, or [`NONE`]. NaN wins and stays, as in
/// the plain pool.
#[inline(always)]
pub fn pool<S: Simd>(simd: S, values: [S::f32s; 4]) -> (S::f32s, S::u32s) {
    let [a, b, c, d] = values;
    // No number among them, or infinities that cancel: rare, and slower.
    let sum = simd.add_f32s(simd.add_f32s(a, b), simd.add_f32s(c, d));
    let numbers = simd.equal_f32s(sum, sum);
    let zero = simd.splat_f32s(0.0);
    let (best, position) = if bytemuck::bytes_of(&numbers) == bytemuck::bytes_of(&simd.equal_f32s(zero, zero)) {
        let top = greater(simd, (a, simd.splat_u32s(0)), (b, simd.splat_u32s(1)));
        let bottom = greater(simd, (c, simd.splat_u32s(2)), (d, simd.splat_u32s(3)));
        greater(simd, top, bottom)
    } else {
        first_maximum(simd, values)
    };
    let cut = simd.less_than_or_equal_f32s(best, zero);
    (simd.select_f32s(cut, zero, best), simd.select_u32s(cut, simd.splat_u32s(NONE), position))
}

/// The greater of two numbers and its position; the first of equal ones.
#[inline(always)]
fn greater<S: Simd>(simd: S, first: (S::f32s, S::u32s), second: (S::f32s, S::u32s)) -> (S::f32s, S::u32s) {
    let later = simd.greater_than_f32s(second.0, first.0);
    (simd.select_f32s(later, second.0, first.0), simd.select_u32s(later, second.1, first.1))
}

/// The first maximum and its position; the first NaN where there is one.
#[inline(always)]
fn first_maximum<S: Simd>(simd: S, values: [S::f32s; 4]) -> (S::f32s, S::u32s) {
    let mut best = values[0];
    let mut position = simd.splat_u32s(0);
    for p in 1..4 {
        let here = simd.splat_u32s(p as u32);
        let (number, best_number) = (simd.equal_f32s(values[p], values[p]), simd.equal_f32s(best, best));
        let greater = simd.greater_than_f32s(values[p], best);
        // A comparison with NaN is false: the first NaN takes the place of a number, and keeps it.
        position = simd.select_u32s(greater, here, position);
        position = simd.select_u32s(best_number, simd.select_u32s(number, position, here), position);
        best = simd.select_f32s(number, simd.select_f32s(greater, values[p], best), values[p]);
    }
    (best, position)
}
