//! Tuning by measurement: every choice that changes no bit, by the device's clock.
//!
//! A choice is timed by the kernels of a training step of the tutorial's largest network, stride 1 with `same`, that
//! depend on it. Its candidates take turns, so that a device that gets faster as it wakes up favours none, and the
//! least time of each counts: whatever else the machine does can only add to it.

use std::time::Duration;

use web_time::Instant;

use crate::error::Result;
use crate::model::{Configuration, Network};
use crate::plan::{Buffer, Plan, PlanOptions, Program, StepRecord, TrainingPlan};

use super::clock::{Stamps, time_pass};
use super::device::Gpu;
use super::executor::buffer;
use super::fused::{Fused, fuse};
use super::kernels::Kernel;
use super::pipeline::{BoundBuffers, Pipelines};
use super::program::{GpuProgram, record_layout};
use super::real::is_real;
use super::tuning::{Candidates, Measured, Tuning};

/// Images of the step that is timed.
const BATCH: usize = 64;
/// The same on a software adapter, which is as busy with these.
const SOFTWARE_BATCH: usize = 8;
/// Rounds in which each candidate is timed once, after a first one, which wakes the device up and does not count.
const ROUNDS: usize = 5;
/// Seconds that one timing should take at least: a clock has a resolution.
const SAMPLE: f64 = 5e-4;
/// The most dispatches of each kernel in one timing.
const REPEATS: f64 = 64.0;

/// The memory of a training step.
struct Step {
    plan: Plan,
    program: Program,
    specs: Vec<Buffer>,
    buffers: Vec<wgpu::Buffer>,
    pipelines: Pipelines,
    record_layout: wgpu::BindGroupLayout,
}

/// Times every candidate of every choice of this device's kernels that changes no bit. Once `budget` has passed no
/// other timing is begun, and a choice that was not timed in a whole round has no rows.
///
/// # Errors
/// [`crate::Error::Failure`] where the device fails or lacks the memory, [`crate::Error::Interrupted`] where it is asked to
/// stop.
pub async fn measure(gpu: &Gpu, budget: Duration) -> Result<Vec<Measured>> {
    let start = Instant::now();
    let mut rows = Vec::new();
    // A choice is timed with those that were made before it.
    let mut tuning = gpu.tuning().clone();
    let mut step: Option<(usize, Step)> = None;
    for candidates in gpu.tuning().candidates() {
        if start.elapsed() >= budget {
            break;
        }
        let mut here = match step.take() {
            Some((replicas, step)) if replicas == candidates.replicas => step,
            _ => Step::new(gpu, candidates.replicas).await?,
        };
        rows.extend(here.measure(gpu, &tuning, &candidates, start, budget).await?);
        tuning.choose_fastest(&rows);
        step = Some((candidates.replicas, here));
    }
    log::debug!("{} candidates measured in {:.1?}", rows.len(), start.elapsed());
    Ok(rows)
}

impl Step {
    async fn new(gpu: &Gpu, replicas: usize) -> Result<Self> {
        let batch = if is_real(&gpu.info) { BATCH } else { SOFTWARE_BATCH };
        let options = PlanOptions {
            batch,
            train_samples: batch,
            test_samples: 1,
            replicas,
            evaluate_capacity: 1,
            max_binding_bytes: gpu.max_binding_bytes(),
            adam: Default::default(),
            fuse: true,
        };
        let training = TrainingPlan::new(&Network::new([28, 28], Configuration::TUTORIAL[0])?, &options)?;
        let program = training.plan.programs[training.train_step.0].clone();
        let plan = Plan { programs: vec![program.clone()], ..training.plan };
        let Fused { scratch, .. } = fuse(&plan, gpu.tuning(), gpu.max_binding_bytes());
        let specs: Vec<_> = plan.buffers.iter().chain(&scratch).cloned().collect();
        // A device without the memory can still train.
        let memory = gpu.error_scope(wgpu::ErrorFilter::OutOfMemory);
        let buffers = specs.iter().map(|spec| buffer(gpu, spec)).collect::<Result<_>>();
        if memory.pop().await.is_some() {
            return Err(gpu.failure("no memory to measure its kernels"));
        }
        let buffers = buffers?;
        gpu.check()?;
        let record_layout = record_layout(gpu)?;
        Ok(Step { plan, program, specs, buffers, pipelines: Pipelines::new(record_layout.clone()), record_layout })
    }

