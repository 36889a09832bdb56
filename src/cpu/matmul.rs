//! The plain twin of the shader `matmul`. The equations stand in [`crate::ops::matmul`].

use super::threads::for_each_chunk;
use crate::ops::MatMul;

/// Terms that are summed before they are added to the total. Rounding errors of short sums are smaller.
const BLOCK: usize = 64;

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
        let mut partial = vec![0.0; op.columns];
        y.fill(0.0);
        for block in (0..op.inner).step_by(BLOCK) {
            partial.fill(0.0);
            for k in block..(block + BLOCK).min(op.inner) {
                let a = a[m * a_row + k * a_term];
                let b = &b[k * op.columns..][..op.columns];
                partial.iter_mut().zip(b).for_each(|(sum, &b)| *sum += a * b);
            }
            y.iter_mut().zip(&partial).for_each(|(y, &sum)| *y += sum);
        }
    });
}
