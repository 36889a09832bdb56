//! Runs a plan's programs: buffers, submissions, transfers.

use std::ops::Range;
use std::sync::Arc;

use web_time::Instant;

use crate::error::{Error, Result};
use crate::plan::{Buffer, Plan, ProgramId, StepRecord, View};

use super::clock::Stamps;
use super::device::Gpu;
use super::fused::{Fused, fuse};
use super::pipeline::{BoundBuffers, Pipelines, side_by_side};
use super::program::{GpuProgram, record_layout};
use super::readback::{Section, Signal, read};

/// A plan's buffers and pipelines on a GPU.
pub struct GpuExecutor {
    pub(super) gpu: Arc<Gpu>,
    plan: Plan,
    /// What each buffer is: the plan's, then those that only fused kernels use.
    specs: Vec<Buffer>,
    buffers: Vec<wgpu::Buffer>,
    pipelines: Pipelines,
    pub(super) programs: Vec<GpuProgram>,
    /// The latest measurement of each program, 0 before the first.
    seconds_per_step: Vec<f64>,
    pub(super) stamps: Option<Stamps>,
}

/// Steps that the device is computing.
struct Running {
    steps: Range<usize>,
    done: Signal<()>,
    submission: wgpu::SubmissionIndex,
}

impl GpuExecutor {
    /// Allocates every buffer, zeroed, and compiles the first program. Others are compiled when their
    /// records are first set: those of validation before the first validation pass.
    ///
    /// # Errors
    /// [`Error::Failure`] where the device lacks memory (naming how much was asked for), or
    /// refuses a pipeline.
    pub async fn new(gpu: Arc<Gpu>, plan: &Plan) -> Result<Self> {
        let memory = gpu.error_scope(wgpu::ErrorFilter::OutOfMemory);
        let validation = gpu.error_scope(wgpu::ErrorFilter::Validation);
        let mut executor = Self::allocate(gpu, plan, 0)?;
        let compiled = if executor.programs.is_empty() { Ok(()) } else { executor.compile(ProgramId(0)) };
        let validation = validation.pop().await;
        let memory = memory.pop().await;
        if let Some(e) = memory {
            let mib = executor.plan.bytes() >> 20;
            return Err(executor.gpu.failure(&format!("no memory for a plan of {mib} MiB ({e})")));
        }
        if let Some(e) = validation {
            return Err(executor.gpu.failure(&e.to_string()));
        }
        compiled.map(|()| executor)
    }

    /// Every buffer, with so many elements between two replicas, and no pipeline yet.
    pub(super) fn allocate(gpu: Arc<Gpu>, plan: &Plan, gap: usize) -> Result<Self> {
        let Fused { programs: kernels, scratch } = fuse(plan, &gpu.tuning, gpu.max_binding_bytes());
        for kernel in kernels.iter().flatten() {
            kernel.check_loops(&gpu.tuning).map_err(|error| error.at(format!("GPU {}", gpu.info.name)))?;
        }
        let mut specs: Vec<_> = plan.buffers.iter().chain(&scratch).cloned().collect();
        specs.iter_mut().filter(|spec| spec.replicas > 1).for_each(|spec| spec.len += gap);
        let record_layout = record_layout(&gpu)?;
        let programs = plan.programs.iter().zip(kernels);
        Ok(GpuExecutor {
            plan: plan.clone(),
            buffers: specs.iter().map(|spec| buffer(&gpu, spec)).collect::<Result<_>>()?,
            specs,
            programs: programs
                .map(|(program, kernels)| GpuProgram::new(&gpu, program, kernels, &record_layout))
                .collect::<Result<_>>()?,
            pipelines: Pipelines::new(record_layout),
            seconds_per_step: vec![0.0; plan.programs.len()],
            stamps: Stamps::new(&gpu)?,
            gpu,
        })
    }

    /// Compiles a program's pipelines, unless that is done.
    pub(super) fn compile(&mut self, program: ProgramId) -> Result<()> {
        let compiled = &mut self.programs[program.0];
        if compiled.dispatches.is_none() {
            let start = Instant::now();
            let memory = BoundBuffers { specs: &self.specs, buffers: &self.buffers, replicas: self.plan.replicas };
            let made = self.pipelines.dispatches(&self.gpu, &compiled.kernels, memory);
            let made = made.and_then(|made| self.gpu.check().map(|()| made));
            if matches!(made, Err(Error::Failure(_))) {
                self.gpu.distrust_cache();
            }
            let made = made?;
            let name = self.plan.programs[program.0].name;
            log::debug!("{name}: {} dispatches, ready after {:.1?}", made.len(), start.elapsed());
            compiled.dispatches = Some(made);
        }
        self.gpu.check()
    }

    /// How many pipelines have been made.
    #[cfg(test)]
    pub(super) fn pipelines(&self) -> usize {
        self.pipelines.len()
    }

    /// What each buffer is.
    #[cfg(test)]
    pub(super) fn specs(&self) -> &[Buffer] {
        &self.specs
    }

