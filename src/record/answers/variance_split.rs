//! A row of `variance_split.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// Where the variance of a configuration's accuracy between seeds comes from. Accuracies are shares, 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct VarianceSplitRow {
    /// The configuration.
    pub configuration: Configuration,
    /// Models, one a seed, at least two.
    pub n: usize,
    /// Test images.
    pub images: usize,
    /// Variance of the accuracies of the seeds.
    pub observed: f64,
    /// The variance that errors which are independent from image to image give alone: the test set is finite.
    pub test_set: f64,
    /// The rest, at least 0: true difference between models.
    pub models: f64,
}

row!(VarianceSplitRow { configuration } n: usize, images: usize, observed: f64, test_set: f64, models: f64);
