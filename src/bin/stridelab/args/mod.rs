//! Every flag of the command line.

mod bench;
mod evaluate;
mod figures;
mod grid;
mod merge;
mod predict;
pub(crate) mod recorded;
mod report;
mod runs;
mod spelling;
mod tuning;
mod usage;
mod value;

use std::path::PathBuf;

pub(crate) use bench::BenchArgs;
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum, builder::NonEmptyStringValueParser as Text};
pub(crate) use evaluate::EvaluateArgs;
pub(crate) use figures::{FigureArgs, LayerChoice};
pub(crate) use grid::GridArgs;
pub(crate) use merge::MergeArgs;
pub(crate) use predict::PredictArgs;
pub(crate) use report::ReportArgs;
pub(crate) use runs::RunsArgs;
pub(crate) use tuning::{TuneArgs, TuningChoice};
pub(crate) use usage::{Stop, parse};

/// Train one small CNN on MNIST four times, with stride 1 or 2 and same or valid padding, and
/// compare accuracy, shapes, feature maps and cost.
#[derive(Debug, Parser)]
#[command(version, args_conflicts_with_subcommands = true, max_term_width = 100)]
#[command(infer_long_args = true, infer_subcommands = true)]
#[command(after_help = "Examples:
  stridelab                               train all four on the best device
  stridelab --backend gpu --epochs 1      use any GPU, a software one included
  stridelab --stride 2 --padding valid    train the smallest network alone
  stridelab --epochs 0 --init w.safetensors --stride 1 --padding same
                                          evaluate these weights, train nothing
  stridelab --resume runs/2026-05-01-120000
                                          go on with a run that was stopped
  stridelab study                         ten seeds of each, and what is so of the tutorial's claims
  stridelab predict runs/mine five.jpg    what the trained networks make of a photo
  stridelab describe                      show shapes and costs, train nothing

Exit codes: 0 fine, 1 failure, 2 usage, 3 no usable adapter,
4 data or weights missing or bad, 5 a check failed, 130 interrupted.")]
pub(crate) struct Cli {
    /// What to do instead of training.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How to train.
    #[command(flatten)]
    pub train: TrainArgs,
}

/// What else stridelab does.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Train ten seeds of each network, ask every model, and judge the tutorial's 24 claims
    Study(Box<TrainArgs>),
    /// Judge the tutorial's 24 claims from the records of one or more runs; trains nothing
    Claims(RunsArgs),
    /// Make the page, tables and figures of one or more runs from their records; trains nothing
    Report(ReportArgs),
    /// Join runs of different seeds, networks or machines into one, or pack a run into a small file
    Merge(MergeArgs),
    /// Let the trained networks of a run say what digit a picture shows: a photo, a drawing, a test image
    Predict(PredictArgs),
    /// Evaluate the trained networks of a run on its test images or on others; trains nothing
    Evaluate(EvaluateArgs),
    /// Show layers, output shapes, padding by side, parameters and MACs; trains nothing
    Describe(DescribeArgs),
    /// List the adapters, the limits that matter, and which one would be chosen
    Devices,
    /// Check this adapter against the CPU: every operator, and training steps of each network
    Parity(ParityArgs),
    /// Measure which kernels are fastest on this adapter, and keep the choice; no result depends on it
    Tune(TuneArgs),
    /// Measure what each layer of each network costs: arithmetic, memory, time
    Bench(BenchArgs),
    /// Print a completion script for a shell
    Completions {
        /// The shell to complete for
        shell: clap_complete::Shell,
    },
}

// Values are explained in the option's own help: a docstring each would double the length of --help.

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum BackendChoice {
    Auto,
    #[value(aliases = ["cuda", "vulkan", "metal", "dx12", "wgpu", "mps"])]
    Gpu,
    Cpu,
}

