//! A row of `coverage.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// How often one pixel can reach the classifier of a network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct CoverageRow {
    /// The network.
    pub configuration: Configuration,
    /// The pixel's row in the whole image, from 0 at the top.
    pub row: usize,
    /// The pixel's column, from 0 at the left.
    pub column: usize,
    /// Paths from it to the features that the head reads; see [`Coverage`](crate::analysis::Coverage).
    pub paths: u64,
}

row!(CoverageRow { configuration } row: usize, column: usize, paths: u64);
