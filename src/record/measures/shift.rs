//! A row of `shifts.csv`.

use serde::{Deserialize, Serialize};

use crate::model::ModelId;
use crate::record::columns::row;

/// Accuracy of one model on test images that are all shifted by as many pixels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct ShiftRow {
    /// The model.
    pub model: ModelId,
    /// Columns to the right; negative: to the left. What leaves the image is lost, what enters is black.
    pub dx: i32,
    /// Rows down; negative: up.
    pub dy: i32,
    /// Images, the first of the test set.
    pub images: u32,
    /// How many of them were classified rightly.
    pub right: u32,
}

row!(ShiftRow { model } dx: i32, dy: i32, images: u32, right: u32);
