//! Global average pooling and its gradient; see [`crate::ops::global_average_pool`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::model::geometry::GlobalPoolShape;
use crate::ops::global_average_pool::{GlobalAveragePool, GlobalAveragePoolPass};
use crate::plan::{Op, StepRecord};

/// Global average pooling: `y[n,c] = (1/(H·W)) Σ_{h,w} x[n,h,w,c]`.
///
/// `x` is `[N,H,W,C]` with `N = batch`. Returns `y`, `[N,C]`.
///
/// # Errors
/// [`crate::Error::Usage`] where `x` has another length or the batch is 0; see the [module](super).
pub async fn global_average_pool(
    backend: &Backend,
    shape: &GlobalPoolShape,
    batch: usize,
    x: &[f32],
) -> Result<Vec<f32>> {
    shape.check()?;
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let y = call.output("y", &[batch, shape.output_len()])?;
    let pass = GlobalAveragePoolPass::Forward { x, y };
    let op = Op::GlobalAveragePool(GlobalAveragePool { shape: *shape, batch, pass });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// The gradient of [`global_average_pool`]: `dx[n,h,w,c] = dy[n,c]/(H·W)`.
///
/// `dy` is `[N,C]` with `N = batch`. Returns `dx`, `[N,H,W,C]`.
///
/// # Errors
/// As [`global_average_pool`], for `dy`.
pub async fn global_average_pool_backward(
    backend: &Backend,
    shape: &GlobalPoolShape,
    batch: usize,
    dy: &[f32],
) -> Result<Vec<f32>> {
    shape.check()?;
    let mut call = Call::new(backend);
    let dy = call.input("dy", dy, &[batch, shape.output_len()])?;
    let dx = call.output("dx", &[batch, shape.input_len()])?;
    let pass = GlobalAveragePoolPass::Backward { dy, dx };
    let op = Op::GlobalAveragePool(GlobalAveragePool { shape: *shape, batch, pass });
    let [dx] = call.run_f32(op, StepRecord::default(), [dx]).await?;
    Ok(dx)
}
