//! A row of `shapes.csv`.

use serde::{Deserialize, Serialize};

use super::columns::row;
use crate::model::{Configuration, Network};

/// One layer of one network.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Columns", into = "Columns")]
pub struct ShapeRow {
    /// The network.
    pub configuration: Configuration,
    /// `conv1`, `pool1`, …
    pub layer: String,
    /// Rows of the output.
    pub height: usize,
    /// Columns of the output.
    pub width: usize,
    /// Channels of the output; units of a dense layer.
    pub channels: usize,
    /// Rows of padding above.
    pub pad_top: usize,
    /// Columns of padding on the left.
    pub pad_left: usize,
    /// Rows of padding below.
    pub pad_bottom: usize,
    /// Columns of padding on the right.
    pub pad_right: usize,
    /// Trained scalars.
    pub parameters: usize,
    /// Multiply-accumulates an image, forward.
    pub macs: u64,
}

row!(ShapeRow { configuration }
    layer: String, height: usize, width: usize, channels: usize,
    pad_top: usize, pad_left: usize, pad_bottom: usize, pad_right: usize, parameters: usize, macs: u64);

impl ShapeRow {
    /// The layers of `network`, from input to logits.
    pub fn of(configuration: Configuration, network: &Network) -> Vec<ShapeRow> {
        let rows = network.layers.iter().map(|layer| {
            let [height, width, channels] = layer.output();
            let pads = layer.pads();
            ShapeRow {
                configuration,
                layer: layer.name.into(),
                height,
                width,
                channels,
                pad_top: pads.top,
                pad_left: pads.left,
                pad_bottom: pads.bottom,
                pad_right: pads.right,
                parameters: layer.parameters(),
                macs: layer.macs(),
            }
        });
        rows.collect()
    }
}
