//! Max pooling and its gradient; see [`crate::ops::max_pool`].

use super::call::{Call, floats};
use crate::backend::Backend;
use crate::error::Result;
use crate::geometry::PoolShape;
use crate::ops::max_pool::{MaxPool, MaxPoolPass};
use crate::plan::{Op, StepRecord};

/// `x` `[N,H,W,C]` → `y` `[N,oh,ow,C]` and the winner of each window as `i·kw + j`; see
/// [`crate::ops::max_pool`].
///
/// # Errors
/// See the module.
pub async fn max_pool(backend: &Backend, shape: &PoolShape, batch: usize, x: &[f32]) -> Result<(Vec<f32>, Vec<u32>)> {
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let y = call.output("y", &[batch, shape.output_len()])?;
    let argmax = call.output("argmax", &[batch, shape.output_len()])?;
    let op = Op::MaxPool(MaxPool { shape: *shape, batch, pass: MaxPoolPass::Forward { x, y, argmax } });
    let [y, argmax] = call.run(op, StepRecord::default(), [y, argmax]).await?;
    Ok((floats(y), argmax))
}

/// `dy` and `argmax` `[N,oh,ow,C]` → `dx` `[N,H,W,C]`; see [`crate::ops::max_pool`].
///
/// # Errors
/// See the module.
pub async fn max_pool_backward(
    backend: &Backend,
    shape: &PoolShape,
    batch: usize,
    dy: &[f32],
    argmax: &[u32],
) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let dy = call.input("dy", dy, &[batch, shape.output_len()])?;
    let argmax = call.input("argmax", argmax, &[batch, shape.output_len()])?;
    let dx = call.output("dx", &[batch, shape.input_len()])?;
    let op = Op::MaxPool(MaxPool { shape: *shape, batch, pass: MaxPoolPass::Backward { dy, argmax, dx } });
    let [dx] = call.run_f32(op, StepRecord::default(), [dx]).await?;
    Ok(dx)
}
