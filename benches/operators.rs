//! The time of every plain operation of a training step, at the sizes of the four networks, on the CPU and on
//! the GPU.
//!
//! Before it is timed, each operation runs on both from the same inputs, and the GPU's outputs are compared with
//! the CPU's. The inputs are those of a real training step, so that gradients hold as many zeros as a max pool
//! leaves. `cargo bench --bench operators -- stride2-valid conv2d` takes the rows that contain both words.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

mod common;

use common::{Arguments, BATCH, Timing, gpu, mnist, prepare, time};
use pollster::block_on;
use stridelab::Result;
use stridelab::backend::{Backend, Executor};
use stridelab::model::{Configuration, Network};
use stridelab::ops::adam::AdamParameters;
use stridelab::ops::{Access, Op, Operand};
use stridelab::parity::norm_relative;
use stridelab::plan::{Element, Plan, Program, ProgramId, StepRecord, TrainingPlan, View};
use stridelab::train::TrainOptions;

/// Most steps of one sample of the clock.
const STEPS: usize = 1000;

/// Largest norm-relative difference of the GPU's outputs from the CPU's. A wrong kernel differs by far more; the
/// tests have tighter bounds for each operation.
const BOUND: f64 = 2e-5;

fn main() -> Result<()> {
    let arguments = Arguments::read();
    let gpu = gpu(&arguments);
    let configurations = if arguments.timed { &Configuration::TUTORIAL[..] } else { &Configuration::TUTORIAL[1..2] };
    for configuration in configurations {
        operations(configuration, gpu.as_ref(), &arguments)?;
    }
    Ok(())
}

/// Checks and times the operations of one network.
fn operations(configuration: &Configuration, gpu: Option<&Backend>, arguments: &Arguments) -> Result<()> {
    let batch = if arguments.timed { BATCH } else { 5 };
    let data = mnist(batch)?;
    let network = Network::new([data.train.height, data.train.width], *configuration)?;
    let options = TrainOptions { batch_size: batch, ..TrainOptions::default() };
    let training = TrainingPlan::new(&network, &options.plan_options(gpu.unwrap_or(&Backend::Cpu), &data))?;

    // The whole step is program 0; each of its operations is also a program of its own.
    let mut plan = training.plan.clone();
    let step = plan.programs.swap_remove(training.train_step.0);
    let ops = step.ops.clone();
    plan.programs = vec![step];
    let alone = |&op: &Op| Program {
        name: "operation",
        capacity: batch,
        max_steps: STEPS,
        ops: vec![op],
        readable: true,
        activations: Vec::new(),
    };
    let slug = configuration.slug();
    let mut rows: Vec<_> = ops.iter().map(|op| (op, name(op, &plan), plan.program(alone(op)))).collect();
    rows.retain(|(_, name, _)| arguments.want(&format!("{slug} {name}")));
    if rows.is_empty() {
        return Ok(());
    }
    let record = StepRecord {
        start: 0,
        n: batch as u32,
        alpha: AdamParameters::default().alpha(options.learning_rate, 1),
        out: 0,
    };

    let mut cpu = prepare(&Backend::Cpu, &plan, &training, &network, &data)?;
    cpu.set_records(ProgramId(0), &[record])?;
    block_on(cpu.run(ProgramId(0), 0..1, &mut |_| true))?;
    // The GPU copies its inputs from the CPU and need not run the whole step.
    plan.programs[0].ops.clear();
    let mut gpu = gpu.map(|gpu| block_on(gpu.prepare(&plan))).transpose()?;

    if arguments.timed {
        println!("\n{configuration}, batch {batch}");
        println!(
            "{:<48} {:>7} {:>10} {:>8} {:>8} {:>10} {:>8} {:>8}",
            "operation", "MMAC", "CPU µs", "IQR", "GFLOP/s", "GPU µs", "IQR", "GFLOP/s"
        );
    } else {
        println!("{configuration}, batch {batch}: checking {} operations", rows.len());
    }
    for (op, name, program) in rows {
        let tensors = op.operands();
        let before = contents(&cpu, &tensors)?;
        if let Some(gpu) = &mut gpu {
            for executor in [&mut cpu, &mut *gpu] {
                restore(executor, &tensors, &before)?;
                poison(executor, op, &plan)?;
                once(executor, program, &record)?;
            }
            for tensor in &tensors {
                check(&format!("{configuration}, {name}, {}", tensor.name), &plan, tensor.view, &cpu, gpu)?;
            }
        }
        if !arguments.timed {
            continue;
        }
        let mut columns = String::new();
        for executor in std::iter::once(&mut cpu).chain(&mut gpu) {
            restore(executor, &tensors, &before)?;
            executor.set_records(program, &[record; STEPS])?;
            columns += &cells(time(executor, program, STEPS)?, op.macs());
        }
        // Timing changed what operations in place write; the next operation reads what the step left.
        restore(&mut cpu, &tensors, &before)?;
        println!("{name:<48} {:>7.1}{columns}", op.macs() as f64 / 1e6);
    }
    Ok(())
}

