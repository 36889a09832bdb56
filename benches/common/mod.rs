//! What the benchmarks share: arguments, a training made ready, the clock.

use std::time::{Duration, Instant};

use pollster::block_on;
use stridelab::Result;
use stridelab::backend::{Backend, Executor};
use stridelab::data::{Dataset, order};
use stridelab::model::Network;
use stridelab::model::init;
use stridelab::plan::{BufferId, Plan, TrainingPlan, View};

/// Rows of a training step, the tutorial's.
pub const BATCH: usize = 64;

/// A sample of the clock lasts at least this long, so that submitting and waiting do not show.
const SAMPLE: Duration = Duration::from_millis(40);
/// Samples of a median.
const SAMPLES: usize = 9;

/// What the command line asks for.
pub struct Arguments {
    /// Whether to time. `cargo bench` says so with `--bench`; `cargo test` runs the checks alone.
    pub timed: bool,
    filters: Vec<String>,
}

impl Arguments {
    pub fn read() -> Self {
        let (flags, filters): (Vec<_>, Vec<_>) = std::env::args().skip(1).partition(|a| a.starts_with('-'));
        Arguments { timed: flags.iter().any(|flag| flag == "--bench"), filters }
    }

    /// Whether a row is wanted: every filter is a part of its name.
    pub fn want(&self, row: &str) -> bool {
        !self.timed || self.filters.iter().all(|filter| row.contains(filter.as_str()))
    }
}

/// The GPU; without one the benchmarks time the CPU alone, and the checks fail.
pub fn gpu(arguments: &Arguments) -> Option<Backend> {
    match block_on(Backend::gpu(None, false)) {
        Ok(backend) => {
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

/// MNIST's first training samples, and as many test samples as a plan needs.
pub fn mnist(samples: usize) -> Result<Dataset> {
    let mut data = Dataset::embedded()?;
    data.limit(samples)?;
    let test = &mut data.test;
    test.count = BATCH;
    test.images.truncate(BATCH * test.height * test.width);
    test.labels.truncate(BATCH);
    Ok(data)
}

/// Allocates `plan`, which has `training`'s buffers, and uploads samples in file order and the
/// initial weights of seed 0.
pub fn prepare(
    backend: &Backend,
    plan: &Plan,
    training: &TrainingPlan,
    network: &Network,
    data: &Dataset,
) -> Result<Executor> {
    let mut executor = block_on(backend.prepare(plan))?;
    let whole = |buffer: BufferId| View { buffer, offset: 0, len: plan.buffers[buffer.0].len };
    let labels: Vec<u32> = data.train.labels.iter().map(|&label| u32::from(label)).collect();
    executor.write(whole(training.train.images), 0, &data.train.images)?;
    executor.write(whole(training.train.labels), 0, &labels)?;
    executor.write(whole(training.train.order), 0, &order(0, 1, data.train.count, false))?;
    for tensor in init::parameters(network, 0) {
        executor.write(plan.parameter(&tensor.name, training.state.parameters), 0, &tensor.data)?;
    }
    Ok(executor)
}

/// Seconds of one step.
#[derive(Clone, Copy)]
pub struct Timing {
    pub median: f64,
    /// Between the first and the third quartile.
    pub spread: f64,
}

impl Timing {
    /// Floating-point operations a second, in 10⁹; a multiply-add is two.
    pub fn gflops(&self, macs: u64) -> f64 {
        2e-9 * macs as f64 / self.median
    }
}

/// Times `run(n)`, which takes `n` steps and waits for them, `n` at most `max`.
pub fn time(max: usize, mut run: impl FnMut(usize) -> Result<()>) -> Result<Timing> {
    let mut sample = |n: usize| {
        let start = Instant::now();
        run(n).map(|()| start.elapsed())
    };
    // Doubling warms up as well.
    let mut n = 1;
    while sample(n)? < SAMPLE && n < max {
        n = (2 * n).min(max);
    }
    let mut seconds = (0..SAMPLES).map(|_| Ok(sample(n)?.as_secs_f64() / n as f64)).collect::<Result<Vec<_>>>()?;
    seconds.sort_by(f64::total_cmp);
    let spread = seconds[SAMPLES - 1 - SAMPLES / 4] - seconds[SAMPLES / 4];
    Ok(Timing { median: seconds[SAMPLES / 2], spread })
}
