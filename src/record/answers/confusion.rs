//! A row of `confusion.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// A cell of a configuration's confusion matrix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct ConfusionRow {
    /// The configuration.
    pub configuration: Configuration,
    /// Class of the images.
    pub label: u8,
    /// Class that the models predict.
    pub predicted: u8,
    /// How often they do so: test images, summed over the models of all seeds.
    pub count: u64,
}

row!(ConfusionRow { configuration } label: u8, predicted: u8, count: u64);
