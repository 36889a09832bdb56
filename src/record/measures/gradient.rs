//! A row of `gradients.csv`.

use serde::{Deserialize, Serialize};

use crate::model::ModelId;
use crate::record::columns::row;

/// The gradient of one tensor at one training step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct GradientRow {
    /// The model.
    pub model: ModelId,
    /// Step, counted from 1 through all epochs.
    pub step: u32,
    /// The tensor, such as `conv1.weight`.
    pub tensor: String,
    /// L2 norm of the gradient of the step's mean loss.
    pub norm: f64,
}

row!(GradientRow { model } step: u32, tensor: String, norm: f64);
