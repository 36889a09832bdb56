//! Twin of `shaders/matmul.wgsl`; the equation stands in [`crate::ops::matmul`].

use super::for_each_chunk;
use crate::ops::MatMul;

/// Terms summed before they join the total: short sums lose less to rounding.
const BLOCK: usize = 64;

/// `y[m,n] = Σ_k a(m,k) · b(k,n)`
pub fn multiply(op: &MatMul, a: &[f32], b: &[f32], y: &mut [f32]) {
    let [a_row, a_column] = op.strides_a();
    let transposed;
    let b = if op.transpose_b {
        // `[inner, columns]`, so that the innermost loop runs over neighbours.
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
                let a = a[m * a_row + k * a_column];
                let b = &b[k * op.columns..][..op.columns];
                partial.iter_mut().zip(b).for_each(|(sum, &b)| *sum += a * b);
            }
            y.iter_mut().zip(&partial).for_each(|(y, &sum)| *y += sum);
        }
    });
}