/// Options of training.
#[derive(Debug, Clone, Args)]
pub(crate) struct TrainArgs {
    /// Which networks.
    #[command(flatten)]
    pub grid: GridArgs,
    /// Passes over the training set; 0 evaluates the initial weights, those of --init for example
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = value::epochs)]
    #[arg(allow_negative_numbers = true, help_heading = "The experiment", aliases = ["epoch", "num-epochs"])]
    pub epochs: u32,
    /// Samples a training step
    #[arg(long, value_name = "N", default_value_t = 64, value_parser = value::batch_size)]
    #[arg(allow_negative_numbers = true, help_heading = "The experiment", aliases = ["batch", "bs", "batchsize"])]
    pub batch_size: usize,
    /// Adam's learning rate; 0 changes nothing
    #[arg(long, value_name = "RATE", default_value_t = 1e-3, value_parser = value::learning_rate)]
    #[arg(allow_negative_numbers = true, help_heading = "The experiment", alias = "lr")]
    pub learning_rate: f64,
    /// Seed of the initial weights and the order of samples
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value::one_seed)]
    #[arg(allow_negative_numbers = true, help_heading = "The experiment")]
    pub seed: u64,
    /// Train models of several seeds side by side: 10 for seeds 0 to 9, a range such as 5..9, its end
    /// included, or a list such as 1,5,7
    #[arg(long, value_name = "N|A..B|LIST", value_parser = value::seeds, conflicts_with = "seed")]
    #[arg(allow_negative_numbers = true, help_heading = "The experiment")]
    pub seeds: Option<value::Seeds>,
    /// Take the samples in file order, as Keras' shuffle=False
    #[arg(long, help_heading = "The experiment")]
    pub no_shuffle: bool,
    /// Start from these weights (safetensors); needs exactly one network
    #[arg(long, value_name = "FILE", help_heading = "The experiment", aliases = ["weights", "init-weights"])]
    pub init: Option<PathBuf>,

    /// Measure the norm of each layer's gradient every N steps, into gradients.csv; 0 for none
    #[arg(long, value_name = "N", value_parser = value::log_gradients, help_heading = "The experiment")]
    #[arg(allow_negative_numbers = true)]
    pub log_gradients: Option<u32>,

    /// Where to train: a real GPU where there is one, else the CPU (auto); any adapter, a software
    /// one included (gpu); or the CPU
    #[arg(long, value_name = "WHERE", value_enum, default_value = "auto", help_heading = "The device")]
    #[arg(alias = "device", ignore_case = true)]
    pub backend: BackendChoice,
    /// The GPU adapter, by a part of its name or its number in `stridelab devices`
    #[arg(long, value_name = "NAME|INDEX", value_parser = Text::new(), help_heading = "The device")]
    pub adapter: Option<String>,
    /// Choices that depend on the adapter and change no result: as measured before, and measured at the first use of a
    /// real GPU (auto); measured now (measure); by what the adapter says of itself (default); or those of a FILE that
    /// `stridelab tune --out` wrote
    #[arg(long, value_name = "auto|measure|default|FILE", default_value = "auto", help_heading = "The device")]
    pub tuning: TuningChoice,
    /// Run every operation as it stands in the plan, instead of faster kernels that replace several
    #[arg(long, help_heading = "The device")]
    pub no_fuse: bool,

    /// Folder with other IDX files of MNIST's or EMNIST's names, plain or .gz, of any image size
    #[arg(long, value_name = "DIR", help_heading = "Data and results", aliases = ["dataset", "data-dir"])]
    pub data: Option<PathBuf>,
    /// Classes [default: 10, or as many as the labels make]
    #[arg(long, value_name = "N", value_parser = value::classes, alias = "num-classes")]
    #[arg(allow_negative_numbers = true, help_heading = "Data and results")]
    pub classes: Option<usize>,
    /// Train on the first N samples only
    #[arg(long, value_name = "N", value_parser = value::limit)]
    #[arg(allow_negative_numbers = true, help_heading = "Data and results")]
    pub limit: Option<usize>,
    /// Folder for the results [default: runs/<date-time>]
    #[arg(long, value_name = "DIR", help_heading = "Data and results")]
    #[arg(short_alias = 'o', aliases = ["output", "output-dir", "out-dir"])]
    pub out: Option<PathBuf>,
    /// Write into --out even if it is not empty, replacing an earlier run's files
    #[arg(long, help_heading = "Data and results")]
    pub force: bool,
    /// Go on with the run in this folder where it stopped, with its options: whatever else is given must agree with them
    #[arg(long, value_name = "DIR", help_heading = "Data and results", alias = "continue")]
    pub resume: Option<PathBuf>,
    /// Go on with --resume on another device than before; the results may then differ in their last bits, and say so
    #[arg(long, requires = "resume", help_heading = "Data and results")]
    pub any_device: bool,
    /// Write a checkpoint every so many seconds, beside that after every epoch
    #[arg(long, value_name = "SECONDS", value_parser = value::seconds, help_heading = "Data and results")]
    #[arg(allow_negative_numbers = true)]
    pub checkpoint_seconds: Option<f64>,
    /// Write no checkpoints: --resume then begins models anew that are not finished
    #[arg(long, conflicts_with = "checkpoint_seconds", help_heading = "Data and results")]
    pub no_checkpoints: bool,
    /// Write no report.html
    #[arg(long, help_heading = "Data and results")]
    pub no_report: bool,
    /// Long names of the options that were given.
    #[arg(skip)]
    pub given: Vec<String>,
    /// Whether models are asked all that a study asks.
    #[arg(skip)]
    pub study: bool,

    /// What is drawn.
    #[command(flatten)]
    pub figures: FigureArgs,

    /// Print one JSON object a line on stdout instead of the table
    #[arg(long, help_heading = "On the terminal")]
    pub json: bool,
    /// No progress, no notices
    #[arg(short, long, conflicts_with = "verbose", help_heading = "On the terminal")]
    pub quiet: bool,
    /// Log more to stderr; twice for wgpu's own log
    #[arg(short, long, action = ArgAction::Count, help_heading = "On the terminal")]
    pub verbose: u8,
}

/// Options of `describe`.
#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// Which networks.
    #[command(flatten)]
    pub grid: GridArgs,
    /// Image height and width
    #[arg(long, value_name = "HxW", default_value = "28x28", value_parser = value::image_size, alias = "image-size")]
    pub image: [usize; 2],
    /// Classes
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = value::classes, alias = "num-classes")]
    #[arg(allow_negative_numbers = true)]
    pub classes: usize,
}

/// Options of `parity`.
#[derive(Debug, Args)]
pub(crate) struct ParityArgs {
    /// The GPU adapter, by a part of its name or its number in `stridelab devices`
    #[arg(long, value_name = "NAME|INDEX", value_parser = Text::new())]
    pub adapter: Option<String>,
    /// Choices that depend on the adapter and change no result: as measured before, and measured at the first use of a
    /// real GPU (auto); measured now (measure); by what the adapter says of itself (default); or those of a FILE that
    /// `stridelab tune --out` wrote
    #[arg(long, value_name = "auto|measure|default|FILE", default_value = "auto")]
    pub tuning: TuningChoice,
    /// Seed of the random inputs
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = value::seed, allow_negative_numbers = true)]
    pub seed: u64,
}

impl TrainArgs {
    /// The seeds to train, one replica each.
    pub(crate) fn seeds(&self) -> Vec<u64> {
        self.seeds.as_ref().map_or_else(|| vec![self.seed], |seeds| seeds.0.clone())
    }
}
