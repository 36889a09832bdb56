//! A row of `evaluation.csv`.

use serde::{Deserialize, Serialize};

use super::columns::row;
use crate::model::ModelId;

/// What a trained model comes to on a set of images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct EvaluationRow {
    /// The model.
    pub model: ModelId,
    /// Images of the set.
    pub images: u32,
    /// Mean loss over them.
    pub loss: f64,
    /// Share of them that are classified rightly, 0 to 1.
    pub accuracy: f64,
}

row!(EvaluationRow { model } images: u32, loss: f64, accuracy: f64);
