//! Answers that records give, computed by pure functions. Nothing here trains, measures or opens a file.

mod bench;
pub mod claims;
pub mod comparison;
mod coverage;
mod outcome;
pub mod statistics;

pub use bench::{CostRatio, comparable, compare};
pub use coverage::Coverage;
pub use outcome::{ConfigurationOutcome, ModelOutcome, outcomes};
