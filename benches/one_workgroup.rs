//! One dispatch with a workgroup for each image, for all of a training step of stride 2 that comes before the weight
//! gradients, beside the crate's own kernels on the same adapter in the same run.
//!
//! `cargo bench --bench one_workgroup -- stride2-same` takes the networks whose name contains the word. First all that
//! the kernel stores is held to the plain operations of the CPU. Nothing in the crate builds on it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

#[expect(dead_code, reason = "this benchmark reads the device's clock")]
mod common;

use std::time::Duration;

use common::{Arguments, BATCH, gpu, mnist, prepare};
use pollster::block_on;
use stridelab::Result;
use stridelab::backend::{Backend, Executor};
use stridelab::data::Dataset;
use stridelab::model::geometry::ConvShape;
use stridelab::model::network::LayerKind;
use stridelab::model::{Configuration, Network};
use stridelab::ops::{BufferId, View};
use stridelab::parity::{black_and_white, exact_weights, norm_relative};
use stridelab::plan::{Plan, Program, ProgramId, StepRecord, TrainingPlan};
use stridelab::train::TrainOptions;
use wgpu::util::DeviceExt;

/// Rounds in which every row is timed once, after a first one that does not count.
const ROUNDS: usize = 9;
/// Largest norm-relative difference from the CPU's plain operations.
const BOUND: f64 = 1e-5;
/// The workgroup memory that WebGPU promises everywhere.
const WORKGROUP_BYTES: u32 = 16384;
/// The plan's buffers that the kernel stores as floats, in its order: those of `floats`, then those of `results`.
const FLOATS: [&str; 4] = ["train_step pool1", "train_step pool2", "train_step dense1", "train_step d pool2"];
const RESULTS: [&str; 3] = ["train_step d logits", "train_step d dense1", "train losses"];
/// The step of every program here: the first samples in their order, and no update of the weights.
const RECORD: StepRecord = StepRecord { start: 0, n: BATCH as u32, alpha: 0.0, out: 0 };

/// A network, its plan and its samples.
struct Work {
    network: Network,
    training: TrainingPlan,
    data: Dataset,
}

/// The kernel on a device of its own.
struct OneWorkgroup {
    device: wgpu::Device,
    queue: wgpu::Queue,
    pipeline: wgpu::ComputePipeline,
    bindings: wgpu::BindGroup,
    /// `floats`, `winners` and `results` of the shader.
    stored: [wgpu::Buffer; 3],
    /// Two timestamps, where the device has a clock.
    stamps: Option<wgpu::QuerySet>,
}

fn main() -> Result<()> {
    let arguments = Arguments::read();
    let Some(Backend::Gpu(gpu)) = gpu(&arguments) else { return Ok(()) };
    for configuration in [Configuration::TUTORIAL[1], Configuration::TUTORIAL[3]] {
        if !arguments.want(&configuration.slug()) {
            continue;
        }
        let mut data = mnist(BATCH)?;
        // Pixels and weights that leave no decision to rounding: a winner or a mask is right or wrong.
        black_and_white(&mut data.train);
        let network = Network::new([data.train.height, data.train.width], configuration)?;
        let options = TrainOptions { batch_size: BATCH, ..TrainOptions::default() };
        let backend = Backend::Gpu(gpu.clone());
        let training = TrainingPlan::new(&network, &options.plan_options(&backend, &data))?;
        let work = Work { network, training, data };
        let ours = OneWorkgroup::new(&gpu.info, &work);
        let worst = ours.check(&work)?;
        println!(
            "\n{configuration}, batch {BATCH}: the one kernel is within {worst:.0e} of the CPU's plain operations"
        );
        if arguments.timed && ours.stamps.is_some() {
            let chain = if stridelab::gpu::is_real(&gpu.info) { 200 } else { 10 };
            work.time(&ours, &backend, chain)?;
        } else if arguments.timed {
            println!("the device has no clock: nothing is timed");
        }
    }
    Ok(())
}

