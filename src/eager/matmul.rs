//! Matrix product; see [`crate::ops::matmul`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::ops::MatMul;
use crate::plan::{Op, StepRecord};

/// Matrix product: `y[m,n] = Σ_k a(m,k) · b(k,n)`, either factor read transposed.
///
/// `sizes` is `[M, N, K]`, how many `m`, `n` and `k` there are; `transpose` says how `a` and `b` are
/// stored. `a` is `[M, K]`, or `[K, M]` where it is transposed; `b` is `[K, N]`, or `[N, K]`; returns
/// `y`, `[M, N]`.
///
/// A dense layer is three of it: forward `y = x·w`, backward `dx = dy·wᵀ` and `dw = xᵀ·dy`.
///
/// # Errors
/// [`crate::Error::Usage`] for slices of other lengths or a size of 0; see the [module](super).
pub async fn matmul(
    backend: &Backend,
    sizes: [usize; 3],
    transpose: [bool; 2],
    a: &[f32],
    b: &[f32],
) -> Result<Vec<f32>> {
    let ([rows, columns, inner], [transpose_a, transpose_b]) = (sizes, transpose);
    let mut call = Call::new(backend);
    let a = call.input("a", a, &[rows, inner])?;
    let b = call.input("b", b, &[inner, columns])?;
    let y = call.output("y", &[rows, columns])?;
    let op = Op::MatMul(MatMul { rows, columns, inner, transpose_a, transpose_b, a, b, y });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}
