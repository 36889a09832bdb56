//! Answers that records give, computed by pure functions. Nothing here trains, measures or opens a file.

mod bench;

pub use bench::{CostRatio, comparable, compare};
