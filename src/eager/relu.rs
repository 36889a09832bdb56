//! The rectifier; see [`crate::ops::relu`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::ops::relu::{Relu, ReluPass};
use crate::plan::{Op, StepRecord};

/// The rectifier: `y[i] = max(x[i], 0)`. NaN stays NaN, so that divergence is not hidden.
///
/// `x` may have any shape. Returns a tensor of that shape.
///
/// # Errors
/// [`crate::Error::Usage`] where `x` is empty; see the [module](super).
pub async fn relu(backend: &Backend, x: &[f32]) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let y = call.input("x", x, &[x.len()])?;
    let op = Op::Relu(Relu { len: x.len(), pass: ReluPass::Forward { y } });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// The gradient of [`relu`], computed from its *output*: `dx[i] = dy[i]` where `y[i]` is positive or NaN,
/// else 0. At `y[i] = 0` it is 0.
///
/// `y` and `dy` have the same shape. Returns `dx`, of that shape.
///
/// # Errors
/// [`crate::Error::Usage`] where the two are not equally long, or are empty; see the [module](super).
pub async fn relu_backward(backend: &Backend, y: &[f32], dy: &[f32]) -> Result<Vec<f32>> {
    let len = y.len();
    let mut call = Call::new(backend);
    let activation = call.input("y", y, &[len])?;
    let dy = call.input("dy", dy, &[len])?;
    let op = Op::Relu(Relu { len, pass: ReluPass::Backward { activation, dy } });
    let [dx] = call.run_f32(op, StepRecord::default(), [dy]).await?;
    Ok(dx)
}
