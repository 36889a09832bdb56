//! What stride and padding do to a CNN: one small network on MNIST, trained with stride 1 or 2 and
//! `same` or `valid` padding, on any GPU through wgpu compute shaders or on the CPU.
//!
//! This is the library under the command `stridelab`; the README says how to use the command.
//!
//! # The one idea
//!
//! **A network is compiled once into a plan, and a backend runs the plan.** A [`plan`] is a list of
//! buffers and a list of operations over them, with every shape worked out; nothing is allocated, looked
//! up or decided while training. The CPU and the GPU run the same plan, so every operation
//! has a twin to be checked against, and one training loop serves both.
//!
//! ```text
//! data ──► order of samples ─────────────┐
//!                                        ▼
//! model ───────────────► plan ──────► backend ──► train ──► study ──► (the command) ──► store
//! (geometry,         (buffers,        ├─ cpu     (epochs)   (models ×      │          (a run's
//!  configuration,     operations)     └─ gpu                 seeds)        ▼           directory)
//!  network)               ▲               ▲                             record             │
//!                        ops        shaders/*.wgsl                         │               │
//!                   (equations)                                            ▼               │
//!                                                    report ◄── analysis ◄── record ◄──────┘
//!                                              (tables, figures, page)
//! ```
//!
//! Arrows point one way: [`ops`] know no backend and no shader, [`study`] knows neither which backend runs nor what
//! a file is, [`analysis`] and [`report`] read records and never train, and no shape formula stands outside
//! [`model::geometry`]. A test holds the imports of every file to this.
//!
//! # Where to start reading
//!
//! 1. [`model::geometry`]: what a stride and a padding make of an image's size.
//! 2. [`model::network`]: the network as a list of layers; [`model::Configuration`] is what an experiment varies,
//!    [`model::ModelId`] the name of a trained model.
//! 3. [`ops`]: each operation's equations. It has one name everywhere: `src/ops/conv2d.rs` says
//!    what is computed, `src/cpu/conv2d.rs` computes it in plain loops, `shaders/plain/conv2d.wgsl` on a
//!    GPU (`conv2d_naive.wgsl` beside it is the one to read first), `src/gpu/kernels/conv2d.rs` says how it is
//!    dispatched, `src/eager/conv2d.rs` offers it to callers, and `tests/operators/conv2d.rs` holds all of it to
//!    outside values.
//! 4. [`plan`]: how the layers become operations, forward and backward.
//! 5. [`train`]: the loop that runs them; [`study`] repeats it over configurations and seeds.
//!
//! [`reference`](mod@reference) has every operator once more, in `f64`, as the judge of both
//! backends; [`parity`] holds a backend to it, and [`bench`](mod@bench) times what was held to the
//! CPU. [`model::init`], [`random`] and [`data`] make the same run from the same seed everywhere.
//!
//! # Where to change what
//!
//! | to change | open |
//! |---|---|
//! | a stride's or a padding's arithmetic | `src/model/geometry/mod.rs`; how strides are written: `src/model/strides.rs` |
//! | what a configuration can vary, and its names | `src/model/configuration.rs`, `src/model/choices.rs`; the columns of CSV files: `src/record/columns.rs`; options: `src/bin/stridelab/args/grid.rs`; `--grid` files: `src/store/grid_file.rs` |
//! | which layers a network has | `src/model/network.rs`; their operations: `src/plan/build.rs` and `backward.rs` |
//! | what a shader computes | `shaders/plain/<operation>.wgsl`; its constants and grid: `src/gpu/kernels/<operation>.rs` |
//! | a faster kernel in place of several operations | `shaders/fused/`, `src/gpu/fused/`, `src/cpu/fused/` |
//! | a choice that depends on the adapter | `src/gpu/tuning` |
//! | a column of `metrics.csv` | `src/record/epoch.rs`, filled in `src/bin/stridelab/commands/train/rows.rs` |
//! | a column of `cost.csv` | `src/record/cost.rs`, `src/store/bench_writer.rs` |
//! | what a checkpoint holds | `src/train/snapshot.rs`, `src/record/checkpoint.rs`; its file: `src/store/checkpoint.rs` |
//! | which files a run has, and their names | `src/store/` |
//! | a figure | `src/report/figure/`, one file each (`cost.png` is `step_time.rs`); what figures are made of: `src/report/figure/marks/` |
//! | what the records of a study answer | `src/analysis/`; the rows of its tables: `src/record/answers/`, its figures: `src/report/figure/study/` |
//! | how a picture becomes an image like MNIST's | `src/data/photo/`; how PNG and JPEG are read: `src/data/picture.rs` |
//! | a table on the terminal | `src/report/text/` |
//! | the page | what is in it: `src/report/page/`; how it looks and moves: `assets/web/`; its tests: `tests/page/` |
//! | a flag | `src/bin/stridelab/args/`; what it does: `src/bin/stridelab/commands/` |
//! | how an error is worded | the library: where it arises; the command: `src/bin/stridelab/errors.rs` |
//!
//! # One operator
//!
//! Every operator is a function on plain slices; see [`eager`].
//!
//! ```
//! use stridelab::backend::Backend;
//! use stridelab::model::geometry::{ConvShape, Padding};
//! use stridelab::eager::conv2d;
//!
//! # fn main() -> stridelab::Result<()> {
//! // One image of 4×4 ones, a 3×3 kernel of ones, stride 2. TensorFlow's `same` pads the end only.
//! let shape = ConvShape::new([4, 4], 1, 1, [3, 3], [2, 2], Padding::Same)?;
//! assert_eq!((shape.pads.top, shape.pads.bottom), (0, 1));
//!
//! let y = pollster::block_on(conv2d(&Backend::Cpu, &shape, 1, &[1.0; 16], &[1.0; 9]))?;
//! assert_eq!(y, [9.0, 6.0, 6.0, 4.0]);
//! # Ok(())
//! # }
//! ```
//!
//! `Backend::gpu(None, false)` in place of `Backend::Cpu` runs the same on the best GPU.
//!
//! # One training
//!
//! ```
//! use stridelab::backend::Backend;
//! use stridelab::data::{Dataset, Split};
//! use stridelab::model::{Configuration, Network};
//! use stridelab::train::{TrainOptions, Trainer};
//!
//! # fn main() -> stridelab::Result<()> {
//! // Twenty images of 12×12 pixels; in an image of class k, row k is white.
//! let pixel = |i: usize| if i / 12 % 12 == i / 144 % 10 { 255 } else { 0 };
//! let split = || Split {
//!     images: (0..20 * 144).map(pixel).collect(),
//!     labels: (0..20).map(|i| i % 10).collect(),
//!     count: 20,
//!     height: 12,
//!     width: 12,
//! };
//! let data = Dataset { train: split(), test: split(), name: "rows".into(), sha256: Default::default() };
//!
//! let network = Network::new([12, 12], Configuration::TUTORIAL[1])?; // stride 2, same
//! let options = TrainOptions { batch_size: 10, learning_rate: 1e-2, ..TrainOptions::default() };
//! pollster::block_on(async {
//!     let mut trainer = Trainer::new(&Backend::Cpu, &network, &data, &options, None).await?;
//!     let first = trainer.epoch(&mut |_| true).await?[0].train_loss;
//!     for _ in 0..8 {
//!         trainer.epoch(&mut |_| true).await?;
//!     }
//!     let last = trainer.epoch(&mut |_| true).await?[0].train_loss;
//!     assert!(last < first / 2.0, "{first} → {last}");
//!     Ok(())
//! })
//! # }
//! ```
//!
//! # Features
//!
//! - `cli`: the command, a run's directory and figures ([`store`], [`report`]).
//! - `files`: a file system: data sets and weights from files, compiled GPU pipelines kept between processes
//!   ([`gpu::Gpu::use_cache`]).
//! - `parallel`: the CPU backend on all cores; without it on one, with the same bits as result.
//! - `embedded-data`: MNIST inside the binary ([`data::Dataset::embedded`]).
//!
//! These are on by default. A browser takes none of them, and the feature `web` instead.

pub mod analysis;
pub mod backend;
pub mod bench;
pub mod cpu;
pub mod data;
pub mod eager;
pub mod error;
#[cfg(feature = "files")]
pub mod files;
mod formats;
pub mod gpu;
pub mod memory;
pub mod model;
pub mod ops;
pub mod parity;
pub mod plan;
pub mod random;
pub mod record;
pub mod reference;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(feature = "cli")]
pub mod store;
pub mod study;
pub mod train;
#[cfg(feature = "files")]
mod way_out;

pub use error::{Error, Result};

#[cfg(test)]
mod house;
