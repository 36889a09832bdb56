//! Answers that records give, computed by pure functions. Nothing here trains, measures or opens a file.

mod bench;
pub mod claims;
pub mod comparison;
mod coverage;
mod outcome;
mod receptive_field;
pub mod statistics;
mod summary;

pub use bench::{CostRatio, comparable, compare};
pub use coverage::Coverage;
pub use outcome::{ConfigurationOutcome, ModelOutcome, outcomes};
pub use receptive_field::{AxisWindows, ReceptiveField};
pub use summary::{ConfigurationSummary, PairSummary, StudySummary, summarise};
