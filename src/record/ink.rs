//! Rows of `ink.csv` and `uncovered_ink.csv`: where the images have ink, and which of it a network cannot read.

use serde::{Deserialize, Serialize};

use super::Row;
use super::columns::row;
use crate::model::Configuration;

/// The ink of one class in one ring of the test images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InkRow {
    /// Pixels that are cut from each side of the images.
    pub crop: usize,
    /// The class.
    pub class: u8,
    /// Distance of the ring's pixels from the border of the cut image; 0 is the outermost ring.
    pub ring: usize,
    /// Images of the class.
    pub images: u32,
    /// Those of them that have any ink in the ring.
    pub images_with_ink: u32,
    /// Sum of the ring's pixels over all images, black 0, white 1.
    pub ink: f64,
    /// That sum as a share of all ink of the class in the cut images, 0 to 1; NaN where they are black.
    pub share: f64,
}

impl Row for InkRow {
    const COLUMNS: &'static [&'static str] = &["crop", "class", "ring", "images", "images_with_ink", "ink", "share"];
}

/// The ink of one class that a network cannot read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct UncoveredInkRow {
    /// The network.
    pub configuration: Configuration,
    /// The class.
    pub class: u8,
    /// Test images of the class.
    pub images: u32,
    /// Those of them that have any ink that the network cannot read.
    pub images_with_uncovered_ink: u32,
    /// Share of the ink of the class that the network cannot read, 0 to 1. What the configuration cuts off the images is
    /// no part of their ink. NaN where the images are black.
    pub share: f64,
}

row!(UncoveredInkRow { configuration } class: u8, images: u32, images_with_uncovered_ink: u32, share: f64);
