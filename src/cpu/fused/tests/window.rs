//! A pool window.

use super::*;
use crate::cpu::fused::window::{NONE, pool};
use crate::cpu::{max_pool, relu};
use crate::model::geometry::PoolShape;

/// All that can meet in a window, numbers or not, against the plain pool of the plain ReLU.
#[test]
fn a_window_is_pooled_as_the_plain_one() {
    let values = [f32::NEG_INFINITY, -1.0, 0.0, 1.0, 2.0, f32::INFINITY, f32::NAN];
    let shape = PoolShape::new([2, 2], 1, [2, 2], [2, 2], Padding::Valid).unwrap();
    for i in 0..values.len().pow(4) {
        let window = [0, 1, 2, 3].map(|p| values[i / values.len().pow(p) % values.len()]);
        let (mut rectified, mut want, mut winner) = (window, [0.0], [9]);
        relu::forward(&mut rectified);
        max_pool::forward(&shape, &rectified, &mut want, &mut winner);
        for machine in machines() {
            let (got, position) = machine.dispatch(Pool(window));
            let won = if want[0] == 0.0 { NONE } else { winner[0] };
            assert_eq!((got.to_bits(), position), (want[0].to_bits(), won), "{machine:?}, {window:?}");
        }
    }
}

struct Pool([f32; 4]);

impl pulp::WithSimd for Pool {
    type Output = (f32, u32);

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> (f32, u32) {
        let (value, position) = pool(simd, self.0.map(|value| simd.splat_f32s(value)));
        let values: &[f32] = bytemuck::cast_slice(std::slice::from_ref(&value));
        let positions: &[u32] = bytemuck::cast_slice(std::slice::from_ref(&position));
        (values[0], positions[0])
    }
}
