//! The time of a whole training step of each network, as training runs it: gather, forward, loss, backward, Adam.
//!
//! Before the GPU is timed, the losses of ten training steps there are compared with the CPU's.
//! `cargo bench --bench train_step -- stride2 cpu` takes the rows that contain both words, and `--kernels` times
//! each kernel of a step alone instead. STRIDELAB_TUNING replaces choices of the tuning, as in the command.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

mod common;

use common::{Arguments, BATCH, gpu, mnist, prepare, time};
use pollster::block_on;
use stridelab::Result;
use stridelab::backend::{Backend, Executor};
use stridelab::model::{Configuration, Network};
use stridelab::ops::Op;
use stridelab::ops::adam::AdamParameters;
use stridelab::parity::{self, STEPS};
use stridelab::plan::{ProgramId, StepRecord, TrainingPlan};
use stridelab::train::TrainOptions;

/// Most steps of one sample of the clock.
const EPOCH: usize = 200;

/// Dispatches of a kernel that is timed alone.
const REPEATS: usize = 200;

/// What each kernel of a step takes when it runs alone, by the device's clock.
fn print_kernels(executor: &mut Executor, step: ProgramId, row: &str) -> Result<()> {
    let Executor::Gpu(executor) = executor else { return Ok(()) };
    let Some(kernels) = block_on(executor.time_kernels(step, REPEATS))? else {
        println!("{row}: the device has no clock");
        return Ok(());
    };
    let total: f64 = kernels.iter().map(|kernel| kernel.seconds).sum();
    println!("\n{row}: {:.1} us in {} kernels, each alone", 1e6 * total, kernels.len());
    for kernel in kernels {
        println!("  {:<42} {:>9.2} us {:>5.1} %", kernel.name, 1e6 * kernel.seconds, 100.0 * kernel.seconds / total);
    }
    Ok(())
}

fn main() -> Result<()> {
    let arguments = Arguments::read();
    let kernels = std::env::args().any(|argument| argument == "--kernels");
    let gpu = gpu(&arguments);
    let configurations = if arguments.timed { &Configuration::TUTORIAL[..] } else { &Configuration::TUTORIAL[1..2] };
    let data = mnist(BATCH * if arguments.timed { EPOCH } else { STEPS })?;
    if arguments.timed && !kernels {
        println!(
            "\n{:<16} {:<4} {:>10} {:>10} {:>12} {:>8}",
            "network", "", "ms a step", "IQR", "images a s", "GFLOP/s"
        );
    }
    for configuration in configurations {
        let network = Network::new([data.train.height, data.train.width], *configuration)?;
        for backend in std::iter::once(&Backend::Cpu).chain(&gpu) {
            let row = format!("{} {}", configuration.slug(), backend.name());
            if !arguments.want(&row) {
                continue;
            }
            if let Backend::Gpu(_) = backend {
                let errors = block_on(parity::steps(backend, &data, *configuration, 0))?;
                let failed: Vec<_> = errors.iter().filter(|error| !error.holds()).collect();
                assert!(failed.is_empty(), "{row} does not compute what the CPU does: {failed:?}");
                if !arguments.timed {
                    let worst = errors.iter().map(|error| error.error).fold(0.0, f64::max);
                    println!("{row}: training steps are within {worst:.0e} of the CPU's");
                }
            }
            if !arguments.timed {
                continue;
            }
            let options = TrainOptions { batch_size: BATCH, ..TrainOptions::default() };
            let training = TrainingPlan::new(&network, &options.plan_options(backend, &data))?;
            let mut executor = prepare(backend, &training.plan, &training, &network, &data)?;
            let adam = AdamParameters::default();
            let records: Vec<_> = (0..EPOCH)
                .map(|step| StepRecord {
                    start: (step * BATCH) as u32,
                    n: BATCH as u32,
                    alpha: adam.alpha(options.learning_rate, step as u32 + 1),
                    out: (step * BATCH) as u32,
                })
                .collect();
            executor.set_records(training.train_step, &records)?;
            if kernels {
                print_kernels(&mut executor, training.train_step, &row)?;
                continue;
            }
            let timing = time(&mut executor, training.train_step, EPOCH)?;
            let macs: u64 = training.plan.programs[training.train_step.0].ops.iter().map(Op::macs).sum();
            println!(
                "{:<16} {:<4} {:>10.3} {:>10.3} {:>12.0} {:>8.1}",
                configuration.slug(),
                backend.name(),
                1e3 * timing.median,
                1e3 * timing.interquartile_range,
                BATCH as f64 / timing.median,
                timing.gflops(macs)
            );
        }
    }
    Ok(())
}
