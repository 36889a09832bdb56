//! Where the choices come from that depend on the adapter and change no result.

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser as Text};

/// Where a device's choices come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum TuningChoice {
    /// What was measured before; a real GPU that never was is measured now.
    Auto,
    /// What was measured before, nothing else.
    Kept,
    /// Measured now.
    Measure,
    /// Without a clock.
    Default,
    /// What `stridelab tune --out` wrote.
    File(PathBuf),
}

impl std::str::FromStr for TuningChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text.trim().to_lowercase().as_str() {
            "" => return Err("must be auto, measure, default, or a file of stridelab tune --out".into()),
            "auto" => TuningChoice::Auto,
            "measure" => TuningChoice::Measure,
            "default" => TuningChoice::Default,
            _ => TuningChoice::File(text.into()),
        })
    }
}

/// Options of `tune`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  stridelab tune                          measure, and keep what was found for every later run
  stridelab tune --out h100.json          write it to a file, for --tuning h100.json")]
pub(crate) struct TuneArgs {
    /// The GPU adapter, by a part of its name or its number in `stridelab devices`
    #[arg(long, value_name = "NAME|INDEX", value_parser = Text::new())]
    pub adapter: Option<String>,
    /// Write what was found to this file, instead of keeping it for every later run on this adapter
    #[arg(long, value_name = "FILE", short_alias = 'o', alias = "output")]
    pub out: Option<PathBuf>,
    /// Print JSON on stdout instead of a table
    #[arg(long)]
    pub json: bool,
}
