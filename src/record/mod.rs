//! What a run leaves behind, as plain rows: each type is written and read by the same code.

mod cost;
mod rows;
mod run;

pub use cost::{Bench, Cost, NetworkCost, Pass};
pub(crate) use rows::Columns;
pub use rows::{EpochRow, ShapeRow, StepRow};
pub use run::{DataInfo, RunInfo, Status, Totals};
