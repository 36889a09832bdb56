//! Every flag of the command line.

mod bench;

use std::path::PathBuf;

pub use bench::BenchArgs;
use clap::{Args, Parser, Subcommand, ValueEnum};

/// Train one small CNN on MNIST four times, with stride 1 or 2 and same or valid padding, and
/// compare accuracy, shapes, feature maps and cost.
#[derive(Debug, Parser)]
#[command(version, about, long_about = None, args_conflicts_with_subcommands = true)]
#[command(
    after_help = "Examples:\n  stridelab                            train all four networks on the best device\n  stridelab --backend gpu --epochs 1   one epoch on any GPU, a software one included\n  stridelab describe                   layers, shapes, parameters and MACs; no training\n\nExit codes: 0 fine, 1 failure, 2 usage, 3 no usable adapter, 4 data or weights missing or bad,\n5 a check failed, 130 interrupted."
)]
pub struct Cli {
    /// What to do instead of training.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to train.
    #[command(flatten)]
    pub train: TrainArgs,
}

/// What else stridelab does.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show layers, output shapes, padding by side, parameters and MACs; trains nothing
    Describe(DescribeArgs),
    /// List the adapters, the limits that matter, and which one would be chosen
    Devices,
    /// Check this adapter against the CPU: every operator, and ten training steps of each network
    Parity(ParityArgs),
    /// Measure what each layer of each network costs: arithmetic, memory, time
    Bench(BenchArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
}

/// Where to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum BackendChoice {
    /// A real GPU where there is one, else the CPU
    Auto,
    /// Any adapter, a software one included
    Gpu,
    /// The CPU
    Cpu,
}

/// Padding of the convolutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PaddingChoice {
    /// TensorFlow's: ⌈n/stride⌉ outputs, asymmetric where the total is odd
    Same,
    /// None
    Valid,
}

/// Options of training.
#[derive(Debug, Args)]
pub struct TrainArgs {
    /// Where to train
    #[arg(long, value_enum, default_value = "auto")]
    pub backend: BackendChoice,
    /// The GPU adapter, by a part of its name or its number in `stridelab devices`
    #[arg(long, value_name = "NAME|INDEX")]
    pub adapter: Option<String>,
    /// Strides of the convolutions, one network each
    #[arg(long, value_delimiter = ',', default_value = "1,2", value_name = "LIST")]
    pub stride: Vec<usize>,
    /// Paddings of the convolutions, one network each
    #[arg(long, value_enum, value_delimiter = ',', default_value = "same,valid", value_name = "LIST")]
    pub padding: Vec<PaddingChoice>,
    /// Passes over the training set
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub epochs: u32,
    /// Samples a training step
    #[arg(long, default_value_t = 64)]
    pub batch_size: usize,
    /// Adam's learning rate
    #[arg(long, default_value_t = 1e-3, value_parser = learning_rate)]
    pub learning_rate: f64,
    /// Seed of the initial weights and the order of samples
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Train on the first N samples only
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
    /// Folder with other IDX files of MNIST's names, plain or .gz, of any image size
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Folder for the results [default: runs/<date-time>]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Write into --out even if it is not empty, replacing an earlier run's files
    #[arg(long)]
    pub force: bool,
    /// Start from these weights (safetensors); needs exactly one stride and one padding
    #[arg(long, value_name = "FILE")]
    pub init: Option<PathBuf>,
    /// Take the samples in file order, as Keras' shuffle=False
    #[arg(long)]
    pub no_shuffle: bool,
    /// Print one JSON object a line on stdout instead of the table
    #[arg(long)]
    pub json: bool,
    /// No progress, no notices
    #[arg(short, long)]
    pub quiet: bool,
    /// Log more to stderr; twice for wgpu's own log
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// Options of `describe`.
#[derive(Debug, Args)]
pub struct DescribeArgs {
    /// Strides of the convolutions
    #[arg(long, value_delimiter = ',', default_value = "1,2", value_name = "LIST")]
    pub stride: Vec<usize>,
    /// Paddings of the convolutions
    #[arg(long, value_enum, value_delimiter = ',', default_value = "same,valid", value_name = "LIST")]
    pub padding: Vec<PaddingChoice>,
    /// Image height and width
    #[arg(long, default_value = "28x28", value_parser = image_size, value_name = "HxW")]
    pub image: [usize; 2],
}

/// Options of `parity`.
#[derive(Debug, Args)]
pub struct ParityArgs {
    /// The GPU adapter, by a part of its name or its number in `stridelab devices`
    #[arg(long, value_name = "NAME|INDEX")]
    pub adapter: Option<String>,
    /// Seed of the random inputs [default: a fresh one, printed]
    #[arg(long)]
    pub seed: Option<u64>,
}

fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("must be a positive number, such as 0.001".into()),
    }
}

fn image_size(text: &str) -> Result<[usize; 2], String> {
    let sides = text.split_once('x').and_then(|(h, w)| Some([h.parse().ok()?, w.parse().ok()?]));
    sides.filter(|s| s.iter().all(|&n| (1..=4096).contains(&n))).ok_or("must be HEIGHTxWIDTH, such as 28x28".into())
}
