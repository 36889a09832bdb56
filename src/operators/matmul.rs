//! Matrix product; see [`crate::ops::matmul`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::ops::MatMul;
use crate::plan::{Op, StepRecord};

/// `y[m,n] = Σ_k a(m,k)·b(k,n)`: `a` is `[m,k]`, or `[k,m]` where transposed; `b` is `[k,n]`, or
/// `[n,k]` where transposed. `sizes` is `[m, n, k]`, `transpose` is `[a, b]`.
///
/// # Errors
/// See the module.
pub async fn matmul(
    backend: &Backend,
    [rows, columns, inner]: [usize; 3],
    [transpose_a, transpose_b]: [bool; 2],
    a: &[f32],
    b: &[f32],
) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let a = call.input("a", a, &[rows, inner])?;
    let b = call.input("b", b, &[inner, columns])?;
    let y = call.output("y", &[rows, columns])?;
    let op = Op::MatMul(MatMul { rows, columns, inner, transpose_a, transpose_b, a, b, y });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}
