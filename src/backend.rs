//! The two backends behind one door: the same plan, the same calls.

use std::ops::Range;
use std::sync::Arc;

use web_time::Instant;

use crate::error::Result;
use crate::plan::{Plan, ProgramId, StepRecord, View};
use crate::{cpu, gpu};

/// Where plans run.
#[derive(Clone)]
pub enum Backend {
    /// This machine's cores.
    Cpu,
    /// A GPU, real or software.
    Gpu(Arc<gpu::Gpu>),
}

/// A plan made ready on a backend.
pub enum Executor {
    /// In memory.
    Cpu(Box<cpu::CpuExecutor>),
    /// In the buffers of a GPU.
    Gpu(Box<gpu::GpuExecutor>),
}

impl Backend {
    /// Opens a GPU: the one that `adapter` names (an index or part of a name), or the best.
    /// `checked` keeps the shaders' bounds checks.
    ///
    /// # Errors
    /// [`crate::Error::NoAdapter`] where there is none.
    pub async fn gpu(adapter: Option<&str>, checked: bool) -> Result<Self> {
        Ok(Backend::Gpu(Arc::new(gpu::open(adapter, checked).await?)))
    }

    /// `cpu` or `gpu`.
    pub fn name(&self) -> &'static str {
        match self {
            Backend::Cpu => "cpu",
            Backend::Gpu(_) => "gpu",
        }
    }

    /// The largest buffer of a plan, in bytes.
    pub fn max_binding_bytes(&self) -> u64 {
        match self {
            Backend::Cpu => u64::MAX,
            Backend::Gpu(gpu) => gpu.max_binding_bytes(),
        }
    }

    /// Allocates a plan's buffers, zeroed, and compiles what it needs.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device cannot.
    pub async fn prepare(&self, plan: &Plan) -> Result<Executor> {
        Ok(match self {
            Backend::Cpu => Executor::Cpu(Box::new(cpu::CpuExecutor::new(plan)?)),
            Backend::Gpu(gpu) => Executor::Gpu(Box::new(gpu::GpuExecutor::new(gpu.clone(), plan).await?)),
        })
    }
}

impl Executor {
    /// Copies `data` into a view of one replica; lengths must agree.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] once the device has failed.
    pub fn write<T: bytemuck::NoUninit>(&mut self, view: View, replica: usize, data: &[T]) -> Result<()> {
        let bytes = bytemuck::cast_slice(data);
        match self {
            Executor::Cpu(executor) => executor.write(view, replica, bytes),
            Executor::Gpu(executor) => executor.write(view, replica, bytes)?,
        }
        Ok(())
    }

    /// Copies a view of one replica out, after all work so far.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed or stays silent.
    pub async fn read<T: bytemuck::Pod>(&self, view: View, replica: usize) -> Result<Vec<T>> {
        let bytes = match self {
            Executor::Cpu(executor) => executor.read(view, replica),
            Executor::Gpu(executor) => executor.read(view, replica).await?,
        };
        Ok(bytemuck::pod_collect_to_vec(&bytes))
    }

    /// Copies several views of one replica out, after all work so far. A GPU copies all of them at once.
    ///
    /// # Errors
    /// As [`Executor::read`].
    pub async fn read_many<T: bytemuck::Pod>(&self, views: &[View], replica: usize) -> Result<Vec<Vec<T>>> {
        let parts = match self {
            Executor::Cpu(executor) => views.iter().map(|&view| executor.read(view, replica)).collect(),
            Executor::Gpu(executor) => executor.read_many(views, replica).await?,
        };
        Ok(parts.iter().map(|bytes| bytemuck::pod_collect_to_vec(bytes)).collect())
    }

    /// Sets the records of a program's steps.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] once the device has failed.
    pub fn set_records(&mut self, program: ProgramId, records: &[StepRecord]) -> Result<()> {
        match self {
            Executor::Cpu(executor) => executor.set_records(program, records),
            Executor::Gpu(executor) => executor.set_records(program, records)?,
        }
        Ok(())
    }

    /// Runs a range of a program's steps. `progress(steps done)` is asked now and then, always at a
    /// step boundary, whether to go on.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed or stays silent.
    pub async fn run(
        &mut self,
        program: ProgramId,
        steps: Range<usize>,
        progress: &mut dyn FnMut(usize) -> bool,
    ) -> Result<()> {
        match self {
            Executor::Cpu(executor) => executor.run(program, steps, progress),
            Executor::Gpu(executor) => executor.run(program, steps, progress).await?,
        }
        Ok(())
    }

    /// Dispatches of a step of a program, used or not; `None` on the CPU.
    pub fn dispatches(&self, program: ProgramId) -> Option<usize> {
        match self {
            Executor::Cpu(_) => None,
            Executor::Gpu(executor) => Some(executor.dispatches(program)),
        }
    }

    /// Whether [`Executor::time`] reads the device's clock rather than the host's.
    pub fn has_clock(&self) -> bool {
        match self {
            Executor::Cpu(_) => false,
            Executor::Gpu(executor) => executor.has_clock(),
        }
    }

    /// Runs a range of a program's steps and returns the seconds it took, by the device's own clock
    /// where it has one.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed or stays silent.
    pub async fn time(&mut self, program: ProgramId, steps: Range<usize>) -> Result<f64> {
        if let Executor::Gpu(executor) = self
            && let Some(seconds) = executor.time(program, steps.clone()).await?
        {
            return Ok(seconds);
        }
        let start = Instant::now();
        self.run(program, steps, &mut |_| true).await?;
        Ok(start.elapsed().as_secs_f64())
    }
}
