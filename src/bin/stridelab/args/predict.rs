//! Flags of `predict`.

use std::path::PathBuf;

use clap::{Args, builder::NonEmptyStringValueParser as Text};

use super::figures::LayerChoice;
use super::{BackendChoice, value};

/// Which networks look at which images, and what is shown of them.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  stridelab predict runs/mine five.jpg    a photo of a digit through every network of the run
  stridelab predict runs/mine --test-image 8 --seed 3
                                          test image 8 through the models of seed 3
  stridelab predict runs/mine a.png b.png --json
                                          one JSON object an image, all probabilities")]
pub(crate) struct PredictArgs {
    /// Directory of a run with weights
    #[arg(value_name = "RUN")]
    pub run: PathBuf,
    /// PNG or JPEG files of one digit each: dark on light or light on dark, of any size
    #[arg(value_name = "IMAGE", required_unless_present = "test_image")]
    pub images: Vec<PathBuf>,
    /// Instead of files, this test image of the data set, counted from 0
    #[arg(long, value_name = "N", value_parser = value::image, allow_negative_numbers = true)]
    #[arg(conflicts_with_all = ["images", "as_is"])]
    pub test_image: Option<usize>,
    /// Take files as they are: of the networks' size, light on dark, not prepared as MNIST's images were
    #[arg(long, alias = "raw")]
    pub as_is: bool,
    /// Only the models of this seed [default: all, the mean of their probabilities]
    #[arg(long, value_name = "N", value_parser = value::one_seed, allow_negative_numbers = true)]
    pub seed: Option<u64>,
    /// The layers whose maps are shown; with --json, maps are printed where this or --filters is given
    /// [default: conv1,conv2]
    #[arg(long, value_name = "LIST", value_delimiter = ',', value_enum, alias = "layers", ignore_case = true)]
    pub layer: Vec<LayerChoice>,
    /// The filters whose maps are shown: 6 for the first six, or a list such as 1,5,9 [default: as many of
    /// the first six as fit side by side]
    #[arg(long, value_name = "N|LIST", value_parser = value::filters, alias = "filter", allow_negative_numbers = true)]
    pub filters: Option<value::Filters>,
    /// Folder with the data of the run, for --test-image [default: the one that it was trained on]
    #[arg(long, value_name = "DIR", aliases = ["dataset", "data-dir"])]
    pub data: Option<PathBuf>,
    /// Where to compute: cpu, gpu or auto
    #[arg(long, value_name = "WHERE", value_enum, default_value = "cpu", alias = "device", ignore_case = true)]
    pub backend: BackendChoice,
    /// The GPU adapter, by a part of its name or its number in `stridelab devices`
    #[arg(long, value_name = "NAME|INDEX", value_parser = Text::new())]
    pub adapter: Option<String>,
    /// Print one JSON object a line on stdout instead of text
    #[arg(long)]
    pub json: bool,
}
