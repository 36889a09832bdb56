//! `run.json`: what was run, where, on what, with which result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{FORMAT, MergedRun};
use crate::model::LeftOut;

/// How a run ended, or that it has not.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Not ended; also what a killed process leaves behind.
    #[default]
    Running,
    /// All that was asked for is on disk.
    Finished,
    /// Stopped by the user; all finished epochs are on disk.
    Interrupted,
    /// Ended by an error; all finished epochs are on disk.
    Failed,
}

/// The data that was trained on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataRecord {
    /// `MNIST`, or the directory's name.
    pub name: String,
    /// Classes that the networks tell apart.
    #[serde(default)]
    pub classes: usize,
    /// Rows and columns of an image.
    #[serde(default)]
    pub image: [usize; 2],
    /// Training images; fewer than the files hold where the run was limited.
    #[serde(default)]
    pub train_images: usize,
    /// Test images.
    #[serde(default)]
    pub test_images: usize,
    /// SHA-256 of each file after unpacking, by file name.
    pub sha256: BTreeMap<String, String>,
}

/// Sums over the whole run, so far.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Networks whose last epoch is on disk.
    pub networks: usize,
    /// Epochs on disk.
    pub epochs: u64,
    /// Training steps in those epochs.
    pub steps: u64,
    /// Seconds of training, without validation.
    pub train_seconds: f64,
    /// Seconds from the command's start until its first training steps were done: data, device, pipelines.
    pub startup_seconds: f64,
    /// Seconds from start to end.
    pub seconds: f64,
}

/// What a run computed on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Machine {
    /// `gpu` or `cpu`.
    pub backend: String,
    /// Name of the adapter, or of the processor.
    pub adapter: String,
    /// Driver of the adapter and its version; empty for the CPU backend.
    pub driver: String,
    /// Whether the adapter is a software one.
    pub software: bool,
    /// The processor's model name.
    pub cpu: String,
    /// Threads that the CPU's kernels use.
    pub threads: usize,
    /// Vector instructions that the CPU's kernels use, such as `AVX-512`.
    pub instruction_set: String,
    /// The kernels that were chosen, each choice by its name; `null` for the CPU backend, which has none to choose.
    pub kernels: serde_json::Value,
    /// Where those choices come from: `measured` and when, a file, or `default`. Empty for the CPU backend.
    #[serde(default)]
    pub tuning: String,
}

impl Machine {
    /// Whether times of both may be compared: all that computes is the same, choices aside that change no bit.
    pub fn is_same_machine(&self, other: &Machine) -> bool {
        let parts = |machine: &Machine| {
            let Machine { backend, adapter, driver, cpu, threads, instruction_set, kernels, .. } = machine.clone();
            (backend, adapter, driver, cpu, threads, instruction_set, choices(&kernels))
        };
        parts(self) == parts(other)
    }

    /// Whether two machines give the same bits: all that sets the order of a sum is the same.
    pub fn is_same_device(&self, other: &Machine) -> bool {
        let vectors = self.backend != "cpu" || self.instruction_set == other.instruction_set;
        (&self.backend, &self.adapter, &self.driver) == (&other.backend, &other.adapter, &other.driver)
            && vectors
            && choices(&self.kernels) == choices(&other.kernels)
    }
}

/// Choices that change no bit of a result: `stridelab::gpu::Tuning::NEUTRAL`, and those of earlier versions.
pub(super) const NEUTRAL_CHOICES: [&str; 11] = [
    "forward_tile",
    "backward_tile",
    "large_forward_tile",
    "large_backward_tile",
    "large_from",
    "whole_vectors",
    "merge",
    "submission_ms",
    "row_workgroups",
    "tile",
    "large_tile",
];

/// The kernels that were chosen, without those choices that change no bit.
fn choices(kernels: &serde_json::Value) -> serde_json::Value {
    let mut kernels = kernels.clone();
    if let serde_json::Value::Object(choices) = &mut kernels {
        choices.retain(|name, _| !NEUTRAL_CHOICES.contains(&name.as_str()));
    }
    kernels
}

/// A network that was asked for and cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOutNetwork {
    /// Its name, such as `stride 2, valid`.
    pub network: String,
    /// Why it cannot be made.
    pub reason: String,
}

impl From<&LeftOut> for LeftOutNetwork {
    fn from(left_out: &LeftOut) -> Self {
        let reason = left_out.error.problem().map_or_else(String::new, |problem| problem.what.clone());
        LeftOutNetwork { network: left_out.network.clone(), reason }
    }
}

/// All of `run.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The format of the run's files; see [`FORMAT`].
    pub format: u32,
    /// stridelab's version.
    pub version: String,
    /// What it computed on.
    #[serde(flatten)]
    pub machine: Machine,
    /// Every option, by its long name.
    pub options: serde_json::Value,
    /// The data.
    pub data: DataRecord,
    /// Training steps of an epoch.
    #[serde(default)]
    pub steps_per_epoch: u64,
    /// Start, RFC 3339 with the zone's offset.
    pub start: String,
    /// End, likewise; `null` while running.
    pub end: Option<String>,
    /// How it ended.
    pub status: Status,
    /// Names of the models whose training diverged.
    pub diverged: Vec<String>,
    /// Networks that were asked for and cannot be made.
    #[serde(default)]
    pub left_out: Vec<LeftOutNetwork>,
    /// Seconds in which each network was made ready to train, by its name; not part of any other time of training.
    #[serde(default)]
    pub setup_seconds: BTreeMap<String, f64>,
    /// SHA-256 of the file of initial weights, where one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub init_sha256: Option<String>,
    /// Each time that the run was gone on with; none where it ran at one sitting.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resumed: Vec<Resumption>,
    /// The runs that this one was merged of; none where it is a run itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub merged: Vec<MergedRun>,
    /// Whether a part was computed on another device than the rest: the run's bits may differ from those of either.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub bits_may_differ: bool,
    /// Sums.
    pub totals: Totals,
}

/// A sitting after the first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resumption {
    /// Start, RFC 3339 with the zone's offset.
    pub start: String,
    /// What it computed on, where that is not the run's own machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
}

impl Default for RunRecord {
    fn default() -> Self {
        RunRecord {
            format: FORMAT,
            version: String::new(),
            machine: Machine::default(),
            options: serde_json::Value::Null,
            data: DataRecord::default(),
            steps_per_epoch: 0,
            start: String::new(),
            end: None,
            status: Status::default(),
            diverged: Vec::new(),
            left_out: Vec::new(),
            setup_seconds: BTreeMap::new(),
            init_sha256: None,
            resumed: Vec::new(),
            merged: Vec::new(),
            bits_may_differ: false,
            totals: Totals::default(),
        }
    }
}
