//! A row of `models.csv`.

use serde::{Deserialize, Serialize};

use super::columns::row;
use crate::model::ModelId;

/// A model that was trained to the end: everything of it is on disk.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct ModelRow {
    /// The model.
    pub model: ModelId,
    /// Epochs of its training; 0 where the initial weights were evaluated.
    pub epochs: u32,
    /// Mean loss over the training set, evaluated with the final weights. The training loss of an epoch is another
    /// thing: each of its samples saw the weights of its own step.
    pub final_train_loss: f64,
    /// Accuracy over the training set, evaluated with the final weights, 0 to 1.
    pub final_train_accuracy: f64,
    /// Mean loss over the validation set with the final weights.
    pub final_val_loss: f64,
    /// Accuracy over the validation set with the final weights, 0 to 1.
    pub final_val_accuracy: f64,
    /// Seconds of training, all epochs together.
    pub seconds: f64,
}

row!(ModelRow { model }
    epochs: u32, final_train_loss: f64, final_train_accuracy: f64, final_val_loss: f64, final_val_accuracy: f64,
    seconds: f64);