    /// Where a view of one replica lies.
    fn section(&self, view: View, replica: usize) -> Section<'_> {
        let spec = &self.specs[view.buffer.0];
        let base = if spec.replicas == 1 { 0 } else { replica * spec.len };
        let size = spec.element.bytes();
        Section {
            buffer: &self.buffers[view.buffer.0],
            start: ((base + view.offset) * size) as u64,
            len: (view.len * size) as u64,
        }
    }

    /// Copies bytes into a view of one replica.
    ///
    /// # Errors
    /// [`Error::Failure`] once the device has failed.
    pub fn write(&mut self, view: View, replica: usize, bytes: &[u8]) -> Result<()> {
        let Section { buffer, start, len } = self.section(view, replica);
        assert_eq!(bytes.len() as u64, len, "write of another length than the view's");
        let whole = bytes.len() / 4 * 4;
        // Copies are made in whole words; the last bytes of a byte buffer are padded to one.
        let mut last = [0; 4];
        last[..bytes.len() - whole].copy_from_slice(&bytes[whole..]);
        self.gpu.call(|_, queue| {
            queue.write_buffer(buffer, start, &bytes[..whole]);
            if whole < bytes.len() {
                queue.write_buffer(buffer, start + whole as u64, &last);
            }
        })?;
        self.gpu.check()
    }

    /// Copies a view of one replica out, after all work so far.
    ///
    /// # Errors
    /// [`Error::Failure`] where the device failed or stays silent.
    pub async fn read(&self, view: View, replica: usize) -> Result<Vec<u8>> {
        Ok(self.read_many(&[view], replica).await?.swap_remove(0))
    }

    /// Copies several views of one replica out, after all work so far, in one submission.
    ///
    /// # Errors
    /// As [`GpuExecutor::read`].
    pub async fn read_many(&self, views: &[View], replica: usize) -> Result<Vec<Vec<u8>>> {
        let sections: Vec<_> = views.iter().map(|&view| self.section(view, replica)).collect();
        read(&self.gpu, &sections).await
    }

    /// Sets a program's step records.
    ///
    /// # Errors
    /// [`Error::Failure`] once the device has failed.
    pub fn set_records(&mut self, program: ProgramId, records: &[StepRecord]) -> Result<()> {
        assert!(records.len() <= self.plan.programs[program.0].max_steps, "more records than the program has room for");
        self.compile(program)?;
        self.programs[program.0].set_records(&self.gpu, records)?;
        self.gpu.check()
    }

    /// Records steps, in parts on several threads where there are many, and submits them.
    fn submit(&self, program: ProgramId, steps: Range<usize>) -> Result<wgpu::SubmissionIndex> {
        let parts = parts(steps);
        let recorded = side_by_side(&parts, |part| {
            self.gpu.call(|device, _| {
                let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
                let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor::default());
                self.programs[program.0].encode(&mut pass, part.clone());
                drop(pass);
                encoder.finish()
            })
        });
        let recorded = recorded.into_iter().collect::<Result<Vec<_>>>()?;
        self.gpu.call(|_, queue| {
            let _turn = self.gpu.turn();
            queue.submit(recorded)
        })
    }

    /// Runs a range of a program's steps in submissions that each take a fraction of a second. The next
    /// submission is encoded while one runs. After each, `progress(steps done)` says whether to go on.
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
        let seconds = self.gpu.tuning.submission_ms as f64 / 1000.0;
        let mut next = steps.start;
        let mut running: Option<Running> = None;
        let mut since = Instant::now();
        let mut go_on = true;
        while running.is_some() || (go_on && next < steps.end) {
            let mut queued = None;
            if go_on && next < steps.end {
                let pace = self.seconds_per_step[program.0];
                // The first submission of a program measures one step.
                let count = if pace > 0.0 { (seconds / pace) as usize } else { 1 };
                let chunk = next..next.saturating_add(count.max(1)).min(steps.end);
                next = chunk.end;
                let submission = self.submit(program, chunk.clone())?;
                queued = Some(Running { steps: chunk, done: Signal::of_work(&self.gpu)?, submission });
            }
            if let Some(Running { steps: chunk, done, submission }) = running.take() {
                done.wait(&self.gpu, submission).await?;
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
}

/// Steps that are worth a thread of their own to record: a dispatch takes some microseconds.
const PART: usize = 16;
/// The most parts that steps are cut into: more threads record no faster.
const PARTS: usize = 8;

/// Steps cut into parts of about equal length.
fn parts(steps: Range<usize>) -> Vec<Range<usize>> {
    let length = steps.len().div_ceil(PARTS).max(PART);
    let start_of = |i: usize| (steps.start + i * length).min(steps.end);
    (0..steps.len().div_ceil(length)).map(|i| start_of(i)..start_of(i + 1)).collect()
}

/// Memory for a plan's buffer, zeroed.
pub(super) fn buffer(gpu: &Gpu, spec: &Buffer) -> Result<wgpu::Buffer> {
    let descriptor = wgpu::BufferDescriptor {
        label: Some(&spec.name),
        size: spec.bytes().max(4),
        usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_DST | wgpu::BufferUsages::COPY_SRC,
        mapped_at_creation: false,
    };
    gpu.call(|device, _| device.create_buffer(&descriptor))
}
