//! A row of `steps.csv`.

use serde::{Deserialize, Serialize};

use super::columns::row;
use crate::model::ModelId;

/// One training step of one model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct StepRow {
    /// The model.
    pub model: ModelId,
    /// Step, counted from 1 through all epochs.
    pub step: u32,
    /// Mean loss over the step's own samples, before the update.
    pub loss: f64,
}

row!(StepRow { model } step: u32, loss: f64);