impl Work {
    /// Makes a plan with these samples and with the weights of [`exact_weights`] ready.
    fn prepare(&self, backend: &Backend, plan: &Plan) -> Result<Executor> {
        let mut executor = prepare(backend, plan, &self.training, &self.network, &self.data)?;
        for w in exact_weights(&self.network, 0) {
            executor.write(plan.parameter(&w.name, self.training.state.parameters), 0, &w.data)?;
        }
        Ok(executor)
    }

    /// Times the one kernel and the crate's kernels, in turn.
    fn time(&self, ours: &OneWorkgroup, backend: &Backend, chain: usize) -> Result<()> {
        let step = &self.training.plan.programs[self.training.train_step.0];
        let before =
            |name, pass| step.ops.iter().position(|op| (op.name(), op.pass()) == (name, pass)).expect("a step");
        let rows = [
            ("crate: forward and loss", before("softmax_cross_entropy", "backward")),
            ("crate: … and all gradients of the dense layers", before("max_pool", "backward")),
            ("crate: the whole step", step.ops.len()),
        ];
        let programs = rows.map(|(name, end)| {
            let ops = step.ops[..end].to_vec();
            Program { name, max_steps: chain, ops, activations: Vec::new(), ..step.clone() }
        });
        let plan = Plan { programs: programs.into(), ..self.training.plan.clone() };
        let mut crates = self.prepare(backend, &plan)?;
        (0..rows.len()).try_for_each(|i| crates.set_records(ProgramId(i), &vec![RECORD; chain]))?;
        let mut samples = [const { Vec::new() }; 4];
        for _ in 0..=ROUNDS {
            for (row, samples) in samples.iter_mut().enumerate() {
                let start = cpu_seconds();
                let seconds = match row {
                    0 => ours.time(chain),
                    row => block_on(crates.time(ProgramId(row - 1), 0..chain))?,
                };
                samples.push([seconds, cpu_seconds() - start].map(|seconds| 1e6 * seconds / chain as f64));
            }
        }
        println!("µs a batch by the device's clock, {ROUNDS} chains of {chain}; CPU: user and system time, median");
        println!("{:<48} {:>10} {:>10} {:>10} {:>10}", "", "dispatches", "median", "least", "CPU");
        for (row, samples) in samples.iter().enumerate() {
            let [device, cpu] = [0, 1].map(|which| {
                let mut sorted: Vec<f64> = samples[1..].iter().map(|sample| sample[which]).collect();
                sorted.sort_by(f64::total_cmp);
                sorted
            });
            let (name, dispatches) = match row {
                0 => ("one workgroup an image, up to the features", 1),
                row => (rows[row - 1].0, crates.dispatches(ProgramId(row - 1)).unwrap_or_default()),
            };
            let [median, least, cpu] = [device[ROUNDS / 2], device[0], cpu[ROUNDS / 2]];
            println!("{name:<48} {dispatches:>10} {median:>10.1} {least:>10.1} {cpu:>10.0}");
        }
        Ok(())
    }
}

/// User and system time of this process, in which a software adapter computes; 0 where the system does not tell.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ');
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

