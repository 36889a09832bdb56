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
    #[cfg(test)]
    y: wgpu::Buffer,
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
            usage: wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC,
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
        let buffers = [buffer];
        let memory = BoundBuffers { specs: &[spec], buffers: &buffers, replicas: 1 };
        let mut dispatches = Pipelines::new(records).dispatches(gpu, &[kernel], memory)?;
        gpu.check()?;
        let dispatch = dispatches.remove(0);
        let a_round = constant("plain/peak", "MULTIPLY_ADDS");
        #[cfg(test)]
        let [y] = buffers;
        Ok(Peak {
            gpu: gpu.clone(),
            dispatch,
            #[cfg(test)]
            y,
            stamps: Stamps::new(gpu)?,
            macs: (len * ROUNDS * a_round) as u64,
        })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gpu::readback::{Section, read};

    /// What each of the elements is after one and after two dispatches.
    fn values(gpu: &Gpu, peak: &Peak, len: usize) -> [Vec<f32>; 2] {
        [1, 2].map(|_| {
            pollster::block_on(peak.time(1)).unwrap();
            let section = Section { buffer: &peak.y, start: 0, len: len as u64 * 4 };
            let bytes = pollster::block_on(read(gpu, &[section])).unwrap().remove(0);
            bytemuck::pod_collect_to_vec(&bytes)
        })
    }

    #[test]
    fn every_multiply_add_counts() {
        let gpu = Arc::new(pollster::block_on(crate::gpu::open(None, false)).unwrap());
        // A last workgroup of one invocation.
        let len = 4 * constant("plain/peak", "WORKGROUP") + 1;
        // So short a pass may take no time by the device's clock.
        let peak = Peak { stamps: None, ..Peak::of(&gpu, "multiply_add", len).unwrap() };
        let mut y = 0.0f64;
        for values in values(&gpu, &peak, len) {
            let summand = y * 0.001 + 0.001;
            let sum = |k: f64| (0..ROUNDS).fold(k * summand, |sum, _| sum * (1.0 - summand) + summand);
            y = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0].map(sum).iter().sum::<f64>() / 8.0;
            assert!(values.iter().all(|&value| (f64::from(value) - y).abs() < 1e-6), "{y}: {:?}", &values[..3]);
        }
        assert_eq!(peak.macs, (len * ROUNDS * 32) as u64);
    }

    #[test]
    fn nothing_writes_nothing() {
        let gpu = Arc::new(pollster::block_on(crate::gpu::open(None, false)).unwrap());
        let len = constant("plain/peak", "WORKGROUP");
        let peak = Peak { stamps: None, ..Peak::nothing(&gpu).unwrap() };
        assert_eq!(peak.macs, 0);
        assert_eq!(values(&gpu, &peak, len), [vec![0.0; len], vec![0.0; len]]);
    }
}
