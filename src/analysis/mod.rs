//! What records say: pure functions from records to answers. Nothing here trains, measures or opens a file.

mod bench;

pub use bench::{CostRatio, comparable, compare};
