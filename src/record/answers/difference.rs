//! A row of `differences.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// Two configurations that differ in stride and padding alone, compared over the seeds that both have: validation
/// accuracy with the final weights, `first − second`, as shares.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct DifferenceRow {
    /// The first.
    pub configuration: Configuration,
    /// The second, such as `stride2-valid`.
    pub second: String,
    /// Seeds that both have.
    pub n: usize,
    /// Mean difference.
    pub mean: f64,
    /// Standard deviation of the differences; empty of one seed.
    pub sd: Option<f64>,
    /// Lower end of the interval of the mean at 95 %; empty of one seed.
    pub low: Option<f64>,
    /// Its upper end.
    pub high: Option<f64>,
    /// Two-sided p of the sign-flip test, after Holm's correction over the pairs of these networks.
    pub p: f64,
    /// p of equivalence within the margin (TOST), corrected likewise; empty of one seed.
    pub equivalence_p: Option<f64>,
    /// Share of the seeds in which the first is greater, ties counted half.
    pub superiority: Option<f64>,
    /// `first`, `second`, `equivalent` or `undecided`: which is more accurate.
    pub verdict: String,
}

row!(DifferenceRow { configuration }
    second: String, n: usize, mean: f64, sd: Option<f64>, low: Option<f64>, high: Option<f64>, p: f64,
    equivalence_p: Option<f64>, superiority: Option<f64>, verdict: String);
