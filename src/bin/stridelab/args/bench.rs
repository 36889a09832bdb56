//! Options of `bench`.

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser as Text};

use super::{BackendChoice, GridArgs, TuningChoice, value};

/// Options of `bench`.
#[derive(Debug, Args)]
pub(crate) struct BenchArgs {
    /// Which networks.
    #[command(flatten)]
    pub grid: GridArgs,
    /// Samples a step; every network is measured at each of them
    #[arg(long, value_delimiter = ',', default_value = "64", value_name = "LIST", value_parser = value::batch_size)]
    #[arg(allow_negative_numbers = true, aliases = ["batch-sizes", "batch", "bs", "batchsize"])]
    pub batch_size: Vec<usize>,
    /// What to measure: a real GPU where there is one, else the CPU (auto); any adapter, a software
    /// one included (gpu); or the CPU
    #[arg(long, value_name = "WHERE", value_enum, default_value = "auto")]
    #[arg(alias = "device", ignore_case = true)]
    pub backend: BackendChoice,
    /// The GPU adapter, by a part of its name or its number in `stridelab devices`
    #[arg(long, value_name = "NAME|INDEX", value_parser = Text::new())]
    pub adapter: Option<String>,
    /// Choices that depend on the adapter and change no result: as measured before, and measured at the first use of a
    /// real GPU (auto); measured now (measure); by what the adapter says of itself (default); or those of a FILE that
    /// `stridelab tune --out` wrote
    #[arg(long, value_name = "auto|measure|default|FILE", default_value = "auto")]
    pub tuning: TuningChoice,
    /// Run the plain operations only, none of the faster ones that replace runs of them
    #[arg(long)]
    pub no_fuse: bool,
    /// Show the times beside those of another run, from its bench.json
    #[arg(long, value_name = "FILE")]
    pub compare: Option<PathBuf>,
    /// Folder for the results [default: runs/<date-time>-bench]
    #[arg(long, value_name = "DIR", short_alias = 'o', aliases = ["output", "output-dir", "out-dir"])]
    pub out: Option<PathBuf>,
    /// Write into --out even if it is not empty, replacing an earlier benchmark's files
    #[arg(long)]
    pub force: bool,
    /// Print one JSON object a line on stdout instead of the tables
    #[arg(long)]
    pub json: bool,
}
