//! Bias over the last axis; see [`crate::ops::bias`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::ops::bias::{Bias, BiasPass};
use crate::plan::{Op, StepRecord};

/// `y[r,c] + b[c]` for `y` `[rows, b.len()]`.
///
/// # Errors
/// See the module.
pub async fn bias(backend: &Backend, y: &[f32], b: &[f32]) -> Result<Vec<f32>> {
    let (rows, channels) = (y.len() / b.len().max(1), b.len());
    let mut call = Call::new(backend);
    let b = call.input("b", b, &[channels])?;
    let y = call.input("y", y, &[rows, channels])?;
    let op = Op::Bias(Bias { rows, channels, pass: BiasPass::Forward { b, y } });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// `db[c] = Σ_r dy[r,c]` for `dy` `[rows, channels]`.
///
/// # Errors
/// See the module.
pub async fn bias_backward(backend: &Backend, channels: usize, dy: &[f32]) -> Result<Vec<f32>> {
    let rows = dy.len() / channels.max(1);
    let mut call = Call::new(backend);
    let dy = call.input("dy", dy, &[rows, channels])?;
    let db = call.output("db", &[channels])?;
    let op = Op::Bias(Bias { rows, channels, pass: BiasPass::Backward { dy, db } });
    let [db] = call.run_f32(op, StepRecord::default(), [db]).await?;
    Ok(db)
}
