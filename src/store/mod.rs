//! A run's directory: which files it has, how they are written and read, and the lock on it.
//!
//! ```text
//! metrics.csv  steps.csv  gradients.csv  shapes.csv  run.json  features.safetensors
//! weights/stride1-same-seed0.safetensors …
//! figures/accuracy.png  loss.png  sample.png  features.png  feature_maps_stride1_same.png …, each also as .svg
//! checkpoints/stride1-same-seed0-step938.safetensors …    while models train
//! ```
//!
//! A benchmark leaves `cost.csv`, `bench.json` and `figures/cost.png` and `cost.svg` through a [`BenchWriter`].

mod bench_writer;
mod checkpoint;
mod checkpoints;
mod directory;
mod epoch_tables;
mod failure;
mod figure_files;
mod grid_file;
pub mod layout;
mod lock;
mod made;
mod merge_writer;
mod model_tables;
mod predictions;
mod reader;
mod report_writer;
mod resume;
mod run_files;
mod run_writer;
mod seed_weights;
mod study_reader;
mod table;
mod weights_reader;

pub use bench_writer::{BenchWriter, COST_COLUMNS};
pub use checkpoint::{checkpoint_from_bytes, checkpoint_to_bytes};
pub use checkpoints::FoundCheckpoints;
pub use directory::OutputDirectory;
pub use epoch_tables::ModelEpoch;
pub use figure_files::FigureFiles;
pub use grid_file::{grid_from_text, read_grid};
pub use layout::{feature_maps_name, weights_name};
pub use made::{Left, Leftovers};
pub use merge_writer::{pack, write_merged};
pub use predictions::{labels_from_bytes, predictions_from_bytes};
pub use reader::{
    read_bench, read_epochs, read_features, read_models, read_run, read_shapes, read_steps, rows_from_bytes,
};
pub use report_writer::ReportWriter;
pub use resume::{Earlier, Keep, KeptRows};
pub use run_files::RunFiles;
pub use run_writer::{FinishedModel, LastWord, RunWriter};
pub use seed_weights::{SeedWeights, WeightsFile, seed_weights};
pub use study_reader::{read_records, read_study};
pub use table::csv_bytes;
pub use weights_reader::{StoredWeights, WeightsReader};
