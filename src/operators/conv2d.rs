//! Convolution and its gradients; see [`crate::ops::conv2d`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::geometry::ConvShape;
use crate::ops::conv2d::{Conv2d, Conv2dPass};
use crate::plan::{Op, StepRecord};

/// `x` `[N,H,W,C]`, `w` `[kh,kw,C,O]` → `y` `[N,oh,ow,O]`; see [`crate::ops::conv2d`].
///
/// # Errors
/// See the module.
pub async fn conv2d(backend: &Backend, shape: &ConvShape, batch: usize, x: &[f32], w: &[f32]) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let w = call.input("w", w, &[shape.weights_len()])?;
    let y = call.output("y", &[batch, shape.output_len()])?;
    let op = Op::Conv2d(Conv2d { shape: *shape, batch, pass: Conv2dPass::Forward { x, w, y } });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// `dy` `[N,oh,ow,O]`, `w` `[kh,kw,C,O]` → `dx` `[N,H,W,C]`; see [`crate::ops::conv2d`].
///
/// # Errors
/// See the module.
pub async fn conv2d_backward_input(
    backend: &Backend,
    shape: &ConvShape,
    batch: usize,
    dy: &[f32],
    w: &[f32],
) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let dy = call.input("dy", dy, &[batch, shape.output_len()])?;
    let w = call.input("w", w, &[shape.weights_len()])?;
    let dx = call.output("dx", &[batch, shape.input_len()])?;
    let op = Op::Conv2d(Conv2d { shape: *shape, batch, pass: Conv2dPass::BackwardInput { dy, w, dx } });
    let [dx] = call.run_f32(op, StepRecord::default(), [dx]).await?;
    Ok(dx)
}

/// `x` `[N,H,W,C]`, `dy` `[N,oh,ow,O]` → `dw` `[kh,kw,C,O]`; see [`crate::ops::conv2d`].
///
/// # Errors
/// See the module.
pub async fn conv2d_backward_weights(
    backend: &Backend,
    shape: &ConvShape,
    batch: usize,
    x: &[f32],
    dy: &[f32],
) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let dy = call.input("dy", dy, &[batch, shape.output_len()])?;
    let dw = call.output("dw", &[shape.weights_len()])?;
    let op = Op::Conv2d(Conv2d { shape: *shape, batch, pass: Conv2dPass::BackwardWeights { x, dy, dw } });
    let [dw] = call.run_f32(op, StepRecord::default(), [dw]).await?;
    Ok(dw)
}
