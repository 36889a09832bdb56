//! What a run leaves behind, as plain records: each type is written and read by the same code.
//!
//! Records know no file and no backend. [`crate::store`] puts them on disk, [`crate::analysis`] and
//! [`crate::report`] read them.

pub mod answers;
mod checkpoint;
mod claim;
mod columns;
mod cost;
mod epoch;
mod evaluation;
mod feature;
mod feature_file;
mod format;
mod ink;
mod measures;
mod merge;
mod merged_run;
mod model;
mod opinion;
mod predictions;
mod run;
mod shape;
mod step;
mod study;

pub use answers::{
    BlankedAccuracyRow, ClassAccuracyRow, ConfusionRow, CostSummaryRow, CoverageRow, DifferenceRow, DisputedRow,
    GapRow, ShiftAccuracyRow, SingleModelsRow, VarianceSplitRow,
};
pub use checkpoint::{BegunRecord, Checkpoint, CheckpointHead, CheckpointModel, DivergenceRecord, Number};
pub use claim::ClaimRow;
pub use columns::{OPTIONAL_COLUMNS, Row};
pub use cost::{BenchRecord, Cost, Measurement, NetworkCost, Pass};
pub use epoch::EpochRow;
pub use evaluation::EvaluationRow;
pub use feature::{FeatureRecord, FilterFeatures, LayerFeatures, ModelFeatures};
pub use format::{FORMAT, from_json, to_json};
pub use ink::{InkRow, UncoveredInkRow};
pub use measures::{BlankedRow, GradientRow, InferenceRow, Measures, ShiftRow, SmoothnessRow};
pub use merge::{Merged, merge};
pub use merged_run::MergedRun;
pub use model::ModelRow;
pub use opinion::ModelOpinion;
pub use predictions::Predictions;
pub use run::{DataRecord, LeftOutNetwork, Machine, Resumption, RunRecord, Status, Totals};
pub use shape::ShapeRow;
pub use step::StepRow;
pub use study::{ModelPredictions, StudyRecords};