    /// The kernels of the step with that value of a choice, beside those that were made.
    fn kernels(&self, gpu: &Gpu, chosen: &Tuning, choice: &str, value: usize) -> Result<Vec<Kernel>> {
        let mut tuning = chosen.clone();
        tuning.set(choice, &value.to_string())?;
        // With one model every tile is a small one, with several each is a large one.
        tuning.large_from = if self.plan.replicas == 1 { usize::MAX } else { 1 };
        let mut fused = fuse(&self.plan, &tuning, gpu.max_binding_bytes());
        let same = fused.scratch.iter().eq(&self.specs[self.plan.buffers.len()..]);
        assert!(same, "{choice}={value} needs other memory: it may change the order of sums");
        Ok(fused.programs.swap_remove(0))
    }

    async fn measure(
        &mut self,
        gpu: &Gpu,
        chosen: &Tuning,
        candidates: &Candidates,
        start: Instant,
        budget: Duration,
    ) -> Result<Vec<Measured>> {
        let choice = candidates.choice;
        let values = candidates.values.clone();
        let all = values.clone().map(|value| self.kernels(gpu, chosen, choice, value)).collect::<Result<Vec<_>>>()?;
        let depends = |kernel: &&Kernel| !all.iter().all(|others| others.contains(kernel));
        let all: Vec<Vec<Kernel>> =
            all.iter().map(|kernels| kernels.iter().filter(depends).cloned().collect()).collect();
        // A choice without any effect here.
        if all.iter().any(Vec::is_empty) {
            return Ok(Vec::new());
        }
        let memory = BoundBuffers { specs: &self.specs, buffers: &self.buffers, replicas: self.plan.replicas };
        // All at once: pipelines are compiled side by side.
        let mut dispatches = self.pipelines.dispatches(gpu, &all.concat(), memory)?.into_iter();
        let mut programs = Vec::new();
        for kernels in all {
            let count = kernels.len();
            let mut program = GpuProgram::new(gpu, &self.program, kernels, &self.record_layout)?;
            program.dispatches = Some(dispatches.by_ref().take(count).collect());
            program.set_records(gpu, &[StepRecord { n: self.program.capacity as u32, ..StepRecord::default() }])?;
            programs.push(program);
        }
        gpu.check()?;
        let mut stamps = Stamps::new(gpu)?;
        let mut repeats = vec![1usize; programs.len()];
        let mut rounds: Vec<Vec<f64>> = Vec::new();
        while rounds.len() <= ROUNDS {
            let mut round = Vec::new();
            for (program, repeats) in programs.iter().zip(&mut repeats) {
                if start.elapsed() >= budget {
                    break;
                }
                let encode = |pass: &mut wgpu::ComputePass<'_>| program.encode_all(pass, *repeats);
                let timed = time_pass(gpu, stamps.as_ref(), encode).await;
                // A clock too coarse to see it stands still. The host's does not.
                let seconds = match timed {
                    Err(_) if stamps.is_some() && gpu.check().is_ok() && !gpu.asked_to_stop() => {
                        stamps = None;
                        rounds.clear();
                        break;
                    }
                    timed => timed? / *repeats as f64,
                };
                *repeats = (SAMPLE / seconds).clamp(1.0, REPEATS).ceil() as usize;
                round.push(seconds);
            }
            if round.len() < programs.len() && start.elapsed() >= budget {
                break;
            }
            if round.len() < programs.len() {
                continue;
            }
            rounds.push(round);
        }
        let counted = rounds.iter().skip(1);
        let least = (0..programs.len()).map(|i| counted.clone().map(|round| round[i]).fold(f64::INFINITY, f64::min));
        let rows = values.zip(least).map(|(value, seconds)| Measured { choice: choice.into(), value, seconds });
        Ok(rows.filter(|row| row.seconds.is_finite()).collect())
    }
}
