//! The convolution and its gradients; see [`crate::ops::conv2d`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::model::geometry::ConvShape;
use crate::ops::conv2d::{Conv2d, Conv2dPass};
use crate::plan::{Op, StepRecord};

/// The convolution (cross-correlation) of images that are zero outside their borders:
/// `y[n,oh,ow,o] = Σ_{i,j,c} x[n, oh·sh + i − top, ow·sw + j − left, c] · w[i,j,c,o]`.
///
/// `x` is `[N,H,W,C]` with `N = batch`, and `w` is `[kh,kw,C,O]`. Returns `y`, `[N,oh,ow,O]`. The sizes,
/// the stride and the pads are those of `shape`.
///
/// # Errors
/// [`crate::Error::Usage`] where `shape` is none that its constructor makes, a slice has another length than
/// its shape, or the batch is 0; see the [module](super).
pub async fn conv2d(backend: &Backend, shape: &ConvShape, batch: usize, x: &[f32], w: &[f32]) -> Result<Vec<f32>> {
    shape.check()?;
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let w = call.input("w", w, &[shape.weights_len()])?;
    let y = call.output("y", &[batch, shape.output_len()])?;
    let op = Op::Conv2d(Conv2d { shape: *shape, batch, pass: Conv2dPass::Forward { x, w, y } });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// The gradient of [`conv2d`] with respect to its input:
/// `dx[n,ih,iw,c] = Σ dy[n,oh,ow,o] · w[i,j,c,o]` over all `o` and all `(oh, ow)`, `(i, j)` with
/// `oh·sh + i − top = ih` and `ow·sw + j − left = iw`. It is exactly 0 at pixels that no window covers.
///
/// `dy` is `[N,oh,ow,O]` with `N = batch`, and `w` is `[kh,kw,C,O]`. Returns `dx`, `[N,H,W,C]`.
///
/// # Errors
/// [`crate::Error::Usage`] where `shape` is none that its constructor makes, a slice has another length than
/// its shape, or the batch is 0; see the [module](super).
pub async fn conv2d_backward_input(
    backend: &Backend,
    shape: &ConvShape,
    batch: usize,
    dy: &[f32],
    w: &[f32],
) -> Result<Vec<f32>> {
    shape.check()?;
    let mut call = Call::new(backend);
    let dy = call.input("dy", dy, &[batch, shape.output_len()])?;
    let w = call.input("w", w, &[shape.weights_len()])?;
    let dx = call.output("dx", &[batch, shape.input_len()])?;
    let op = Op::Conv2d(Conv2d { shape: *shape, batch, pass: Conv2dPass::BackwardInput { dy, w, dx } });
    let [dx] = call.run_f32(op, StepRecord::default(), [dx]).await?;
    Ok(dx)
}

/// The gradient of [`conv2d`] with respect to its weights, summed over the batch:
/// `dw[i,j,c,o] = Σ_{n,oh,ow} x[n, oh·sh + i − top, ow·sw + j − left, c] · dy[n,oh,ow,o]`.
///
/// `x` is `[N,H,W,C]` with `N = batch`, and `dy` is `[N,oh,ow,O]`. Returns `dw`, `[kh,kw,C,O]`.
///
/// # Errors
/// [`crate::Error::Usage`] where `shape` is none that its constructor makes, a slice has another length than
/// its shape, or the batch is 0; see the [module](super).
pub async fn conv2d_backward_weights(
    backend: &Backend,
    shape: &ConvShape,
    batch: usize,
    x: &[f32],
    dy: &[f32],
) -> Result<Vec<f32>> {
    shape.check()?;
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let dy = call.input("dy", dy, &[batch, shape.output_len()])?;
    let dw = call.output("dw", &[shape.weights_len()])?;
    let op = Op::Conv2d(Conv2d { shape: *shape, batch, pass: Conv2dPass::BackwardWeights { x, dy, dw } });
    let [dw] = call.run_f32(op, StepRecord::default(), [dw]).await?;
    Ok(dw)
}
