//! Records, submits and reads back.

use std::ops::Range;
use std::sync::Arc;

use web_time::Instant;

use crate::error::{Error, Remedy, Result};
use crate::plan::{Buffer, Plan, ProgramId, StepRecord, View};

use super::Gpu;
use super::clock::Stamps;
use super::kernels::Kernel;
use super::pipeline::{Dispatch, Pipelines};
use super::wait::Signal;

/// Bytes between step records: WebGPU's alignment of dynamic offsets.
const RECORD_STRIDE: usize = 256;

/// A submission should keep the device about this long: short enough for watchdogs and for a
/// prompt answer to Ctrl-C, long enough that its cost does not show.
const SUBMISSION_SECONDS: f64 = 0.2;

/// A plan's buffers and pipelines on a GPU.
pub struct Executor {
    gpu: Arc<Gpu>,
    plan: Plan,
    /// The plan's buffers and those that fused kernels need beyond them, with their descriptions.
    specs: Vec<Buffer>,
    buffers: Vec<wgpu::Buffer>,
    pipelines: Pipelines,
    programs: Vec<Program>,
    seconds_per_step: Vec<f64>,
    stamps: Option<Stamps>,
}

struct Program {
    kernels: Vec<Kernel>,
    /// Of the kernels, from when the program is first used.
    dispatches: Option<Vec<Dispatch>>,
    records: wgpu::Buffer,
    record_bindings: wgpu::BindGroup,
}

