//! Answers that records give, computed by pure functions. Nothing here trains, measures or opens a file.

mod bench;
mod coverage;
pub mod statistics;

pub use bench::{CostRatio, comparable, compare};
pub use coverage::Coverage;
