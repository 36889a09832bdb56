//! A row of `class_accuracy.csv`.

use serde::{Deserialize, Serialize};

use crate::model::ModelId;
use crate::record::columns::row;

/// How many test images of one class a model classifies rightly.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct ClassAccuracyRow {
    /// The model.
    pub model: ModelId,
    /// The class.
    pub class: u8,
    /// Test images of the class, at least 1.
    pub images: u32,
    /// How many of them are classified rightly.
    pub right: u32,
}

row!(ClassAccuracyRow { model } class: u8, images: u32, right: u32);
