//! The bias over the last axis; see [`crate::ops::bias`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::ops::bias::{Bias, BiasPass};
use crate::plan::{Op, StepRecord};

/// Adds a bias over the last axis: `out[r,c] = y[r,c] + b[c]`.
///
/// `b` is `[channels]` and `y` is `[rows, channels]`, where all axes but the last count as rows. Returns a
/// tensor of the shape of `y`.
///
/// # Errors
/// [`crate::Error::Usage`] where `b` is empty, or where `y` does not consist of one or more whole
/// rows; see the [module](super).
pub async fn bias(backend: &Backend, y: &[f32], b: &[f32]) -> Result<Vec<f32>> {
    let rows = y.len() / b.len().max(1);
    let channels = b.len();
    let mut call = Call::new(backend);
    let b = call.input("b", b, &[channels])?;
    let y = call.input("y", y, &[rows, channels])?;
    let op = Op::Bias(Bias { rows, channels, pass: BiasPass::Forward { b, y } });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// The gradient of [`bias`] with respect to `b`: `db[c] = Σ_r dy[r,c]`. The gradient with respect to
/// `y` is `dy` itself.
///
/// `dy` is `[rows, channels]`. Returns `db`, `[channels]`.
///
/// # Errors
/// [`crate::Error::Usage`] where `channels` is 0, or where `dy` does not consist of one or more
/// whole rows; see the [module](super).
pub async fn bias_backward(backend: &Backend, channels: usize, dy: &[f32]) -> Result<Vec<f32>> {
    let rows = dy.len() / channels.max(1);
    let mut call = Call::new(backend);
    let dy = call.input("dy", dy, &[rows, channels])?;
    let db = call.output("db", &[channels])?;
    let op = Op::Bias(Bias { rows, channels, pass: BiasPass::Backward { dy, db } });
    let [db] = call.run_f32(op, StepRecord::default(), [db]).await?;
    Ok(db)
}
