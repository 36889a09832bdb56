//! Tables for the terminal, one file for each.

mod bench;
mod best;
mod claims;
mod epochs;
mod network;
mod run;
mod seeds;
mod table;

pub use crate::report::numbers::{counted, seconds};
pub use bench::{comparison_table, cost_tables};
pub use claims::{claims_markdown, claims_text, sentences};
pub use epochs::{EpochTable, epoch_line};
pub use network::describe_table;
pub use run::{RunRow, run_table};
pub use seeds::seeds_table;
pub use table::heading;
