//! The most multiply-adds that a device can do, and the cost of a dispatch that does nothing.

use std::sync::Arc;

use crate::error::Result;
use crate::plan::{Buffer, BufferId, Element, View};

use super::clock::{Stamps, time_pass};
use super::device::Gpu;
use super::kernels::{Argument, Grid, Kernel};
use super::pipeline::{BoundBuffers, Dispatch, Pipelines};
use super::shaders::constant;

/// Invocations of a dispatch: several times as many as the largest device runs at once.
const INVOCATIONS: usize = 1 << 20;
/// Rounds of an invocation: so many that the time to start it does not show.
const ROUNDS: usize = 128;

/// A kernel of `shaders/plain/peak.wgsl`, ready to run.
pub struct Peak {
    gpu: Arc<Gpu>,
    dispatch: Dispatch,
    stamps: Option<Stamps>,
    /// Multiply-adds of one dispatch.
    pub macs: u64,
}

impl Peak {
    /// Compiles the kernel of multiply-adds.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device refuses it.
    pub fn new(gpu: &Arc<Gpu>) -> Result<Self> {
        Self::of(gpu, "multiply_add", INVOCATIONS)
    }

    /// Compiles the kernel that does nothing, of one workgroup. Each dispatch waits for the one before.
    ///
    /// # Errors
    /// As [`Peak::new`].
    pub fn nothing(gpu: &Arc<Gpu>) -> Result<Self> {
        Ok(Peak { macs: 0, ..Self::of(gpu, "nothing", constant("plain/peak", "WORKGROUP"))? })
    }

    fn of(gpu: &Arc<Gpu>, entry: &'static str, len: usize) -> Result<Self> {
        let spec = Buffer { name: "peak".into(), element: Element::F32, len, replicas: 1 };
        let descriptor = wgpu::BufferDescriptor {
            label: Some("peak"),
            size: spec.bytes(),
            usage: wgpu::BufferUsages::STORAGE,
            mapped_at_creation: false,
        };
        let view = View { buffer: BufferId(0), offset: 0, len };
        let kernel = Kernel {
            shader: "plain/peak",
            entry,
            constants: vec![("LEN", len as f64), ("ROUNDS", ROUNDS as f64)],
            arguments: vec![Argument::new("y", view)],
            grid: Grid::elements(len),
            iterations: ROUNDS as u64 + 1,
        };
        // The kernel reads no step record, so any layout will do.
        let records = wgpu::BindGroupLayoutDescriptor { label: None, entries: &[] };
        let (buffer, records) =
            gpu.call(|device, _| (device.create_buffer(&descriptor), device.create_bind_group_layout(&records)))?;
        let memory = BoundBuffers { specs: &[spec], buffers: &[buffer], replicas: 1 };
        let mut dispatches = Pipelines::new(records).dispatches(gpu, &[kernel], memory)?;
        gpu.check()?;
        let dispatch = dispatches.remove(0);
        let a_round = constant("plain/peak", "MULTIPLY_ADDS");
        Ok(Peak { gpu: gpu.clone(), dispatch, stamps: Stamps::new(gpu)?, macs: (len * ROUNDS * a_round) as u64 })
    }

    /// Seconds of so many dispatches, by the device's clock where it has one.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed or stays silent.
    pub async fn time(&self, dispatches: usize) -> Result<f64> {
        let [x, y, z] = self.dispatch.groups;
        let encode = |pass: &mut wgpu::ComputePass<'_>| {
            pass.set_pipeline(&self.dispatch.pipeline);
            pass.set_bind_group(0, &*self.dispatch.bindings, &[]);
            (0..dispatches).for_each(|_| pass.dispatch_workgroups(x, y, z));
        };
        time_pass(&self.gpu, self.stamps.as_ref(), encode).await
    }
}
