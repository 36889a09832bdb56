//! A run's directory: which files it has, how they are written and read, and the lock on it.
//!
//! ```text
//! metrics.csv  steps.csv  shapes.csv  run.json
//! weights/stride1-same-seed0.safetensors …
//! figures/accuracy.png  loss.png  sample.png  feature_maps_stride1_same.png …
//! ```
//!
//! A benchmark leaves `cost.csv`, `bench.json` and `figures/cost.png` through a [`CostWriter`].

mod bench;
mod lock;
mod writer;

pub use bench::{COST_COLUMNS, CostWriter, read_bench};
pub use writer::{Writer, feature_maps_name, weights_name};
