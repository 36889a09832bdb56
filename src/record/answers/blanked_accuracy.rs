//! A row of `blanked_accuracy.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// Accuracy of a configuration with and without the pixels that another network cannot read, over the seeds of which
/// both are known.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct BlankedAccuracyRow {
    /// The configuration.
    pub configuration: Configuration,
    /// The network whose uncovered pixels are black, such as `stride2-valid`.
    pub unread_by: String,
    /// The class of the images; empty of all images.
    pub class: Option<u8>,
    /// Models, one a seed.
    pub n: usize,
    /// Mean accuracy on the images as they are, 0 to 1.
    pub whole: f64,
    /// Mean accuracy on the blanked images, 0 to 1.
    pub blanked: f64,
    /// Mean of the difference of a seed, blanked less whole.
    pub difference: f64,
    /// Standard deviation of the differences; empty of one seed.
    pub sd: Option<f64>,
    /// Lower end of the interval of the mean difference; empty of one seed.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
}

row!(BlankedAccuracyRow { configuration }
    unread_by: String, class: Option<u8>, n: usize, whole: f64, blanked: f64, difference: f64,
    sd: Option<f64>, low: Option<f64>, high: Option<f64>);
