//! Flags of the commands that read the records of runs.

use std::path::PathBuf;

use clap::Args;

/// Which runs, and where the answers go.
#[derive(Debug, Args)]
pub(crate) struct RunsArgs {
    /// Directories of runs, or .tar.gz files of such; several are joined
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// Folder for the files [default: the run's own, where it is one directory]
    #[arg(long, value_name = "DIR")]
    #[arg(short_alias = 'o', aliases = ["output", "output-dir", "out-dir"])]
    pub out: Option<PathBuf>,
    /// Write into --out even if it is not empty
    #[arg(long)]
    pub force: bool,
    /// Folder with the images of the runs, where these are not MNIST
    #[arg(long, value_name = "DIR", aliases = ["dataset", "data-dir"])]
    pub data: Option<PathBuf>,
    /// Print JSON on stdout instead of text
    #[arg(long)]
    pub json: bool,
}
