//! Max pooling and its gradient; see [`crate::ops::max_pool`].

use super::call::{Call, floats};
use crate::backend::Backend;
use crate::error::Result;
use crate::model::geometry::PoolShape;
use crate::ops::max_pool::{MaxPool, MaxPoolPass};
use crate::plan::{Op, StepRecord};

/// Max pooling: `y[n,oh,ow,c] = max_{i,j} x[n, oh·sh + i − top, ow·sw + j − left, c]` over the
/// positions inside the image.
///
/// The winner of a window is the position of its first maximum in row-major order, as `i·kw + j`; NaN
/// counts as larger than any number.
///
/// `x` is `[N,H,W,C]` with `N = batch`. Returns `y` and the winners, both `[N,oh,ow,C]`. The sizes, the
/// stride and the pads are those of `shape`.
///
/// # Errors
/// [`crate::Error::Usage`] where `x` has another length or the batch is 0; see the [module](super).
pub async fn max_pool(backend: &Backend, shape: &PoolShape, batch: usize, x: &[f32]) -> Result<(Vec<f32>, Vec<u32>)> {
    shape.check()?;
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let y = call.output("y", &[batch, shape.output_len()])?;
    let argmax = call.output("argmax", &[batch, shape.output_len()])?;
    let op = Op::MaxPool(MaxPool { shape: *shape, batch, pass: MaxPoolPass::Forward { x, y, argmax } });
    let [y, argmax] = call.run(op, StepRecord::default(), [y, argmax]).await?;
    Ok((floats(y), argmax))
}

/// The gradient of [`max_pool`]: `dx[n,ih,iw,c] = Σ dy[n,oh,ow,c]` over the windows whose winner is
/// `(ih, iw)`, and 0 where there are none.
///
/// `dy` and `argmax`, the winners that [`max_pool`] returned, are `[N,oh,ow,C]` with `N = batch`. Returns
/// `dx`, `[N,H,W,C]`. Where a winner lies outside the image, the gradient of its window is dropped.
///
/// # Errors
/// [`crate::Error::Usage`] where `shape` is none that its constructor makes, a slice has another length than
/// its shape, or the batch is 0; see the [module](super).
pub async fn max_pool_backward(
    backend: &Backend,
    shape: &PoolShape,
    batch: usize,
    dy: &[f32],
    argmax: &[u32],
) -> Result<Vec<f32>> {
    shape.check()?;
    let mut call = Call::new(backend);
    let dy = call.input("dy", dy, &[batch, shape.output_len()])?;
    let argmax = call.input("argmax", argmax, &[batch, shape.output_len()])?;
    let dx = call.output("dx", &[batch, shape.input_len()])?;
    let op = Op::MaxPool(MaxPool { shape: *shape, batch, pass: MaxPoolPass::Backward { dy, argmax, dx } });
    let [dx] = call.run_f32(op, StepRecord::default(), [dx]).await?;
    Ok(dx)
}
