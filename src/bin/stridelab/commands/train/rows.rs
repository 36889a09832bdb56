//! The rows that an epoch of a model gives.

use serde_json::{Value, json};
use stridelab::model::ModelId;
use stridelab::record::{EpochRow, GradientRow, StepRow};
use stridelab::train::Epoch;

/// Its row of `metrics.csv`.
pub(super) fn of_epoch(model: ModelId, epoch: u32, result: &Epoch) -> EpochRow {
    EpochRow {
        model,
        epoch,
        train_loss: result.train_loss,
        train_accuracy: result.train_accuracy,
        val_loss: result.validation.loss,
        val_accuracy: result.validation.accuracy,
        seconds: result.seconds,
    }
}

/// Its rows of `steps.csv`.
pub(super) fn of_steps(model: ModelId, epoch: u32, result: &Epoch) -> impl Iterator<Item = StepRow> {
    let before = epoch.saturating_sub(1) * result.step_losses.len() as u32;
    result.step_losses.iter().zip(before + 1..).map(move |(&loss, step)| StepRow { model, step, loss })
}

/// Its rows of `gradients.csv`.
pub(super) fn of_gradients(model: ModelId, result: &Epoch) -> impl Iterator<Item = GradientRow> {
    result.gradient_norms.iter().map(move |gradient| GradientRow {
        model,
        step: gradient.step,
        tensor: gradient.tensor.clone(),
        norm: gradient.norm,
    })
}

/// The row as a `--json` event.
pub(super) fn event(row: &EpochRow) -> Value {
    let mut event = json!({ "event": "epoch" });
    if let (Some(object), Ok(Value::Object(row))) = (event.as_object_mut(), serde_json::to_value(row)) {
        object.extend(row);
    }
    event
}
