//! Flags of what is drawn of a run.

use clap::{Args, ValueEnum};

use super::value;

/// A layer of maps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum LayerChoice {
    Conv1,
    Pool1,
    Conv2,
    Pool2,
}

impl LayerChoice {
    /// Its name in the network.
    pub(crate) fn name(self) -> &'static str {
        match self {
            LayerChoice::Conv1 => "conv1",
            LayerChoice::Pool1 => "pool1",
            LayerChoice::Conv2 => "conv2",
            LayerChoice::Pool2 => "pool2",
        }
    }

    /// Whether a network without pooling lacks it.
    pub(crate) fn is_pool(self) -> bool {
        matches!(self, LayerChoice::Pool1 | LayerChoice::Pool2)
    }

    /// The name of the weight that made its maps.
    pub(crate) fn weight(self) -> &'static str {
        match self {
            LayerChoice::Conv1 | LayerChoice::Pool1 => "conv1.weight",
            LayerChoice::Conv2 | LayerChoice::Pool2 => "conv2.weight",
        }
    }
}

/// Options of the figure of features.
#[derive(Debug, Clone, Args)]
pub(crate) struct FigureArgs {
    /// The test image whose features are drawn, counted from 0
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value::image, allow_negative_numbers = true)]
    #[arg(help_heading = "Figures")]
    pub image: usize,
    /// The layers whose features are drawn
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "conv1,conv2", value_enum)]
    #[arg(help_heading = "Figures", alias = "layers", ignore_case = true)]
    pub layer: Vec<LayerChoice>,
    /// The filters whose features are drawn: 6 for the first six, or a list such as 1,5,9
    #[arg(long, value_name = "N|LIST", default_value = "6", value_parser = value::filters, alias = "filter")]
    #[arg(help_heading = "Figures", allow_negative_numbers = true)]
    pub filters: value::Filters,
}
