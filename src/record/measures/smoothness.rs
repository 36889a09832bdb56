//! A row of `smoothness.csv`.

use serde::{Deserialize, Serialize};

use crate::model::ModelId;
use crate::record::columns::row;

/// How much neighbouring values of a layer's feature maps differ, over the first test images and all channels.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct SmoothnessRow {
    /// The model.
    pub model: ModelId,
    /// `conv1` or `conv2`.
    pub layer: String,
    /// Images.
    pub images: u32,
    /// Mean absolute difference between vertical and horizontal neighbours, over the mean of all values: how blocky the map is as
    /// a picture of its own cells.
    pub variation: f64,
    /// The same over the distance between neighbours in pixels of the image: total variation an area of the image, for maps of
    /// different resolution.
    pub variation_per_pixel: f64,
}

row!(SmoothnessRow { model } layer: String, images: u32, variation: f64, variation_per_pixel: f64);
