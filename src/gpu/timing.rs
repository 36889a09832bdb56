//! What steps and kernels take by the device's own clock.

use std::ops::Range;

use crate::error::Result;
use crate::plan::ProgramId;

use super::clock::time_pass;
use super::executor::GpuExecutor;

/// What a kernel takes when nothing else runs.
#[derive(Debug, Clone, PartialEq)]
pub struct KernelSeconds {
    /// `shader.entry`.
    pub name: String,
    /// Seconds of one dispatch, by the device's clock.
    pub seconds: f64,
}

impl GpuExecutor {
    /// Seconds that each kernel of a program's first step takes by the device's clock: `repeats` dispatches of it, one
    /// after the other, in a submission of their own. `None` where the device has no clock, and nothing is run. What
    /// the kernels compute in between is of no use afterwards: Adam, say, takes that many steps.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed or stays silent.
    pub async fn time_kernels(&mut self, program: ProgramId, repeats: usize) -> Result<Option<Vec<KernelSeconds>>> {
        self.compile(program)?;
        let Some(stamps) = &self.stamps else { return Ok(None) };
        let timed = &self.programs[program.0];
        let mut rows = Vec::new();
        for (number, kernel) in timed.kernels.iter().enumerate() {
            let encode = |pass: &mut wgpu::ComputePass<'_>| timed.encode_one(pass, number, repeats);
            let seconds = time_pass(&self.gpu, Some(stamps), encode).await? / repeats as f64;
            rows.push(KernelSeconds { name: kernel.name(), seconds });
        }
        Ok(Some(rows))
    }

    /// Whether the device has a clock of its own.
    pub fn has_clock(&self) -> bool {
        self.stamps.is_some()
    }

    /// Seconds that the device takes for a range of a program's steps, in one submission, by its own
    /// clock; `None` where it has none, and nothing is run.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed or stays silent.
    pub async fn time(&mut self, program: ProgramId, steps: Range<usize>) -> Result<Option<f64>> {
        self.compile(program)?;
        let Some(stamps) = &self.stamps else { return Ok(None) };
        let encode = |pass: &mut wgpu::ComputePass<'_>| self.programs[program.0].encode(pass, steps);
        time_pass(&self.gpu, Some(stamps), encode).await.map(Some)
    }
}
