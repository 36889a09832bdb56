//! A row of `inference.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// What classifying images costs a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct InferenceRow {
    /// The network.
    pub configuration: Configuration,
    /// Images at once.
    pub batch_size: u32,
    /// Images a second, the median of several measurements.
    pub images_per_second: f64,
    /// Bytes of the activations that are held at once.
    pub activation_bytes: u64,
}

row!(InferenceRow { configuration } batch_size: u32, images_per_second: f64, activation_bytes: u64);
