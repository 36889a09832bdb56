//! The plain twin of the shader `matmul`. The equations stand in [`crate::ops::matmul`].

use super::sums::Sums;
use super::threads::for_each_chunk;
use crate::ops::MatMul;

/// `y[m,n] = Σ_k a(m,k) · b(k,n)`, where `a` and `b` may be stored transposed
pub fn multiply(op: &MatMul, a: &[f32], b: &[f32], y: &mut [f32]) {
    let [a_row, a_term] = op.strides_a();
    let transposed;
    let b = if op.transpose_b {
        // As `[inner, columns]`: the innermost loop reads neighbouring elements.
        transposed =
            (0..op.inner * op.columns).map(|i| b[i % op.columns * op.inner + i / op.columns]).collect::<Vec<_>>();
        &transposed
    } else {
        b
    };
    for_each_chunk(y, op.columns, |m, y| {
        let mut sums = Sums::new(op.columns);
        for k in 0..op.inner {
            sums.add(a[m * a_row + k * a_term], &b[k * op.columns..][..op.columns]);
        }
        sums.take(y);
    });
}
