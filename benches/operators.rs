//! Every plain operation of a training step, at the sizes of the four networks: the CPU against the
//! GPU, from the same inputs, then the time of each.
//!
//! The inputs are those of a real step, so gradients hold as many zeros as a max pool leaves.
//! `cargo bench --bench operators -- stride2-valid conv2d` takes the rows with both words.

mod common;

use common::{Arguments, BATCH, Timing, gpu, mnist, prepare, time};
use pollster::block_on;
use stridelab::Result;
use stridelab::backend::{Backend, Executor};
use stridelab::model::network::{Configuration, Network};
use stridelab::ops::adam::AdamParameters;
use stridelab::ops::{Access, Op, Operand};
use stridelab::parity::norm_relative;
use stridelab::plan::{Element, Plan, Program, ProgramId, StepRecord, TrainingPlan, View};
use stridelab::train::TrainOptions;

/// Most steps of a sample of the clock.
const STEPS: usize = 1000;

/// How far the GPU may be from the CPU, norm-relative. A wrong kernel is off by far more; the tests
/// hold the exact bounds.
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

fn operations(configuration: &Configuration, gpu: Option<&Backend>, arguments: &Arguments) -> Result<()> {
    let batch = if arguments.timed { BATCH } else { 5 };
    let data = mnist(batch)?;
    let network = Network::new([data.train.height, data.train.width], *configuration)?;
    let options = TrainOptions { batch_size: batch, ..TrainOptions::default() };
    let training = TrainingPlan::new(&network, &options.plan_options(gpu.unwrap_or(&Backend::Cpu), &data))?;

    // The whole step first, then each of its operations as a program of its own.
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
    // The GPU takes its inputs from the CPU and needs no step of its own.
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
            columns += &cells(time(STEPS, |n| block_on(executor.run(program, 0..n, &mut |_| true)))?, op.macs());
        }
        // Operations in place have moved on; the next one finds what the step left.
        restore(&mut cpu, &tensors, &before)?;
        println!("{name:<48} {:>7.1}{columns}", op.macs() as f64 / 1e6);
    }
    Ok(())
}

fn once(executor: &mut Executor, program: ProgramId, record: &StepRecord) -> Result<()> {
    executor.set_records(program, &[*record])?;
    block_on(executor.run(program, 0..1, &mut |_| true))
}

fn contents(executor: &Executor, tensors: &[Operand]) -> Result<Vec<Vec<u8>>> {
    tensors.iter().map(|tensor| block_on(executor.read(tensor.view, 0))).collect()
}

fn restore(executor: &mut Executor, tensors: &[Operand], contents: &[Vec<u8>]) -> Result<()> {
    tensors.iter().zip(contents).try_for_each(|(tensor, bytes)| executor.write(tensor.view, 0, bytes))
}

/// Fills what the operation writes without reading it with NaN, or the largest integer.
fn poison(executor: &mut Executor, op: &Op, plan: &Plan) -> Result<()> {
    let operands = op.operands();
    let outputs = operands.iter().filter(|operand| operand.access == Access::Write);
    outputs.map(|operand| operand.view).try_for_each(|view| {
        let bytes = view.len * plan.buffers[view.buffer.0].element.bytes();
        executor.write(view, 0, &vec![u8::MAX; bytes])
    })
}

/// Floats within [`BOUND`], everything else equal.
fn check(name: &str, plan: &Plan, view: View, cpu: &Executor, gpu: &Executor) -> Result<()> {
    if plan.buffers[view.buffer.0].element == Element::F32 {
        let (got, want): (Vec<f32>, Vec<f32>) = (block_on(gpu.read(view, 0))?, block_on(cpu.read(view, 0))?);
        let want: Vec<f64> = want.into_iter().map(f64::from).collect();
        let error = norm_relative(&got, &want);
        assert!(error <= BOUND, "{name}: the GPU is {error:.1e} from the CPU, allowed {BOUND:.0e}");
    } else {
        let (got, want): (Vec<u8>, Vec<u8>) = (block_on(gpu.read(view, 0))?, block_on(cpu.read(view, 0))?);
        assert!(got == want, "{name}: the GPU's integers are not the CPU's");
    }
    Ok(())
}

fn cells(timing: Timing, macs: u64) -> String {
    let rate = if macs == 0 { "–".to_string() } else { format!("{:.1}", timing.gflops(macs)) };
    format!(" {:>10.1} {:>8.1} {rate:>8}", 1e6 * timing.median, 1e6 * timing.spread)
}

/// Operation, pass and the tensor that comes out: `conv2d forward conv1`.
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
