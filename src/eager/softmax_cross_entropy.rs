//! Softmax, its logarithm and the loss; see [`crate::ops::softmax_cross_entropy`].

use super::call::{Call, floats};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::ops::softmax_cross_entropy::{SoftmaxCrossEntropy, SoftmaxCrossEntropyPass};
use crate::plan::{Op, StepRecord, View};

/// Softmax by row: `y[r,c] = exp(x[r,c] − m) / Σ_j exp(x[r,j] − m)`, `m` the maximum of the row, so
/// that no exponential overflows.
///
/// `x` is `[rows, classes]`; returns the same shape.
///
/// # Errors
/// [`crate::Error::Usage`] where `classes` is 0 or `x` is not one or more whole rows; see the
/// [module](super).
pub async fn softmax(backend: &Backend, classes: usize, x: &[f32]) -> Result<Vec<f32>> {
    rowwise(backend, classes, x, |x, y| SoftmaxCrossEntropyPass::Softmax { x, y }).await
}

/// Log-softmax by row: `y[r,c] = (x[r,c] − m) − ln Σ_j exp(x[r,j] − m)`, `m` the maximum of the row.
///
/// `x` is `[rows, classes]`; returns the same shape.
///
/// # Errors
/// [`crate::Error::Usage`] where `classes` is 0 or `x` is not one or more whole rows; see the
/// [module](super).
pub async fn log_softmax(backend: &Backend, classes: usize, x: &[f32]) -> Result<Vec<f32>> {
    rowwise(backend, classes, x, |x, y| SoftmaxCrossEntropyPass::LogSoftmax { x, y }).await
}

async fn rowwise(
    backend: &Backend,
    classes: usize,
    x: &[f32],
    pass: impl FnOnce(View, View) -> SoftmaxCrossEntropyPass,
) -> Result<Vec<f32>> {
    let rows = x.len() / classes.max(1);
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[rows, classes])?;
    let y = call.output("y", &[rows, classes])?;
    let op = Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows, classes, pass: pass(x, y) });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

fn labelled<'a>(call: &mut Call<'a>, classes: usize, x: &'a [f32], labels: &'a [u32]) -> Result<(View, View)> {
    if let Some(label) = labels.iter().find(|&&label| label as usize >= classes) {
        return Err(Error::usage(format!("label {label} is not below the number of classes, {classes}")));
    }
    let views = (call.input("x", x, &[labels.len(), classes])?, call.input("labels", labels, &[labels.len()])?);
    Ok(views)
}

fn all_active(rows: usize) -> StepRecord {
    StepRecord { n: rows as u32, ..StepRecord::default() }
}

/// Negative log-likelihood: `loss[r] = −x[r, labels[r]]`.
///
/// `x` holds log-probabilities, `[rows, classes]`, one row a label; returns `[rows]`.
///
/// # Errors
/// [`crate::Error::Usage`] for a label that is not below `classes`, an `x` of another length, or no
/// rows; see the [module](super).
pub async fn negative_log_likelihood(backend: &Backend, classes: usize, x: &[f32], labels: &[u32]) -> Result<Vec<f32>> {
    let rows = labels.len();
    let mut call = Call::new(backend);
    let (x, label) = labelled(&mut call, classes, x, labels)?;
    let losses = call.output("losses", &[rows])?;
    let pass = SoftmaxCrossEntropyPass::NegativeLogLikelihood { x, label, losses };
    let op = Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows, classes, pass });
    let [losses] = call.run_f32(op, all_active(rows), [losses]).await?;
    Ok(losses)
}

/// The cross-entropy of each row, `loss[r] = −log_softmax(x)[r, labels[r]]`, and its predicted class,
/// the first maximum of the row.
///
/// `x` holds logits, `[rows, classes]`, one row a label; returns two of `[rows]`. The loss of a batch
/// is their mean.
///
/// # Errors
/// [`crate::Error::Usage`] for a label that is not below `classes`, an `x` of another length, or no
/// rows; see the [module](super).
pub async fn softmax_cross_entropy(
    backend: &Backend,
    classes: usize,
    x: &[f32],
    labels: &[u32],
) -> Result<(Vec<f32>, Vec<u32>)> {
    let rows = labels.len();
    let mut call = Call::new(backend);
    let (x, label) = labelled(&mut call, classes, x, labels)?;
    let losses = call.output("losses", &[rows])?;
    let predicted = call.output("predicted", &[rows])?;
    let pass = SoftmaxCrossEntropyPass::Forward { x, label, losses, predicted };
    let op = Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows, classes, pass });
    let [losses, predicted] = call.run(op, all_active(rows), [losses, predicted]).await?;
    Ok((floats(losses), predicted))
}

/// The gradient of the mean of [`softmax_cross_entropy`] over the first `active` rows, with respect
/// to the logits: `dx[r,c] = (softmax(x)[r,c] − [c = labels[r]]) / active` for `r < active`, else 0.
///
/// `x` is `[rows, classes]`, one row a label; returns the same shape. `active` is below the number of
/// rows where a batch is short: the last of an epoch.
///
/// # Errors
/// [`crate::Error::Usage`] for a label that is not below `classes`, an `x` of another length, no rows,
/// or more active ones than there are; see the [module](super).
pub async fn softmax_cross_entropy_backward(
    backend: &Backend,
    classes: usize,
    x: &[f32],
    labels: &[u32],
    active: usize,
) -> Result<Vec<f32>> {
    let rows = labels.len();
    if active > rows {
        return Err(Error::usage(format!("{active} active rows are more than the batch's {rows}")));
    }
    let mut call = Call::new(backend);
    let (x, label) = labelled(&mut call, classes, x, labels)?;
    let dx = call.output("dx", &[rows, classes])?;
    let pass = SoftmaxCrossEntropyPass::Backward { x, label, dx };
    let op = Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows, classes, pass });
    let [dx] = call.run_f32(op, all_active(active), [dx]).await?;
    Ok(dx)
}
