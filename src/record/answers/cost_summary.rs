//! A row of `cost_summary.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// What a network costs, and the accuracy that it buys. What was not measured is empty.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct CostSummaryRow {
    /// The network.
    pub configuration: Configuration,
    /// Trained scalars.
    pub parameters: Option<u64>,
    /// Multiply-accumulates an image, forward.
    pub macs: Option<u64>,
    /// Seconds of a training step: the median over all epochs of all its models.
    pub seconds_per_step: Option<f64>,
    /// Images at once in classification; a row for each number that was measured.
    pub batch_size: Option<u32>,
    /// Images classified a second.
    pub images_per_second: Option<f64>,
    /// Bytes of the activations that classification holds at once.
    pub activation_bytes: Option<u64>,
    /// Finished models, one a seed.
    pub n: usize,
    /// Their mean validation accuracy, 0 to 1; empty of none.
    pub val_accuracy: Option<f64>,
    /// Lower end of its interval; empty of one seed.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

row!(CostSummaryRow { configuration }
    parameters: Option<u64>, macs: Option<u64>, seconds_per_step: Option<f64>, batch_size: Option<u32>,
    images_per_second: Option<f64>, activation_bytes: Option<u64>, n: usize, val_accuracy: Option<f64>,
    low: Option<f64>, high: Option<f64>);
