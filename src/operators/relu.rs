//! Rectifier; see [`crate::ops::relu`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::ops::relu::{Relu, ReluPass};
use crate::plan::{Op, StepRecord};

/// `max(x, 0)`; NaN stays.
///
/// # Errors
/// See the module.
pub async fn relu(backend: &Backend, x: &[f32]) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let y = call.input("x", x, &[x.len()])?;
    let op = Op::Relu(Relu { len: x.len(), pass: ReluPass::Forward { y } });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// `dy` where ReLU's output `y` is positive, else 0.
///
/// # Errors
/// See the module.
pub async fn relu_backward(backend: &Backend, y: &[f32], dy: &[f32]) -> Result<Vec<f32>> {
    let len = y.len();
    let mut call = Call::new(backend);
    let activation = call.input("y", y, &[len])?;
    let dy = call.input("dy", dy, &[len])?;
    let op = Op::Relu(Relu { len, pass: ReluPass::Backward { activation, dy } });
    let [dx] = call.run_f32(op, StepRecord::default(), [dy]).await?;
    Ok(dx)
}
