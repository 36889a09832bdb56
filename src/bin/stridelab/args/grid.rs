//! Options that say which networks there are: the same for training, `describe` and `bench`.

use std::path::PathBuf;

use clap::Args;
use stridelab::Result;
use stridelab::model::geometry::Padding;
use stridelab::model::{Configuration, ConfigurationGrid, Head, Pooling, Strides};
use stridelab::store::read_grid;

use super::value;

/// Lists, of which every combination makes a network, or a file with such lists.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "The networks: one for each combination")]
pub(crate) struct GridArgs {
    /// Strides of the convolutions; 2:1 is a stride of 2 in the first and of 1 in the second, 1x2 one
    /// of 1 down and 2 across
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "1,2", value_parser = value::strides)]
    #[arg(allow_negative_numbers = true, alias = "strides")]
    pub stride: Vec<Strides>,
    /// Paddings of the convolutions: TensorFlow's same (⌈n/stride⌉ outputs, one side padded more where
    /// the total is odd), valid (none), PyTorch's symmetric (⌊(kernel − 1)/2⌋ on every side), or rows
    /// and columns by side such as t1l0b1r0
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "same,valid")]
    #[arg(value_parser = value::padding, aliases = ["paddings", "pad"])]
    pub padding: Vec<Padding>,
    /// Rows and columns of the convolutions' kernels
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "3", value_parser = value::kernel)]
    #[arg(allow_negative_numbers = true, aliases = ["kernels", "kernel-size"])]
    pub kernel: Vec<usize>,
    /// What follows each convolution: max pooling of 2×2, or none, so that only strides make maps smaller
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "2", value_parser = value::pool)]
    #[arg(allow_negative_numbers = true, aliases = ["pools", "pooling"])]
    pub pool: Vec<Pooling>,
    /// What feeds the first dense layer: every feature of every position (dense), or the mean of each
    /// channel (gap), with equal numbers of parameters in all networks
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "dense", value_parser = value::head)]
    #[arg(alias = "heads")]
    pub head: Vec<Head>,
    /// Pixels cut from each side of every image
    #[arg(long, value_name = "LIST", value_delimiter = ',', default_value = "0", value_parser = value::crop)]
    #[arg(allow_negative_numbers = true, alias = "crops")]
    pub crop: Vec<usize>,
    /// The lists from a TOML file, such as stride = [1, "2:1"], and single networks as
    /// [[configuration]] tables; instead of the options above
    #[arg(long, value_name = "FILE")]
    #[arg(conflicts_with_all = ["stride", "padding", "kernel", "pool", "head", "crop"])]
    pub grid: Option<PathBuf>,
    /// The lists of an earlier run, instead of all of these.
    #[arg(skip)]
    pub recorded: Option<ConfigurationGrid>,
}

impl GridArgs {
    /// The lists that the options give, or the file.
    ///
    /// # Errors
    /// As [`read_grid`].
    pub(crate) fn grid(&self) -> Result<ConfigurationGrid> {
        match &self.grid {
            _ if self.recorded.is_some() => Ok(self.recorded.clone().unwrap_or_default()),
            Some(file) => read_grid(file).map_err(|error| error.at("--grid")),
            None => Ok(ConfigurationGrid {
                stride: self.stride.clone(),
                padding: self.padding.clone(),
                kernel: self.kernel.clone(),
                pool: self.pool.clone(),
                head: self.head.clone(),
                crop: self.crop.clone(),
                configuration: Vec::new(),
            }),
        }
    }

    /// All configurations, in the order of [`ConfigurationGrid::configurations`].
    ///
    /// # Errors
    /// As there and for [`GridArgs::grid`].
    pub(crate) fn configurations(&self) -> Result<Vec<Configuration>> {
        self.grid()?.configurations()
    }

    /// The options for a record, by their long names: what a file gave stands there as if it had been typed.
    pub(crate) fn describe(&self) -> serde_json::Value {
        let mut options = serde_json::to_value(self.grid().unwrap_or_default()).unwrap_or_default();
        options["grid"] = serde_json::json!(self.grid.as_deref().map(std::path::Path::to_string_lossy));
        options
    }
}
