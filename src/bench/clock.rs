//! Samples of the clock.
//!
//! A sample is the time of several steps. Their number is doubled until a sample lasts
//! [`BenchOptions::sample_seconds`], so that the cost of starting and of waiting for the device does not show. The
//! doubling also warms up caches and clocks.

use std::ops::AsyncFnMut;

use web_time::Instant;

use super::BenchOptions;
use crate::backend::Executor;
use crate::error::Result;
use crate::plan::ProgramId;

/// How many steps a sample takes, at most `most`. `run(n)` takes `n` steps and returns their seconds.
async fn steps(options: &BenchOptions, most: usize, run: &mut impl AsyncFnMut(usize) -> Result<f64>) -> Result<usize> {
    // A driver may compile a kernel when it first runs.
    run(1).await?;
    let mut n = 1;
    while run(n).await? < options.sample_seconds && n < most {
        n = (2 * n).min(most);
    }
    Ok(n)
}

/// Takes [`BenchOptions::samples`] samples and returns the seconds of one step in each. `run(n)` takes `n` steps, at
/// most `most`, waits for them and returns their seconds.
///
/// # Errors
/// What `run` fails at.
pub async fn sample(
    options: &BenchOptions,
    most: usize,
    mut run: impl AsyncFnMut(usize) -> Result<f64>,
) -> Result<Vec<f64>> {
    let n = steps(options, most, &mut run).await?;
    let mut samples = Vec::new();
    for _ in 0..options.samples {
        samples.push(run(n).await? / n as f64);
    }
    Ok(samples)
}

/// A program to be timed. Its step records must be set for as many steps as a sample may take.
pub(super) struct Timed {
    pub program: ProgramId,
    /// Whether the host's clock is read even where the device has its own.
    pub host: bool,
}

/// The seconds of one step of each program in each sample. The programs take their samples in turn, so that
/// whatever else the machine does meanwhile slows all of them alike.
///
/// # Errors
/// What the backend fails at.
pub(super) async fn sample_in_turn(
    options: &BenchOptions,
    most: usize,
    executor: &mut Executor,
    programs: &[Timed],
) -> Result<Vec<Vec<f64>>> {
    let mut counts = Vec::new();
    for timed in programs {
        counts.push(steps(options, most, &mut async |n| timed.run(executor, n).await).await?);
    }
    let mut samples = vec![Vec::new(); programs.len()];
    for _ in 0..options.samples {
        for ((timed, &n), samples) in programs.iter().zip(&counts).zip(&mut samples) {
            samples.push(timed.run(executor, n).await? / n as f64);
        }
    }
    Ok(samples)
}

impl Timed {
    async fn run(&self, executor: &mut Executor, steps: usize) -> Result<f64> {
        if !self.host {
            return executor.time(self.program, 0..steps).await;
        }
        let start = Instant::now();
        executor.run(self.program, 0..steps, &mut |_| true).await?;
        Ok(start.elapsed().as_secs_f64())
    }
}
