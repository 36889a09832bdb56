//! Flags of `evaluate`.

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser as Text};

use super::{BackendChoice, value};

/// Which trained networks are evaluated on which images.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  stridelab evaluate runs/mine            accuracy on the test images that the run has
  stridelab evaluate runs/mine --data fashion --out other
                                          on those of another data set, with CSV files")]
pub(crate) struct EvaluateArgs {
    /// Directory of a run with weights
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// Folder with other IDX files, the test images of which are taken [default: those that the run has]
    #[arg(long, value_name = "DIR", aliases = ["dataset", "data-dir"])]
    pub data: Option<PathBuf>,
    /// Only the models of this seed
    #[arg(long, value_name = "N", value_parser = value::one_seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// Where to compute: a real GPU where there is one, else the CPU (auto); any adapter (gpu); or the CPU
    #[arg(long, value_name = "WHERE", value_enum, default_value = "auto", alias = "device", ignore_case = true)]
    pub backend: BackendChoice,
    /// The GPU adapter, by a part of its name or its number in `stridelab devices`
    #[arg(long, value_name = "NAME|INDEX", value_parser = Text::new())]
    pub adapter: Option<String>,
    /// Folder for evaluation.csv, class_accuracy.csv and confusion.csv [default: none are written]
    #[arg(long, value_name = "DIR")]
    #[arg(short_alias = 'o', aliases = ["output", "output-dir", "out-dir"])]
    pub out: Option<PathBuf>,
    /// Write into --out even if it is not empty
    #[arg(long)]
    pub force: bool,
    /// Print one JSON object a line on stdout instead of tables
    #[arg(long)]
    pub json: bool,
    /// No notices
    #[arg(short, long)]
    pub quiet: bool,
}
