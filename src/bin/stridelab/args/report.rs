//! Flags of `stridelab report`.

use std::path::PathBuf;

use clap::Args;

use super::RunsArgs;

/// Which runs, and what is made of them.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// The runs.
    #[command(flatten)]
    pub runs: RunsArgs,
    /// Folder of a `stridelab bench`, whose times by layer the page shows
    #[arg(long, value_name = "DIR")]
    pub bench: Option<PathBuf>,
    /// Show the page in the browser
    #[arg(long)]
    pub open: bool,
}
