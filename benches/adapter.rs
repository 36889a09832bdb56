//! What an adapter asks for a launch: chains of empty dispatches with and without a barrier between them, a barrier
//! across the grid inside one dispatch, and what its matrix units can multiply.
//!
//! `cargo bench --bench adapter`. The barrier across the grid spins, which neither WGSL nor Vulkan allows for: it is
//! tried on hardware alone, with a bound on the spinning, and nothing in the crate builds on it.

#![expect(clippy::print_stdout, reason = "a benchmark prints its results")]

use std::time::{Duration, Instant};

use pollster::block_on;

/// Dispatches of a chain.
const CHAIN: usize = 2000;
/// Rounds of the barrier across the grid.
const ROUNDS: u32 = 1000;

const NOTHING: &str = "
@group(0) @binding(0) var<storage, read_write> a: array<u32>;
@group(0) @binding(1) var<storage, read_write> b: array<u32>;
@compute @workgroup_size(64)
fn one(@builtin(global_invocation_id) id: vec3<u32>) { if (id.x == 0xffffffffu) { a[0] = b[0]; } }
";

// Every workgroup adds one to a counter and waits until all have: round r ends at (r + 1)·groups. A workgroup that
// has waited for too long gives up, and all others with it.
const GRID_BARRIER: &str = "
struct Gate { arrived: atomic<u32>, gave_up: atomic<u32> }
@group(0) @binding(0) var<storage, read_write> gate: Gate;
@group(0) @binding(1) var<storage, read_write> data: array<u32>;
override ROUNDS: u32;
@compute @workgroup_size(256)
fn one(@builtin(workgroup_id) group: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>,
    @builtin(local_invocation_index) lane: u32) {
    for (var round = 0u; round < ROUNDS; round++) {
        data[group.x * 256u + lane] = round;
        storageBarrier();
        if (lane == 0u) {
            atomicAdd(&gate.arrived, 1u);
            var spins = 0u;
            while (atomicLoad(&gate.arrived) < (round + 1u) * groups.x) {
                spins++;
                if (spins > 1000000u || atomicLoad(&gate.gave_up) > 0u) { atomicStore(&gate.gave_up, 1u); break; }
            }
        }
        workgroupBarrier();
    }
}
";

struct Device {
    device: wgpu::Device,
    queue: wgpu::Queue,
}

/// A chain of dispatches: its seconds by the host's clock, recorded and run, and by the device's.
struct Chain {
    recorded: f64,
    host: f64,
    device: f64,
}

fn main() {
    let timed = std::env::args().any(|argument| argument == "--bench");
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env());
    let mut adapters = block_on(instance.enumerate_adapters(wgpu::Backends::all()));
    adapters.sort_by_key(|adapter| adapter.get_info().device_type != wgpu::DeviceType::DiscreteGpu);
    let Some(adapter) = adapters.first() else { panic!("no adapter") };
    let info = adapter.get_info();
    println!("{} ({:?}), {} {}", info.name, info.backend, info.driver, info.driver_info);
    println!("subgroups of {} to {}", info.subgroup_min_size, info.subgroup_max_size);
    if !timed {
        return;
    }
    let limits = adapter.limits();
    println!(
        "workgroup: {} B of memory, {} invocations; storage buffers: {} a stage, {} MiB a binding",
        limits.max_compute_workgroup_storage_size,
        limits.max_compute_invocations_per_workgroup,
        limits.max_storage_buffers_per_shader_stage,
        limits.max_storage_buffer_binding_size >> 20
    );
    println!("features: {:?}", adapter.features());
    for matrix in adapter.cooperative_matrix_properties() {
        println!(
            "cooperative matrix {}x{}x{}: {:?} to {:?}",
            matrix.m_size, matrix.n_size, matrix.k_size, matrix.ab_type, matrix.cr_type
        );
    }
    if !adapter.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
        println!("the device has no clock: nothing is timed");
        return;
    }
    let wanted = wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::SUBGROUP;
    let (device, queue) = block_on(adapter.request_device(&wgpu::DeviceDescriptor {
        required_features: adapter.features() & wanted,
        required_limits: limits,
        ..Default::default()
    }))
    .expect("a device");
    let device = Device { device, queue };
    let nothing = device.pipeline(NOTHING, &[]);
    println!("\n{CHAIN} empty dispatches         us each: recording  host  device");
    for (name, buffers, groups) in [
        ("one buffer, a barrier between", 1, 1),
        ("132 workgroups, a barrier between", 1, 132),
        ("2 buffers in turn", 2, 1),
        ("4 buffers in turn", 4, 1),
        ("8 buffers in turn", 8, 1),
        ("buffers of their own, no barrier", CHAIN, 1),
        ("132 workgroups, no barrier", CHAIN, 132),
    ] {
        let pairs: Vec<_> = (0..buffers).map(|_| device.bindings(&nothing, 4096)).collect();
        let chain = device.chain(&nothing, CHAIN, groups, &pairs);
        let us = |seconds: f64| 1e6 * seconds / CHAIN as f64;
        println!("{name:<36} {:>14.2} {:>6.2} {:>6.2}", us(chain.recorded), us(chain.host), us(chain.device));
    }
    if info.device_type == wgpu::DeviceType::Cpu {
        println!("\nbarrier across the grid: not tried on a software adapter, which would wait for ever");
        return;
    }
    let barrier = device.pipeline(GRID_BARRIER, &[("ROUNDS", f64::from(ROUNDS))]);
    for groups in [1, 8, 32, 64, 132] {
        let gate = device.buffer(8, wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC);
        let data = device.buffer(4 * 256 * 132, wgpu::BufferUsages::STORAGE);
        let bindings = [device.bind(&barrier, [&gate, &data])];
        let chain = device.chain(&barrier, 1, groups, &bindings);
        let whole = device.words(&gate)[1] == 0;
        let us = 1e6 * chain.device / f64::from(ROUNDS);
        println!(
            "barrier across {groups} workgroups: {}",
            if whole { format!("{us:.2} us") } else { "gave up".into() }
        );
    }
}

