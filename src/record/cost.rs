//! What was measured: plain data, as it stands in `bench.json` and `cost.csv`.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{LeftOutNetwork, Machine};
use crate::model::Configuration;

/// What part of a step an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pass {
    /// From samples to the loss.
    Forward,
    /// From the loss to the gradients.
    Backward,
    /// From the gradients to the parameters.
    Optimiser,
    /// All of a training step.
    TrainStep,
    /// Forward and loss alone.
    Inference,
}

impl Pass {
    /// As it stands in the files.
    pub fn name(self) -> &'static str {
        match self {
            Pass::Forward => "forward",
            Pass::Backward => "backward",
            Pass::Optimiser => "optimiser",
            Pass::TrainStep => "train_step",
            Pass::Inference => "inference",
        }
    }
}

impl fmt::Display for Pass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// One pass of one layer, or a whole step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// `gather`, `conv1` (with its bias, ReLU and pool), …, `dense2` (with the loss), `adam`;
    /// `network` for a whole step.
    pub layer: String,
    /// Which part of a step.
    pub pass: Pass,
    /// Multiply-adds of a step, padding and zeros counted as any other.
    pub macs: u64,
    /// Bytes that the plain operations of a step read and write.
    pub bytes: u64,
    /// Microseconds of a step: the median.
    pub median_us: f64,
    /// Microseconds between the first and the third quartile.
    pub iqr_us: f64,
    /// 10⁹ floating-point operations a second, a multiply-add being two; none without multiply-adds.
    pub gflops: Option<f64>,
    /// The same as a share of the measured peak. What skips zeros may pass 1.
    pub fraction_of_peak: Option<f64>,
    /// Time over that of the network with stride 1 and all else equal, the batch as well, if it was measured.
    pub ratio_to_stride1: Option<f64>,
    /// Microseconds of a step in each sample, in order.
    pub samples_us: Vec<f64>,
}

impl Cost {
    /// From what a step consists of and the seconds of a step in each sample.
    pub fn new(layer: &str, pass: Pass, macs: u64, bytes: u64, seconds: &[f64]) -> Self {
        let samples_us: Vec<f64> = seconds.iter().map(|s| 1e6 * s).collect();
        let mut sorted = samples_us.clone();
        sorted.sort_by(f64::total_cmp);
        let quarter = sorted.len() / 4;
        let median_us = sorted[sorted.len() / 2];
        Cost {
            layer: layer.into(),
            pass,
            macs,
            bytes,
            median_us,
            iqr_us: sorted[sorted.len() - 1 - quarter] - sorted[quarter],
            gflops: (macs > 0).then(|| 2e-3 * macs as f64 / median_us),
            fraction_of_peak: None,
            ratio_to_stride1: None,
            samples_us,
        }
    }
}

/// One network at one batch size.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NetworkCost {
    /// Samples a step.
    pub batch_size: usize,
    /// The network.
    #[serde(flatten)]
    pub configuration: Configuration,
    /// Multiply-adds of an image, forward.
    pub macs: u64,
    /// Largest difference of a loss from the plain CPU's, over the steps of the check.
    pub loss_difference: f64,
    /// Bytes of the activations and their gradients that a training step holds.
    pub activation_bytes: u64,
    /// Bytes of the activations that inference holds.
    pub inference_activation_bytes: u64,
    /// Images a second in training, by the host's clock.
    pub train_images_per_second: f64,
    /// Images a second in inference, by the host's clock.
    pub inference_images_per_second: f64,
    /// Dispatches of a training step; none on the CPU, as for what follows.
    #[serde(default)]
    pub dispatches: Option<usize>,
    /// Microseconds of as many dispatches that do nothing, each waiting for the one before.
    #[serde(default)]
    pub empty_dispatches_us: Option<f64>,
    /// Microseconds of a training step by the device's clock, where it has one; `train_step` is by the
    /// host's, and what that is longer the device waits.
    #[serde(default)]
    pub train_step_device_us: Option<f64>,
    /// Whether the parts were timed by the device's clock.
    pub device_clock: bool,
    /// Passes of layers in the order of a step, each timed alone.
    pub parts: Vec<Cost>,
    /// A whole training step.
    pub train_step: Cost,
    /// A whole step of inference.
    pub inference: Cost,
}

impl NetworkCost {
    /// The parts, then the whole steps.
    pub fn costs(&self) -> impl Iterator<Item = &Cost> {
        self.parts.iter().chain([&self.train_step, &self.inference])
    }

    /// Microseconds of all parts together.
    pub fn sum_of_parts_us(&self) -> f64 {
        self.parts.iter().map(|part| part.median_us).sum()
    }
}

/// All of `bench.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BenchRecord {
    /// The format of the file; see [`crate::record::FORMAT`].
    pub format: u32,
    /// stridelab's version.
    pub version: String,
    /// What it was measured on.
    #[serde(flatten)]
    pub machine: Machine,
    /// Every option of the command, by its long name.
    pub options: serde_json::Value,
    /// Start, RFC 3339.
    pub start: String,
    /// End, RFC 3339.
    pub end: String,
    /// What was measured.
    #[serde(flatten)]
    pub measured: Measurement,
}

/// What a benchmark measured.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Measurement {
    /// Whether the backend could replace runs of operations by faster ones of its own.
    pub fused: bool,
    /// Whether parts were timed by the device's clock; otherwise by the host's.
    pub device_clock: bool,
    /// 10⁹ floating-point operations a second of multiply-adds in registers, measured in this run.
    pub peak_gflops: f64,
    /// Samples of each median.
    pub samples: usize,
    /// Networks, by batch size.
    pub networks: Vec<NetworkCost>,
    /// Networks that were asked for and cannot be made.
    #[serde(default)]
    pub left_out: Vec<LeftOutNetwork>,
}

impl Measurement {
    /// Which clock timed the parts, for people.
    pub fn clock(&self) -> &'static str {
        if self.device_clock { "the device's clock (timestamp queries)" } else { "the host's clock" }
    }

    /// Fills in the shares of the peak and the ratios to stride 1, once all is measured.
    pub fn finish(&mut self) {
        let is_stride_1 = |n: &&NetworkCost| n.configuration.at_stride_1() == n.configuration;
        let strides_of_one: Vec<_> = self.networks.iter().filter(is_stride_1).cloned().collect();
        for network in &mut self.networks {
            let wanted = network.configuration.at_stride_1();
            let same = |n: &&NetworkCost| n.batch_size == network.batch_size && n.configuration == wanted;
            let twin = strides_of_one.iter().find(same);
            for cost in network.parts.iter_mut().chain([&mut network.train_step, &mut network.inference]) {
                cost.fraction_of_peak = cost.gflops.map(|gflops| gflops / self.peak_gflops);
                let mut others = twin.into_iter().flat_map(NetworkCost::costs);
                let other = others.find(|c| (&c.layer, c.pass) == (&cost.layer, cost.pass));
                cost.ratio_to_stride1 = other.map(|other| cost.median_us / other.median_us);
            }
        }
    }
}
