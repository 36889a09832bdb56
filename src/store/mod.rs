//! A run's directory: which files it has, how they are written and read, and the lock on it.
//!
//! ```text
//! metrics.csv  steps.csv  shapes.csv  run.json
//! weights/stride1-same-seed0.safetensors …
//! figures/accuracy.png  loss.png  sample.png  feature_maps_stride1_same.png …
//! ```
//!
//! A benchmark leaves `cost.csv`, `bench.json` and `figures/cost.png` through a [`BenchWriter`].

mod bench;
mod lock;
mod writer;

pub use bench::{BenchWriter, COST_COLUMNS, read_bench};
pub use writer::{RunWriter, feature_maps_name, weights_name};
