//! A row of `shift_accuracy.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// Accuracy of a configuration on test images that are all shifted by as many pixels, over seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct ShiftAccuracyRow {
    /// The configuration.
    pub configuration: Configuration,
    /// Columns to the right; negative: to the left.
    pub dx: i32,
    /// Rows down; negative: up.
    pub dy: i32,
    /// Models, one a seed.
    pub n: usize,
    /// Their mean accuracy, 0 to 1.
    pub mean: f64,
    /// Standard deviation from seed to seed; empty of one seed.
    pub sd: Option<f64>,
}

row!(ShiftAccuracyRow { configuration } dx: i32, dy: i32, n: usize, mean: f64, sd: Option<f64>);
