//! `run.json`: what was run, where, on what, with which result.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

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
pub struct DataInfo {
    /// `MNIST`, or the directory's name.
    pub name: String,
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
    #[serde(default)]
    pub startup_seconds: f64,
    /// Seconds from start to end.
    pub seconds: f64,
}

/// All of `run.json`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct RunInfo {
    /// stridelab's version.
    pub version: String,
    /// `gpu` or `cpu`.
    pub backend: String,
    /// Name of the adapter, or of the processor.
    pub adapter: String,
    /// Driver of the adapter and its version; empty for the CPU backend.
    pub driver: String,
    /// Whether the adapter is a software one.
    pub software: bool,
    /// Every option, by its long name.
    pub options: serde_json::Value,
    /// The data.
    pub data: DataInfo,
    /// Start, RFC 3339 with the zone's offset.
    pub start: String,
    /// End, likewise; `null` while running.
    pub end: Option<String>,
    /// How it ended.
    pub status: Status,
    /// Sums.
    pub totals: Totals,
}
