//! Answers that records give, computed by pure functions. Nothing here trains, measures or opens a file.

mod bench;
mod blanked;
mod by_configuration;
pub mod claims;
mod class_spread;
mod classes;
pub mod comparison;
mod cost;
mod coverage;
mod disputed;
mod gap;
mod gradients;
pub mod ink;
mod outcome;
mod receptive_field;
mod shifts;
mod smoothness;
pub mod statistics;
mod summary;
mod tables;

pub use bench::{CostRatio, comparable, compare};
pub use blanked::blanked_accuracy;
pub use by_configuration::configurations;
pub use class_spread::{ClassSpread, class_spreads};
pub use classes::{class_accuracy, confusion};
pub use cost::cost_summary;
pub use coverage::{Coverage, coverage_rows};
pub use disputed::{ConfigurationVotes, DisputedImage, Vote, disputed, disputed_rows, right};
pub use gap::gap;
pub use gradients::{GradientNorms, StepNorm, gradient_norms};
pub use outcome::{ConfigurationOutcome, ModelOutcome, evaluated, outcomes};
pub use receptive_field::{AxisWindows, ReceptiveField};
pub use shifts::shift_accuracy;
pub use smoothness::{LayerSmoothness, smoothness};
pub use summary::{ConfigurationSummary, PairSummary, StudySummary, summarise};
pub use tables::{MissingAnswer, StudyTables, TableSink, is_of, tables};
