//! What a run leaves on disk: plain rows, and the [`Writer`] that puts each there as soon as it
//! is known.
//!
//! ```text
//! metrics.csv  steps.csv  shapes.csv  run.json
//! weights/stride1-same-seed0.safetensors …
//! figures/accuracy.png  loss.png  sample.png  feature_maps_stride1_same.png …
//! ```
//!
//! A benchmark leaves `cost.csv`, `bench.json` and `figures/cost.png` through a [`CostWriter`].

mod cost;
mod lock;
mod rows;
mod run_info;
mod writer;

pub use cost::{COST_COLUMNS, CostWriter, read_bench};
pub use rows::{EpochRow, ShapeRow, StepRow};
pub use run_info::{DataInfo, RunInfo, Status, Totals, timestamp};
pub use writer::{Writer, feature_maps_name, weights_name};
