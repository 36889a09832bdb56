//! A row of `metrics.csv`.

use serde::{Deserialize, Serialize};

use super::columns::row;
use crate::model::ModelId;

/// One epoch of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct EpochRow {
    /// The model.
    pub model: ModelId,
    /// Epoch, counted from 1; 0 where the initial weights were evaluated and nothing was trained.
    pub epoch: u32,
    /// Mean loss over the samples as they were trained on, before each step's update; not finite where training
    /// diverged.
    pub train_loss: f64,
    /// Accuracy over the same samples, 0 to 1.
    pub train_accuracy: f64,
    /// Mean loss over the validation set after the epoch; not finite where training diverged.
    pub val_loss: f64,
    /// Accuracy over the validation set after the epoch, 0 to 1.
    pub val_accuracy: f64,
    /// Seconds of training, without validation.
    pub seconds: f64,
}

row!(EpochRow { model }
    epoch: u32, train_loss: f64, train_accuracy: f64, val_loss: f64, val_accuracy: f64, seconds: f64);

impl EpochRow {
    /// Whether training had diverged by the end of this epoch: a loss is no finite number, and the accuracies mean
    /// nothing.
    pub fn diverged(&self) -> bool {
        !self.train_loss.is_finite() || !self.val_loss.is_finite()
    }
}
