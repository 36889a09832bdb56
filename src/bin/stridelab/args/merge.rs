//! Flags of `merge`.

use std::path::PathBuf;

use clap::Args;

/// Which runs become one, and where it goes.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  stridelab merge runs/seeds-0-9 runs/seeds-10-19 --out runs/all
                                          one run of twenty seeds, weights and steps included
  stridelab merge runs/all --out all.tar.gz
                                          the records alone, packed, for stridelab claims all.tar.gz")]
pub(crate) struct MergeArgs {
    /// Directories of runs, or .tar.gz files of such; of a model that several have, the first one's is taken
    #[arg(value_name = "RUN", required = true)]
    pub runs: Vec<PathBuf>,
    /// Folder for the merged run, or a file to pack it into without weights and steps, where its name ends in
    /// .tar.gz
    #[arg(long, value_name = "DIR|FILE", required = true)]
    #[arg(short_alias = 'o', aliases = ["output", "output-dir", "out-dir"])]
    pub out: PathBuf,
    /// Write to --out even if it is there and not empty, replacing an earlier run's files
    #[arg(long)]
    pub force: bool,
    /// Print JSON on stdout instead of text
    #[arg(long)]
    pub json: bool,
}

impl MergeArgs {
    /// Whether the run is to be packed.
    pub(crate) fn packs(&self) -> bool {
        let name = self.out.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
        [".tar.gz", ".tgz"].iter().any(|ending| name.ends_with(ending))
    }
}
