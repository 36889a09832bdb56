//! A row of `blanked.csv`.

use serde::{Deserialize, Serialize};

use crate::model::ModelId;
use crate::record::columns::row;

/// Accuracy of one model by class on test images of which those pixels are black that another network cannot read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct BlankedRow {
    /// The model.
    pub model: ModelId,
    /// The network whose uncovered pixels are black, such as `stride2-valid`.
    pub unread_by: String,
    /// The class.
    pub class: u8,
    /// Test images of the class.
    pub images: u32,
    /// How many of them were classified rightly.
    pub right: u32,
}

row!(BlankedRow { model } unread_by: String, class: u8, images: u32, right: u32);
