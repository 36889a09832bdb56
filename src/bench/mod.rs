//! What a stride costs: arithmetic, memory and time of every layer of every network.
//!
//! Each network is first held to the plain operations of the CPU, then its layers' passes are timed
//! alone, as programs of their own over what a training step left in memory, then whole steps (the
//! `network` rows). A layer here is a convolution with its bias, ReLU and pool, a dense layer with its
//! bias and ReLU, and the last one with the loss.
//!
//! A part is timed with the kernels that run when its layer stands alone; whole steps are what training
//! runs. These differ where a backend replaces operations of several layers together: a GPU computes the
//! two dense layers and the loss in one kernel, forward and backward, and may add both convolutions'
//! partial sums in Adam's. So the parts need not add up to the whole, nor for another reason: alone, a
//! part finds its inputs in the caches, and no other part beside it to hide behind.

mod check;
pub mod clock;
mod measure;
mod parts;
mod peak;

use crate::record::{InferenceRow, LeftOutNetwork, Measurement};
pub use check::check;
pub use peak::peak;

use crate::backend::Backend;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::model::{Configuration, LeftOut, Possible, possible};
use crate::parity::LOSS;
use measure::{NetworkAtBatch, Work};

/// What to measure, and how well.
#[derive(Debug, Clone, PartialEq)]
pub struct BenchOptions {
    /// Networks, in order.
    pub configurations: Vec<Configuration>,
    /// Samples a step; every network is measured at each.
    pub batch_sizes: Vec<usize>,
    /// Whether the backend may replace runs of operations by faster ones of its own.
    pub fuse: bool,
    /// Samples of the clock that a median is taken of.
    pub samples: usize,
    /// Seconds that a sample lasts at least, so that starting and waiting do not show.
    pub sample_seconds: f64,
    /// Largest difference of a step's loss from the plain CPU's.
    pub allowed: f64,
}

/// The tutorial's networks at its batch size.
impl Default for BenchOptions {
    fn default() -> Self {
        BenchOptions {
            configurations: Configuration::TUTORIAL.to_vec(),
            batch_sizes: vec![64],
            fuse: true,
            samples: 9,
            sample_seconds: 0.04,
            allowed: LOSS,
        }
    }
}

/// What will be measured: every network at every batch size of which there is a plan.
pub struct Bench {
    options: BenchOptions,
    work: Vec<Work>,
    /// What cannot be measured, and why.
    pub left_out: Vec<LeftOut>,
}

impl Bench {
    /// Makes every network and its plan, before anything is measured, and leaves out those that cannot be made.
    ///
    /// # Errors
    /// [`Error::Usage`] for a batch size that the data does not have, and where no network remains.
    pub fn new(backend: &Backend, data: &Dataset, options: &BenchOptions) -> Result<Self> {
        let most = data.train.count;
        if let Some(batch) = options.batch_sizes.iter().find(|batch| !(1..=most).contains(*batch)) {
            let error = Error::usage(format!("a batch of {batch} is asked for"));
            return Err(error.advice(format!("choose from 1 to {most} samples")));
        }
        let of = |&batch: &usize| {
            options.configurations.iter().map(move |&configuration| NetworkAtBatch { configuration, batch })
        };
        let networks = options.batch_sizes.iter().flat_map(of);
        let Possible { made: work, left_out } =
            possible(networks, |&network| Work::new(backend, data, network, options))?;
        if work.is_empty() || options.samples == 0 {
            let error = Error::usage("there is nothing to measure");
            return Err(error.advice("give a network, a batch size and a sample"));
        }
        Ok(Bench { options: options.clone(), work, left_out })
    }

    /// Measures inference alone: every network at every batch size.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub async fn inference(&self, backend: &Backend) -> Result<Vec<InferenceRow>> {
        let mut rows = Vec::new();
        for work in &self.work {
            rows.push(work.inference(backend, &self.options).await?);
        }
        Ok(rows)
    }

    /// Bytes of the largest plans that are there at once: the backend's, and the plain CPU's that it is held to.
    pub fn bytes(&self) -> u64 {
        self.work.iter().map(|work| 2 * work.bytes).max().unwrap_or_default()
    }

    /// Leaves out those networks for whose bytes, as [`Bench::bytes`] counts them, `fits` finds no memory.
    ///
    /// # Errors
    /// The first of these refusals where no network remains.
    pub fn leave_out(&mut self, mut fits: impl FnMut(Configuration, u64) -> Result<()>) -> Result<()> {
        let mut fitting = Vec::new();
        for work in std::mem::take(&mut self.work) {
            match fits(work.configuration(), 2 * work.bytes) {
                Ok(()) => fitting.push(work),
                Err(error) => self.left_out.push(LeftOut { network: work.to_string(), error }),
            }
        }
        self.work = fitting;
        match self.left_out.last() {
            Some(LeftOut { network, error }) if self.work.is_empty() => Err(error.clone().at(network)),
            _ => Ok(()),
        }
    }

    /// Checks and measures. `progress` hears what is about to happen.
    ///
    /// # Errors
    /// [`Error::Check`] where a network computes something else than the plain CPU; [`Error::Failure`] where the
    /// backend fails.
    pub async fn run(&self, backend: &Backend, progress: &mut dyn FnMut(&str)) -> Result<Measurement> {
        let options = &self.options;
        let left_out = self.left_out.iter().map(LeftOutNetwork::from).collect();
        let (fused, samples) = (options.fuse, options.samples);
        let mut bench = Measurement { fused, samples, left_out, ..Measurement::default() };
        for work in &self.work {
            progress(&format!("{work}: checking against the plain CPU"));
            let difference = work.check(backend, options.allowed).await?;
            progress(&format!("{work}: measuring"));
            // A bound gets better with every look at it.
            bench.peak_gflops = bench.peak_gflops.max(peak(backend, options).await?);
            let network = work.measure(backend, options, difference).await?;
            bench.device_clock = network.device_clock;
            bench.networks.push(network);
        }
        bench.finish();
        Ok(bench)
    }
}

/// [`Bench::new`] and [`Bench::run`].
///
/// # Errors
/// As there.
pub async fn run(
    backend: &Backend,
    data: &Dataset,
    options: &BenchOptions,
    progress: &mut dyn FnMut(&str),
) -> Result<Measurement> {
    Bench::new(backend, data, options)?.run(backend, progress).await
}
