//! Tables for the terminal, one file for each.

mod bench;
mod best;
mod claims;
mod epochs;
mod evaluation;
mod live_curve;
mod maps;
mod network;
mod opinions;
mod pairs;
mod run;
mod seeds;
mod table;

pub use crate::report::numbers::{counted, seconds};
pub use bench::{comparison_table, cost_tables};
pub use claims::{claims_markdown, claims_text, sentences};
pub use epochs::{EpochTable, epoch_line};
pub use evaluation::{Evaluated, evaluation_tables};
pub use live_curve::live_curve;
pub use maps::{MapColours, ShownMap, shown_maps};
pub use network::describe_table;
pub use opinions::opinions_table;
pub use run::{RunRow, run_table};
pub use seeds::seeds_table;
pub use table::heading;
