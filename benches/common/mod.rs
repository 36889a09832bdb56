//! What the benchmarks share: arguments, a plan made ready to train, the clock.

use std::time::Instant;

use pollster::block_on;
use stridelab::Result;
use stridelab::backend::{Backend, Executor};
use stridelab::bench::{BenchOptions, clock};
use stridelab::data::{Dataset, order};
use stridelab::model::Network;
use stridelab::model::init;
use stridelab::plan::{Plan, ProgramId, TrainingPlan};

/// Samples of a training step, as in the tutorial.
pub(crate) const BATCH: usize = 64;

/// The command line.
pub(crate) struct Arguments {
    /// Whether to time. `cargo bench` passes `--bench`; under `cargo test` the benchmarks only check.
    pub timed: bool,
    filters: Vec<String>,
}

impl Arguments {
    pub(crate) fn read() -> Self {
        let (flags, filters): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|a| a.starts_with('-'));
        Arguments { timed: flags.iter().any(|flag| flag == "--bench"), filters }
    }

    /// Whether a row is wanted: its name contains every filter. Under `cargo test` all are.
    pub(crate) fn want(&self, row: &str) -> bool {
        !self.timed || self.filters.iter().all(|filter| row.contains(filter.as_str()))
    }
}

/// The best GPU. Without one, the benchmarks time the CPU alone, and the checks under `cargo test` panic.
pub(crate) fn gpu(arguments: &Arguments) -> Option<Backend> {
    match block_on(stridelab::gpu::open(None, false)) {
        Ok(mut gpu) => {
            let choices = std::env::var("STRIDELAB_TUNING").unwrap_or_default();
            for (name, value) in choices.split(',').filter_map(|choice| choice.split_once('=')) {
                gpu.tuning_mut().set(name.trim(), value.trim()).expect("STRIDELAB_TUNING");
            }
            let backend = Backend::Gpu(std::sync::Arc::new(gpu));
            if let Backend::Gpu(gpu) = &backend {
                let kind = if stridelab::gpu::is_real(&gpu.info) { "" } else { ", a software adapter" };
                println!("GPU: {} ({:?}){kind}", gpu.info.name, gpu.info.backend);
            }
            Some(backend)
        }
        Err(error) if arguments.timed => {
            println!("the CPU alone: {error}");
            None
        }
        Err(error) => panic!("no adapter to check on ({error}): run tests/run.sh, which sets up a software one"),
    }
}

/// The first `samples` training samples of MNIST, and one batch of its test samples.
pub(crate) fn mnist(samples: usize) -> Result<Dataset> {
    let mut data = Dataset::embedded()?;
    data.limit(samples)?;
    let test = &mut data.test;
    test.count = BATCH;
    test.images.truncate(BATCH * test.height * test.width);
    test.labels.truncate(BATCH);
    Ok(data)
}

/// Allocates the buffers of `plan`, which are those of `training`, and uploads the training samples, their order
/// in the file, and the initial weights of seed 0.
pub(crate) fn prepare(
    backend: &Backend,
    plan: &Plan,
    training: &TrainingPlan,
    network: &Network,
    data: &Dataset,
) -> Result<Executor> {
    let mut executor = block_on(backend.prepare(plan))?;
    let labels: Vec<u32> = data.train.labels.iter().map(|&label| u32::from(label)).collect();
    executor.write(plan.whole(training.train.images), 0, &data.train.images)?;
    executor.write(plan.whole(training.train.labels), 0, &labels)?;
    executor.write(plan.whole(training.train.order), 0, &order(0, 1, data.train.count, false))?;
    for tensor in init::parameters(network, 0) {
        executor.write(plan.parameter(&tensor.name, training.state.parameters), 0, &tensor.data)?;
    }
    Ok(executor)
}

/// Seconds of one step.
#[derive(Clone, Copy)]
pub(crate) struct Timing {
    pub median: f64,
    /// Between the first and the third quartile.
    pub interquartile_range: f64,
}

impl Timing {
    /// 10⁹ floating-point operations a second; a multiply-add is two.
    pub(crate) fn gflops(&self, macs: u64) -> f64 {
        2e-9 * macs as f64 / self.median
    }
}

/// Times a program's steps by the host's clock. Its step records must be set for `most` steps.
pub(crate) fn time(executor: &mut Executor, program: ProgramId, most: usize) -> Result<Timing> {
    let mut seconds = block_on(clock::sample(&BenchOptions::default(), most, async |n| {
        let start = Instant::now();
        executor.run(program, 0..n, &mut |_| true).await?;
        Ok(start.elapsed().as_secs_f64())
    }))?;
    seconds.sort_by(f64::total_cmp);
    let quarter = seconds.len() / 4;
    let interquartile_range = seconds[seconds.len() - 1 - quarter] - seconds[quarter];
    Ok(Timing { median: seconds[seconds.len() / 2], interquartile_range })
}
