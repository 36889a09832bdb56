//! A row of `mcnemar.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// Two single models on the same test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct SingleModelsRow {
    /// The configuration of the first.
    pub configuration: Configuration,
    /// That of the second, such as `stride2-valid`.
    pub second: String,
    /// The seed of both.
    pub seed: u64,
    /// Test images.
    pub images: usize,
    /// Images that the first alone classifies rightly.
    pub first_only: u64,
    /// Images that the second alone does.
    pub second_only: u64,
    /// Two-sided p of McNemar's exact test.
    pub p: f64,
    /// p after Holm's correction over all pairs.
    pub corrected_p: f64,
}

row!(SingleModelsRow { configuration }
    second: String, seed: u64, images: usize, first_only: u64, second_only: u64, p: f64, corrected_p: f64);
