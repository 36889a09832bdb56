//! Max pooling and its gradient; see [`crate::ops::max_pool`].

use super::call::{Call, floats};
use crate::backend::Backend;
use crate::error::Result;
use crate::model::geometry::PoolShape;
use crate::ops::max_pool::{MaxPool, MaxPoolPass};
use crate::plan::{Op, StepRecord};

/// Max pooling: `y[n,oh,ow,c] = max_{i,j} x[n, oh·sh + i − top, ow·sw + j − left, c]` over the
/// positions inside the image, and the winner of each window as `i·kw + j`.
///
/// The winner is the first maximum in row-major order; NaN wins over any number.
///
/// `x` is `[N,H,W,C]` with `N = batch`; returns `y` and the winners, both `[N,oh,ow,C]`. Sizes,
/// stride and pads are those of `shape`.
///
/// # Errors
/// [`crate::Error::Usage`] where `x` has another length or the batch is 0; see the [module](super).
pub async fn max_pool(backend: &Backend, shape: &PoolShape, batch: usize, x: &[f32]) -> Result<(Vec<f32>, Vec<u32>)> {
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let y = call.output("y", &[batch, shape.output_len()])?;
    let argmax = call.output("argmax", &[batch, shape.output_len()])?;
    let op = Op::MaxPool(MaxPool { shape: *shape, batch, pass: MaxPoolPass::Forward { x, y, argmax } });
    let [y, argmax] = call.run(op, StepRecord::default(), [y, argmax]).await?;
    Ok((floats(y), argmax))
}

/// The gradient of [`max_pool`]: `dx[n,ih,iw,c] = Σ dy[n,oh,ow,c]` over the windows that `(ih, iw)`
/// won; 0 where it won none.
///
/// `dy` and `argmax`, the winners that [`max_pool`] returned, are `[N,oh,ow,C]` with `N = batch`;
/// returns `dx`, `[N,H,W,C]`. The gradient of a window whose winner is no position of the image goes
/// nowhere.
///
/// # Errors
/// [`crate::Error::Usage`] for slices of other lengths or a batch of 0; see the [module](super).
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
