//! The rows of the CSV files. Their fields are the files' columns, in this order.

use serde::{Deserialize, Serialize};

use crate::model::network::{Configuration, Network};

/// One epoch of one network: a row of `metrics.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EpochRow {
    /// Stride of both convolutions.
    pub stride: usize,
    /// `same`, `valid`, or the pads as `t,l,b,r`.
    pub padding: String,
    /// Seed of initial weights and order.
    pub seed: u64,
    /// Epoch, counted from 1.
    pub epoch: u32,
    /// Mean loss over the samples as they were trained on, before each step's update.
    pub train_loss: f64,
    /// Accuracy over the same samples, 0 to 1.
    pub train_accuracy: f64,
    /// Mean loss over the validation set after the epoch.
    pub val_loss: f64,
    /// Accuracy over the validation set after the epoch, 0 to 1.
    pub val_accuracy: f64,
    /// Seconds of training, without validation.
    pub seconds: f64,
}

/// One training step: a row of `steps.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StepRow {
    /// Stride of both convolutions.
    pub stride: usize,
    /// `same`, `valid`, or the pads as `t,l,b,r`.
    pub padding: String,
    /// Seed of initial weights and order.
    pub seed: u64,
    /// Step, counted from 1 through all epochs.
    pub step: u32,
    /// Mean loss over the step's own samples, before the update.
    pub loss: f64,
}

/// One layer of one network: a row of `shapes.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShapeRow {
    /// Stride of both convolutions.
    pub stride: usize,
    /// `same`, `valid`, or the pads as `t,l,b,r`.
    pub padding: String,
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

impl ShapeRow {
    /// The layers of `network`, from input to logits.
    pub fn of(configuration: &Configuration, network: &Network) -> Vec<ShapeRow> {
        let rows = network.layers.iter().map(|layer| {
            let ([height, width, channels], pads) = (layer.output(), layer.pads());
            ShapeRow {
                stride: configuration.stride,
                padding: configuration.padding_name(),
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

/// A row that knows its file's header, which stands in a file without rows too.
pub(crate) trait Columns: Serialize {
    /// Names of the fields, in order.
    const COLUMNS: &'static [&'static str];
}

impl Columns for EpochRow {
    const COLUMNS: &'static [&'static str] =
        &["stride", "padding", "seed", "epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "seconds"];
}

impl Columns for StepRow {
    const COLUMNS: &'static [&'static str] = &["stride", "padding", "seed", "step", "loss"];
}

impl Columns for ShapeRow {
    const COLUMNS: &'static [&'static str] = &[
        "stride",
        "padding",
        "layer",
        "height",
        "width",
        "channels",
        "pad_top",
        "pad_left",
        "pad_bottom",
        "pad_right",
        "parameters",
        "macs",
    ];
}
