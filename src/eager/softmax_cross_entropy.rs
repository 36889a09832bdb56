//! The softmax, its logarithm and the loss; see [`crate::ops::softmax_cross_entropy`].

use super::call::{Call, floats};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::ops::softmax_cross_entropy::{SoftmaxCrossEntropy, SoftmaxCrossEntropyPass};
use crate::plan::{Op, StepRecord, View};

/// The softmax of each row: `y[r,c] = exp(x[r,c] − m) / Σ_j exp(x[r,j] − m)`. Subtracting the row's
/// maximum `m` keeps the exponentials from overflowing.
///
/// `x` is `[rows, classes]`. Returns `y`, of that shape.
///
/// # Errors
/// [`crate::Error::Usage`] where `classes` is 0, or where `x` does not consist of one or more whole
/// rows; see the [module](super).
pub async fn softmax(backend: &Backend, classes: usize, x: &[f32]) -> Result<Vec<f32>> {
    rowwise(backend, classes, x, |x, y| SoftmaxCrossEntropyPass::Softmax { x, y }).await
}

/// The logarithm of the softmax of each row: `y[r,c] = (x[r,c] − m) − ln Σ_j exp(x[r,j] − m)`, with the
/// row's maximum `m`.
///
/// `x` is `[rows, classes]`. Returns `y`, of that shape.
///
/// # Errors
/// [`crate::Error::Usage`] where `classes` is 0, or where `x` does not consist of one or more whole
/// rows; see the [module](super).
pub async fn log_softmax(backend: &Backend, classes: usize, x: &[f32]) -> Result<Vec<f32>> {
    rowwise(backend, classes, x, |x, y| SoftmaxCrossEntropyPass::LogSoftmax { x, y }).await
}

/// Runs a pass that maps `x`, `[rows, classes]`, to a tensor of the same shape.
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

/// Adds the inputs `x`, `[labels.len(), classes]`, and `labels`, once every label is known to be a class.
fn labelled<'a>(call: &mut Call<'a>, classes: usize, x: &'a [f32], labels: &'a [u32]) -> Result<(View, View)> {
    if let Some(label) = labels.iter().find(|&&label| label as usize >= classes) {
        return Err(Error::usage(format!("label {label} is not below the number of classes, {classes}")));
    }
    let x = call.input("x", x, &[labels.len(), classes])?;
    let labels = call.input("labels", labels, &[labels.len()])?;
    Ok((x, labels))
}

/// A step over the first `rows` rows.
fn active_rows(rows: usize) -> StepRecord {
    StepRecord { n: rows as u32, ..StepRecord::default() }
}

/// The negative log-likelihood of each row: `loss[r] = −x[r, labels[r]]`.
///
/// `x` holds log-probabilities, `[rows, classes]`, one row for each label. Returns `[rows]`.
///
/// # Errors
/// [`crate::Error::Usage`] where a label is not below `classes`, `x` has another length, or there are no
/// rows; see the [module](super).
pub async fn negative_log_likelihood(backend: &Backend, classes: usize, x: &[f32], labels: &[u32]) -> Result<Vec<f32>> {
    let rows = labels.len();
    let mut call = Call::new(backend);
    let (x, label) = labelled(&mut call, classes, x, labels)?;
    let losses = call.output("losses", &[rows])?;
    let pass = SoftmaxCrossEntropyPass::NegativeLogLikelihood { x, label, losses };
    let op = Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows, classes, pass });
    let [losses] = call.run_f32(op, active_rows(rows), [losses]).await?;
    Ok(losses)
}

/// The cross-entropy of each row, `loss[r] = −log_softmax(x)[r, labels[r]]`, and the class that the row
/// predicts, the index of its first maximum.
///
/// `x` holds logits, `[rows, classes]`, one row for each label. Returns the losses and the predicted
/// classes, both `[rows]`. The loss of a batch is the mean of its rows' losses.
///
/// # Errors
/// [`crate::Error::Usage`] where a label is not below `classes`, `x` has another length, or there are no
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
    let [losses, predicted] = call.run(op, active_rows(rows), [losses, predicted]).await?;
    Ok((floats(losses), predicted))
}

/// The gradient of the mean of [`softmax_cross_entropy`] over the first `active` rows, with respect
/// to the logits: `dx[r,c] = (softmax(x)[r,c] − [c = labels[r]]) / active` for `r < active`, else 0.
/// The bracket is 1 where its equation holds, else 0.
///
/// `x` is `[rows, classes]`, one row for each label. Returns `dx`, of that shape. `active` is smaller than
/// the number of rows in a short batch, such as the last one of an epoch.
///
/// # Errors
/// [`crate::Error::Usage`] where a label is not below `classes`, `x` has another length, there are no
/// rows, or `active` is more than there are; see the [module](super).
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
    let [dx] = call.run_f32(op, active_rows(active), [dx]).await?;
    Ok(dx)
}
