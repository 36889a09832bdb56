//! A row of `disputed.csv`.

use serde::{Deserialize, Serialize};

use crate::model::Configuration;
use crate::record::columns::row;

/// What the models of one configuration say of one of the test images on which all models together disagree most.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct DisputedRow {
    /// The configuration.
    pub configuration: Configuration,
    /// Place of the image among the disputed ones, from 1.
    pub rank: usize,
    /// Index in the test set, from 0.
    pub image: usize,
    /// Its label.
    pub label: u8,
    /// Models of the configuration, one a seed.
    pub models: usize,
    /// Share of them that are right, 0 to 1.
    pub right: f64,
    /// The class that most of the others predict; empty where all are right.
    pub other: Option<u8>,
    /// Share of the models of all configurations that are right, 0 to 1.
    pub right_of_all: f64,
    /// Entropy of the classes that the models of all configurations predict, in bits.
    pub entropy: f64,
}

row!(DisputedRow { configuration }
    rank: usize, image: usize, label: u8, models: usize, right: f64, other: Option<u8>, right_of_all: f64, entropy: f64);