impl OneWorkgroup {
    fn new(wanted: &wgpu::AdapterInfo, work: &Work) -> Self {
        let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
        let adapters = block_on(instance.enumerate_adapters(wgpu::Backends::all()));
        let same = |info: wgpu::AdapterInfo| (&info.name, info.backend) == (&wanted.name, wanted.backend);
        let adapter = adapters.into_iter().find(|adapter| same(adapter.get_info())).expect("the same adapter");
        let limits = wgpu::Limits { max_compute_workgroup_storage_size: WORKGROUP_BYTES, ..adapter.limits() };
        let (device, queue) = block_on(adapter.request_device(&wgpu::DeviceDescriptor {
            required_features: adapter.features() & wgpu::Features::TIMESTAMP_QUERY,
            required_limits: limits,
            ..Default::default()
        }))
        .expect("a device");

        let plan = &work.training.plan;
        let kinds: Vec<_> = work.network.layers.iter().map(|layer| layer.kind).collect();
        let [LayerKind::Conv(c1), LayerKind::Pool(p1), LayerKind::Conv(c2), LayerKind::Pool(p2), ..] = kinds[..] else {
            unreachable!("two convolutions, each with a pool")
        };
        let padded = |s: ConvShape| s.pads.top + s.input[0] + s.pads.bottom;
        let names = ["BATCH", "SIDE", "BEFORE_1", "PADDED_1", "POOLED_1", "BEFORE_2", "PADDED_2", "POOLED_2"];
        let (before, pooled) = ([c1.pads.top, c2.pads.top], [p1.output[0], p2.output[0]]);
        let sizes =
            [BATCH, c1.input[0], before[0], padded(c1), pooled[0], before[1], padded(c2), pooled[1]].map(|n| n as f64);
        let places = ["w1", "b1", "w2", "b2", "w3", "b3", "w4", "b4"].into_iter().zip(&plan.parameters);
        let mut constants: Vec<_> = names.into_iter().zip(sizes).collect();
        constants.extend(places.map(|(name, place)| (name, place.offset as f64)));
        let pipeline = pipeline(&device, &constants);

        let (read, write) = (wgpu::BufferUsages::STORAGE, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC);
        let buffer = |contents: &[u8], usage| {
            device.create_buffer_init(&wgpu::util::BufferInitDescriptor { label: None, contents, usage })
        };
        let labels: Vec<u32> = work.data.train.labels.iter().map(|&label| u32::from(label)).collect();
        let mut parameters = vec![0f32; plan.parameters_len];
        for (w, at) in exact_weights(&work.network, 0).iter().zip(&plan.parameters) {
            parameters[at.offset..][..at.len].copy_from_slice(&w.data);
        }
        let images = buffer(&work.data.train.images, read);
        let labels = buffer(bytemuck::cast_slice(&labels), read);
        let order = buffer(bytemuck::cast_slice(&Vec::from_iter(0..BATCH as u32)), read);
        let parameters = buffer(bytemuck::cast_slice(&parameters), read);
        // Filled with NaN, or with no pixel's number, so that the check finds what is not written.
        let words = |names: &[&str]| names.iter().map(|name| view(plan, name).len).sum::<usize>();
        let stored = [words(&FLOATS), words(&FLOATS[..2]), words(&RESULTS) + BATCH];
        let stored = stored.map(|words| buffer(&vec![u8::MAX; 4 * words], write));
        let bound = [&images, &labels, &order, &parameters, &parameters, &stored[0], &stored[1], &stored[2]];
        let bound = bound.iter().zip(0..);
        let entries: Vec<_> = bound
            .map(|(buffer, binding)| wgpu::BindGroupEntry { binding, resource: buffer.as_entire_binding() })
            .collect();
        let layout = &pipeline.get_bind_group_layout(0);
        let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries });
        let stamps = wgpu::QuerySetDescriptor { label: None, ty: wgpu::QueryType::Timestamp, count: 2 };
        let has_clock = device.features().contains(wgpu::Features::TIMESTAMP_QUERY);
        let stamps = has_clock.then(|| device.create_query_set(&stamps));
        OneWorkgroup { device, queue, pipeline, bindings, stored, stamps }
    }

    /// Holds what the kernel stores to the plain operations of the CPU, and returns the largest difference.
    fn check(&self, work: &Work) -> Result<f64> {
        let plan = Plan { fuse: false, ..work.training.plan.clone() };
        let mut cpu = work.prepare(&Backend::Cpu, &plan)?;
        cpu.set_records(work.training.train_step, &[RECORD])?;
        block_on(cpu.run(work.training.train_step, 0..1, &mut |_| true))?;
        self.queue.submit([self.record(1).finish()]);
        let encoder = || self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let [floats, winners, results] = [0, 1, 2].map(|i| self.words(encoder(), &self.stored[i]));
        let mut worst = 0f64;
        let (results, predicted) = results.split_at(results.len() - BATCH);
        for (words, names) in [(&floats[..], &FLOATS[..]), (results, &RESULTS[..])] {
            let mut rest: &[f32] = bytemuck::cast_slice(words);
            for name in names {
                let want: Vec<f32> = block_on(cpu.read(view(&plan, name), 0))?;
                let got = rest.split_off(..want.len()).expect("all of it is stored");
                let error = norm_relative(got, &stridelab::reference::wide(&want));
                assert!(error <= BOUND, "{name} differs from the CPU's by {error:.1e}, allowed {BOUND:.0e}");
                worst = worst.max(error);
            }
        }
        let classes: Vec<u32> = block_on(cpu.read(view(&plan, "train predicted classes"), 0))?;
        let same = predicted.iter().zip(&classes).all(|(&got, &want)| f32::from_bits(got) == want as f32);
        assert!(same, "other classes than the CPU's");
        let mut rest = &winners[..];
        for pool in &FLOATS[..2] {
            let maxima: Vec<f32> = block_on(cpu.read(view(&plan, pool), 0))?;
            let want: Vec<u32> = block_on(cpu.read(view(&plan, &format!("{pool} argmax")), 0))?;
            let got = rest.split_off(..want.len()).expect("all of it is stored");
            // Where ReLU left only zeros, the plain pool names one of them, the kernel none.
            let right = |i: usize| got[i] == if maxima[i] > 0.0 { want[i] } else { 4 };
            assert!((0..want.len()).all(right), "{pool}: other winners than the CPU's");
        }
        Ok(worst)
    }

    /// Records a chain of dispatches, between two timestamps where the device has a clock.
    fn record(&self, dispatches: usize) -> wgpu::CommandEncoder {
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let timestamp_writes = self.stamps.as_ref().map(|query_set| wgpu::ComputePassTimestampWrites {
            query_set,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        });
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes });
        for _ in 0..dispatches {
            pass.set_pipeline(&self.pipeline);
            pass.set_bind_group(0, &self.bindings, &[]);
            pass.dispatch_workgroups(BATCH as u32, 1, 1);
        }
        drop(pass);
        encoder
    }

    /// Seconds of a chain of dispatches by the device's clock.
    fn time(&self, dispatches: usize) -> f64 {
        let mut encoder = self.record(dispatches);
        let usage = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
        let resolved = wgpu::BufferDescriptor { label: None, size: 16, usage, mapped_at_creation: false };
        let resolved = self.device.create_buffer(&resolved);
        encoder.resolve_query_set(self.stamps.as_ref().expect("a clock"), 0..2, &resolved, 0);
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&self.words(encoder, &resolved));
        1e-9 * f64::from(self.queue.get_timestamp_period()) * (ticks[1] - ticks[0]) as f64
    }

    /// Submits the commands, and returns what the buffer holds after them.
    fn words(&self, mut encoder: wgpu::CommandEncoder, buffer: &wgpu::Buffer) -> Vec<u32> {
        let (size, usage) = (buffer.size(), wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let read = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false };
        let read = self.device.create_buffer(&read);
        encoder.copy_buffer_to_buffer(buffer, 0, &read, 0, size);
        self.queue.submit([encoder.finish()]);
        read.slice(..).map_async(wgpu::MapMode::Read, |_| {});
        let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(Duration::from_secs(60)) };
        self.device.poll(wait).expect("the device answers");
        bytemuck::pod_collect_to_vec(&read.slice(..).get_mapped_range().expect("mapped"))
    }
}

/// The plan's buffer of that name.
fn view(plan: &Plan, name: &str) -> View {
    let found = plan.buffers.iter().position(|buffer| buffer.name == name);
    plan.whole(BufferId(found.unwrap_or_else(|| panic!("no buffer {name}"))))
}

#[expect(unsafe_code, reason = "the crate's kernels run without bounds checks, and so must what stands beside them")]
fn pipeline(device: &wgpu::Device, constants: &[(&str, f64)]) -> wgpu::ComputePipeline {
    let source = wgpu::ShaderSource::Wgsl(include_str!("one_workgroup.wgsl").into());
    let descriptor = wgpu::ShaderModuleDescriptor { label: None, source };
    // SAFETY: every index comes of the network's shapes, of the order, or of labels, which are below ten.
    let module = unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) };
    device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label: None,
        layout: None,
        module: &module,
        entry_point: Some("one_image"),
        // The kernel writes its shared memory before it reads it.
        compilation_options: wgpu::PipelineCompilationOptions { constants, zero_initialize_workgroup_memory: false },
        cache: None,
    })
}