/// Runs one step of a program.
fn once(executor: &mut Executor, program: ProgramId, record: &StepRecord) -> Result<()> {
    executor.set_records(program, &[*record])?;
    block_on(executor.run(program, 0..1, &mut |_| true))
}

/// The contents of an operation's tensors.
fn contents(executor: &Executor, tensors: &[Operand]) -> Result<Vec<Vec<u8>>> {
    tensors.iter().map(|tensor| block_on(executor.read(tensor.view, 0))).collect()
}

/// Writes the contents of an operation's tensors back.
fn restore(executor: &mut Executor, tensors: &[Operand], contents: &[Vec<u8>]) -> Result<()> {
    tensors.iter().zip(contents).try_for_each(|(tensor, bytes)| executor.write(tensor.view, 0, bytes))
}

/// Fills the outputs that an operation does not also read with NaN, or with the largest integer, so that the
/// check finds elements that a kernel did not write.
fn poison(executor: &mut Executor, op: &Op, plan: &Plan) -> Result<()> {
    let operands = op.operands();
    let outputs = operands.iter().filter(|operand| operand.access == Access::Write);
    outputs.map(|operand| operand.view).try_for_each(|view| {
        let bytes = view.len * plan.buffers[view.buffer.0].element.bytes();
        executor.write(view, 0, &vec![u8::MAX; bytes])
    })
}

/// Asserts that the GPU's tensor is the CPU's: floats within [`BOUND`], everything else equal.
fn check(name: &str, plan: &Plan, view: View, cpu: &Executor, gpu: &Executor) -> Result<()> {
    if plan.buffers[view.buffer.0].element == Element::F32 {
        let got: Vec<f32> = block_on(gpu.read(view, 0))?;
        let want: Vec<f32> = block_on(cpu.read(view, 0))?;
        let want: Vec<f64> = want.into_iter().map(f64::from).collect();
        let error = norm_relative(&got, &want);
        assert!(error <= BOUND, "{name}: the GPU differs from the CPU by {error:.1e}, allowed {BOUND:.0e}");
    } else {
        let got: Vec<u8> = block_on(gpu.read(view, 0))?;
        let want: Vec<u8> = block_on(cpu.read(view, 0))?;
        assert!(got == want, "{name}: the GPU's integers differ from the CPU's");
    }
    Ok(())
}

/// Median, interquartile range and rate of one backend.
fn cells(timing: Timing, macs: u64) -> String {
    let rate = if macs == 0 { "–".to_string() } else { format!("{:.1}", timing.gflops(macs)) };
    format!(" {:>10.1} {:>8.1} {rate:>8}", 1e6 * timing.median, 1e6 * timing.interquartile_range)
}

/// A row's name: shader, entry point and output tensor, such as `conv2d forward conv1`.
fn name(op: &Op, plan: &Plan) -> String {
    let operands = op.operands();
    let tensor = operands.last().map(|out| {
        let parameter = plan.parameters.iter().find(|p| (p.offset, p.len) == (out.view.offset, out.view.len));
        let buffer = plan.buffers[out.view.buffer.0].name.as_str();
        let buffer = ["train_step ", "train "].iter().find_map(|of| buffer.strip_prefix(of)).unwrap_or(buffer);
        parameter.map_or(buffer, |p| &p.name).to_string()
    });
    format!("{} {} {}", op.name(), op.pass(), tensor.unwrap_or_default())
}