impl Device {
    fn pipeline(&self, source: &str, constants: &[(&str, f64)]) -> wgpu::ComputePipeline {
        let source = wgpu::ShaderSource::Wgsl(source.into());
        let module = self.device.create_shader_module(wgpu::ShaderModuleDescriptor { label: None, source });
        self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: None,
            layout: None,
            module: &module,
            entry_point: Some("one"),
            compilation_options: wgpu::PipelineCompilationOptions { constants, ..Default::default() },
            cache: None,
        })
    }

    fn buffer(&self, size: u64, usage: wgpu::BufferUsages) -> wgpu::Buffer {
        let descriptor = wgpu::BufferDescriptor { label: None, size, usage, mapped_at_creation: false };
        self.device.create_buffer(&descriptor)
    }

    /// Two buffers, zeroed, bound to a pipeline.
    fn bindings(&self, pipeline: &wgpu::ComputePipeline, size: u64) -> wgpu::BindGroup {
        let [a, b] = [size; 2].map(|size| self.buffer(size, wgpu::BufferUsages::STORAGE));
        self.bind(pipeline, [&a, &b])
    }

    fn bind(&self, pipeline: &wgpu::ComputePipeline, buffers: [&wgpu::Buffer; 2]) -> wgpu::BindGroup {
        let entries =
            [0, 1].map(|i| wgpu::BindGroupEntry { binding: i as u32, resource: buffers[i].as_entire_binding() });
        let layout = &pipeline.get_bind_group_layout(0);
        self.device.create_bind_group(&wgpu::BindGroupDescriptor { label: None, layout, entries: &entries })
    }

    fn wait(&self) {
        let wait = wgpu::PollType::Wait { submission_index: None, timeout: Some(Duration::from_secs(20)) };
        self.device.poll(wait).expect("the device answers");
    }

    /// The words of a buffer of eight bytes.
    fn words(&self, buffer: &wgpu::Buffer) -> Vec<u32> {
        let read = self.buffer(8, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(buffer, 0, &read, 0, 8);
        self.queue.submit([encoder.finish()]);
        read.slice(..).map_async(wgpu::MapMode::Read, |_| {});
        self.wait();
        bytemuck::pod_collect_to_vec(&read.slice(..).get_mapped_range().expect("mapped"))
    }

    /// The fastest of five chains of so many dispatches, bound to `bindings` in turn; one more goes before.
    fn chain(&self, pipeline: &wgpu::ComputePipeline, len: usize, groups: u32, bindings: &[wgpu::BindGroup]) -> Chain {
        let rounds = if len == 1 { 1 } else { 6 };
        let chains = (0..rounds).map(|_| self.once(pipeline, len, groups, bindings));
        let least = |a: Chain, b: Chain| if b.host < a.host { b } else { a };
        chains.reduce(least).expect("a chain")
    }

    fn once(&self, pipeline: &wgpu::ComputePipeline, len: usize, groups: u32, bindings: &[wgpu::BindGroup]) -> Chain {
        let ty = wgpu::QueryType::Timestamp;
        let queries = self.device.create_query_set(&wgpu::QuerySetDescriptor { label: None, ty, count: 2 });
        let resolved = self.buffer(16, wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC);
        let read = self.buffer(16, wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST);
        let start = Instant::now();
        let mut encoder = self.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor {
            label: None,
            timestamp_writes: Some(wgpu::ComputePassTimestampWrites {
                query_set: &queries,
                beginning_of_pass_write_index: Some(0),
                end_of_pass_write_index: Some(1),
            }),
        });
        for i in 0..len {
            pass.set_pipeline(pipeline);
            pass.set_bind_group(0, &bindings[i % bindings.len()], &[]);
            pass.dispatch_workgroups(groups, 1, 1);
        }
        drop(pass);
        encoder.resolve_query_set(&queries, 0..2, &resolved, 0);
        encoder.copy_buffer_to_buffer(&resolved, 0, &read, 0, 16);
        let commands = encoder.finish();
        let recorded = start.elapsed().as_secs_f64();
        self.queue.submit([commands]);
        self.wait();
        let host = start.elapsed().as_secs_f64();
        read.slice(..).map_async(wgpu::MapMode::Read, |_| {});
        self.wait();
        let view = read.slice(..).get_mapped_range().expect("mapped");
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&view);
        let device = 1e-9 * f64::from(self.queue.get_timestamp_period()) * (ticks[1] - ticks[0]) as f64;
        Chain { recorded, host, device }
    }
}