impl Executor {
    /// Allocates every buffer, zeroed, and compiles the first program. Others are compiled when their
    /// records are first set: those of validation before the first validation pass.
    ///
    /// # Errors
    /// [`Error::Failure`] where the device lacks memory (naming how much was asked for), or
    /// refuses a pipeline.
    pub async fn new(gpu: Arc<Gpu>, plan: &Plan) -> Result<Self> {
        let memory = gpu.device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation = gpu.device.push_error_scope(wgpu::ErrorFilter::Validation);
        let fused = gpu.fuse(plan);
        let specs: Vec<_> = plan.buffers.iter().chain(&fused.scratch).cloned().collect();
        let buffers: Vec<_> = specs
            .iter()
            .map(|buffer| {
                gpu.device.create_buffer(&wgpu::BufferDescriptor {
                    label: Some(&buffer.name),
                    size: buffer.bytes().max(4),
                    usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
                    mapped_at_creation: false,
                })
            })
            .collect();
        let record_layout = gpu.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some("record"),
            entries: &[wgpu::BindGroupLayoutEntry {
                binding: 0,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Uniform,
                    has_dynamic_offset: true,
                    min_binding_size: None,
                },
                count: None,
            }],
        });
        let mut programs = Vec::new();
        for (program, kernels) in plan.programs.iter().zip(fused.programs) {
            let records = gpu.device.create_buffer(&wgpu::BufferDescriptor {
                label: Some(program.name),
                size: (program.max_steps.max(1) * RECORD_STRIDE) as u64,
                usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
                mapped_at_creation: false,
            });
            let record_bindings = gpu.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(program.name),
                layout: &record_layout,
                entries: &[wgpu::BindGroupEntry {
                    binding: 0,
                    resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                        buffer: &records,
                        offset: 0,
                        size: std::num::NonZeroU64::new(size_of::<StepRecord>() as u64),
                    }),
                }],
            });
            programs.push(Program { kernels, dispatches: None, records, record_bindings });
        }
        let seconds_per_step = vec![0.0; plan.programs.len()];
        let (plan, pipelines, stamps) = (plan.clone(), Pipelines::new(record_layout), Stamps::new(&gpu));
        let mut executor = Executor { gpu, plan, specs, buffers, pipelines, programs, seconds_per_step, stamps };
        let compiled = if executor.programs.is_empty() { Ok(()) } else { executor.compile(ProgramId(0)) };
        let (validation, memory) = (validation.pop().await, memory.pop().await);
        if let Some(e) = memory {
            let mib = executor.plan.bytes() >> 20;
            let error = executor.gpu.failure(&format!("no memory for a plan of {mib} MiB ({e})"));
            return Err(error.remedy(Remedy::SmallerBatch));
        }
        if let Some(e) = validation {
            return Err(executor.gpu.failure(&e.to_string()));
        }
        compiled.map(|()| executor)
    }

    /// Makes a program ready to run, where it is not.
    fn compile(&mut self, program: ProgramId) -> Result<()> {
        let place = &mut self.programs[program.0];
        if place.dispatches.is_none() {
            let start = Instant::now();
            let replicas = self.plan.replicas;
            let made = self.pipelines.dispatches(&self.gpu, &place.kernels, &self.specs, &self.buffers, replicas);
            let name = self.plan.programs[program.0].name;
            log::debug!("{name}: {} dispatches, ready after {:.1?}", made.len(), start.elapsed());
            place.dispatches = Some(made);
        }
        self.gpu.check()
    }

    /// How many pipelines have been made.
    #[cfg(test)]
    pub(super) fn pipelines(&self) -> usize {
        self.pipelines.len()
    }

    fn range(&self, view: View, replica: usize) -> (u64, u64) {
        let buffer = &self.plan.buffers[view.buffer.0];
        let base = if buffer.replicas == 1 { 0 } else { replica * buffer.len };
        let size = buffer.element.bytes();
        (((base + view.offset) * size) as u64, (view.len * size) as u64)
    }

    /// Copies bytes into a view of one replica.
    ///
    /// # Errors
    /// [`Error::Failure`] once the device has failed.
    pub fn write(&mut self, view: View, replica: usize, bytes: &[u8]) -> Result<()> {
        let (start, len) = self.range(view, replica);
        assert_eq!(bytes.len() as u64, len, "write of another length than the view's");
        let whole = bytes.len() / 4 * 4;
        let queue = &self.gpu.queue;
        queue.write_buffer(&self.buffers[view.buffer.0], start, &bytes[..whole]);
        if whole < bytes.len() {
            // Copies are made in words; the last bytes of a byte buffer are padded.
            let mut last = [0; 4];
            last[..bytes.len() - whole].copy_from_slice(&bytes[whole..]);
            queue.write_buffer(&self.buffers[view.buffer.0], start + whole as u64, &last);
        }
        self.gpu.check()
    }

    /// Copies a view of one replica out, after all work so far.
    ///
    /// # Errors
    /// [`Error::Failure`] where the device failed or stays silent.
    pub async fn read(&self, view: View, replica: usize) -> Result<Vec<u8>> {
        let (start, len) = self.range(view, replica);
        let padded = len.next_multiple_of(4).max(4);
        let staging = self.gpu.device.create_buffer(&wgpu::BufferDescriptor {
            label: Some("read back"),
            size: padded,
            usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        });
        let mut encoder = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        encoder.copy_buffer_to_buffer(&self.buffers[view.buffer.0], start, &staging, 0, padded);
        let submission = self.gpu.queue.submit([encoder.finish()]);
        let mapped = Signal::new();
        staging.map_async(wgpu::MapMode::Read, .., mapped.sender());
        mapped
            .wait(&self.gpu, Some(submission))
            .await?
            .map_err(|e| self.gpu.failure(&format!("cannot read back ({e})")))?;
        let bytes = staging.get_mapped_range(..).map_err(|e| self.gpu.failure(&format!("cannot read back ({e})")))?;
        Ok(bytes[..len as usize].to_vec())
    }

    /// Sets a program's step records.
    ///
    /// # Errors
    /// [`Error::Failure`] once the device has failed.
    pub fn set_records(&mut self, program: ProgramId, records: &[StepRecord]) -> Result<()> {
        assert!(records.len() <= self.plan.programs[program.0].max_steps, "more records than the program has room for");
        self.compile(program)?;
        let mut bytes = vec![0u8; records.len() * RECORD_STRIDE];
        for (slot, record) in bytes.chunks_exact_mut(RECORD_STRIDE).zip(records) {
            slot[..size_of::<StepRecord>()].copy_from_slice(bytemuck::bytes_of(record));
        }
        self.gpu.queue.write_buffer(&self.programs[program.0].records, 0, &bytes);
        self.gpu.check()
    }

    fn submit(&self, program: ProgramId, steps: Range<usize>, stamps: Option<&Stamps>) -> wgpu::SubmissionIndex {
        let program = &self.programs[program.0];
        let mut encoder = self.gpu.device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let timestamp_writes = stamps.map(Stamps::writes);
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes });
        for step in steps {
            for dispatch in program.dispatches.iter().flatten() {
                pass.set_pipeline(&dispatch.pipeline);
                pass.set_bind_group(0, &dispatch.bindings, &[]);
                if dispatch.uses_record {
                    pass.set_bind_group(1, &program.record_bindings, &[(step * RECORD_STRIDE) as u32]);
                }
                let [x, y, z] = dispatch.groups;
                pass.dispatch_workgroups(x, y, z);
            }
        }
        drop(pass);
        if let Some(stamps) = stamps {
            stamps.resolve(&mut encoder);
        }
        self.gpu.queue.submit([encoder.finish()])
    }

    /// Runs a range of a program's steps, as many to a submission as take about 0.2 s, recording
    /// the next while one runs; `progress(steps done)` is asked after each whether to go on.
    ///
    /// # Errors
    /// [`Error::Failure`] where the device failed or stays silent.
    pub async fn run(
        &mut self,
        program: ProgramId,
        steps: Range<usize>,
        progress: &mut dyn FnMut(usize) -> bool,
    ) -> Result<(), Error> {
        self.compile(program)?;
        let mut next = steps.start;
        let mut running: Option<(Range<usize>, Signal<()>, wgpu::SubmissionIndex)> = None;
        let mut since = Instant::now();
        let mut go_on = true;
        while running.is_some() || (go_on && next < steps.end) {
            let mut queued = None;
            if go_on && next < steps.end {
                let pace = self.seconds_per_step[program.0];
                // The first submission of a program measures one step.
                let count = if pace > 0.0 { (SUBMISSION_SECONDS / pace) as usize } else { 1 };
                let chunk = next..(next + count.max(1)).min(steps.end);
                next = chunk.end;
                let submission = self.submit(program, chunk.clone(), None);
                let done = Signal::new();
                let sender = done.sender();
                self.gpu.queue.on_submitted_work_done(move || sender(()));
                queued = Some((chunk, done, submission));
            }
            if let Some((chunk, done, submission)) = running.take() {
                done.wait(&self.gpu, Some(submission)).await?;
                self.seconds_per_step[program.0] = since.elapsed().as_secs_f64() / chunk.len() as f64;
                since = Instant::now();
                go_on = go_on && progress(chunk.end - steps.start);
            }
            running = queued;
        }
        Ok(())
    }

    /// Dispatches of a step of a program.
    pub fn dispatches(&self, program: ProgramId) -> usize {
        self.programs[program.0].kernels.len()
    }

    /// Whether the device has a clock of its own.
    pub fn has_clock(&self) -> bool {
        self.stamps.is_some()
    }

    /// Seconds that the device takes for a range of a program's steps, in one submission, by its own
    /// clock; `None` where it has none, and nothing is run.
    ///
    /// # Errors
    /// [`Error::Failure`] where the device failed or stays silent.
    pub async fn time(&mut self, program: ProgramId, steps: Range<usize>) -> Result<Option<f64>> {
        self.compile(program)?;
        let Some(stamps) = &self.stamps else { return Ok(None) };
        let submission = self.submit(program, steps, Some(stamps));
        stamps.seconds(&self.gpu, submission).await.map(Some)
    }
}
