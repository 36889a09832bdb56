//! A row of `gap.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// Accuracy on the training set less accuracy on the validation set, both with the final weights, over seeds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct GapRow {
    /// The configuration.
    pub configuration: Configuration,
    /// Models, one a seed.
    pub n: usize,
    /// Mean difference, as a share.
    pub mean: f64,
    /// Standard deviation from seed to seed; empty of one seed.
    pub sd: Option<f64>,
    /// Lower end of the interval of the mean; empty of one seed.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

row!(GapRow { configuration } n: usize, mean: f64, sd: Option<f64>, low: Option<f64>, high: Option<f64>);
