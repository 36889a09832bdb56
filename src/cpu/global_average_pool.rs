//! The plain twin of the shader `global_average_pool`. The equations stand in [`crate::ops::global_average_pool`].

use super::sums::Sums;
use super::threads::for_each_chunk;
use crate::model::geometry::GlobalPoolShape;

/// `y[n,c] = (1/(H·W)) Σ_{h,w} x[n,h,w,c]`
pub fn forward(s: &GlobalPoolShape, x: &[f32], y: &mut [f32]) {
    for_each_chunk(y, s.output_len(), |n, y| {
        let x = &x[n * s.input_len()..][..s.input_len()];
        let mut sums = Sums::new(s.channels);
        x.chunks_exact(s.channels).for_each(|position| sums.add(1.0, position));
        sums.take(y);
        y.iter_mut().for_each(|y| *y /= s.positions() as f32);
    });
}

/// `dx[n,h,w,c] = dy[n,c]/(H·W)`
pub fn backward(s: &GlobalPoolShape, dy: &[f32], dx: &mut [f32]) {
    for_each_chunk(dx, s.input_len(), |n, dx| {
        let dy = &dy[n * s.output_len()..][..s.output_len()];
        for position in dx.chunks_exact_mut(s.channels) {
            position.iter_mut().zip(dy).for_each(|(dx, dy)| *dx = dy / s.positions() as f32);
        }
    });
}
