//! A program's dispatches and its step records.

use std::ops::Range;

use crate::error::Result;
use crate::plan::{self, StepRecord};

use super::boundary::Guarded;
use super::device::Gpu;
use super::kernels::Kernel;
use super::pipeline::Dispatch;

/// Bytes between step records: WebGPU's alignment of dynamic offsets.
const RECORD_STRIDE: usize = 256;

/// A program on a GPU.
pub(super) struct GpuProgram {
    pub kernels: Vec<Kernel>,
    /// The kernels' dispatches, once the program has been used.
    pub dispatches: Option<Vec<Dispatch>>,
    records: wgpu::Buffer,
    record_bindings: Guarded<wgpu::BindGroup>,
}

/// How a shader is given the record of its step: a uniform buffer at a dynamic offset.
///
/// # Errors
/// [`crate::Error::Failure`] where the device failed.
pub(super) fn record_layout(gpu: &Gpu) -> Result<wgpu::BindGroupLayout> {
    let descriptor = wgpu::BindGroupLayoutDescriptor {
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
    };
    gpu.call(|device, _| device.create_bind_group_layout(&descriptor))
}

impl GpuProgram {
    /// Allocates the program's records. Its kernels are compiled later.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed.
    pub(super) fn new(
        gpu: &Gpu,
        program: &plan::Program,
        kernels: Vec<Kernel>,
        layout: &wgpu::BindGroupLayout,
    ) -> Result<Self> {
        let descriptor = wgpu::BufferDescriptor {
            label: Some(program.name),
            size: (program.max_steps.max(1) * RECORD_STRIDE) as u64,
            usage: wgpu::BufferUsages::UNIFORM | wgpu::BufferUsages::COPY_DST,
            mapped_at_creation: false,
        };
        let size = std::num::NonZeroU64::new(size_of::<StepRecord>() as u64);
        let (records, record_bindings) = gpu.call(|device, _| {
            let records = device.create_buffer(&descriptor);
            let record = wgpu::BufferBinding { buffer: &records, offset: 0, size };
            let bindings = device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(program.name),
                layout,
                entries: &[wgpu::BindGroupEntry { binding: 0, resource: wgpu::BindingResource::Buffer(record) }],
            });
            (records, bindings)
        })?;
        Ok(GpuProgram { kernels, dispatches: None, records, record_bindings: Guarded::new(record_bindings) })
    }

    /// Writes the records of its steps.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed.
    pub(super) fn set_records(&self, gpu: &Gpu, records: &[StepRecord]) -> Result<()> {
        let mut bytes = vec![0u8; records.len() * RECORD_STRIDE];
        for (slot, record) in bytes.chunks_exact_mut(RECORD_STRIDE).zip(records) {
            slot[..size_of::<StepRecord>()].copy_from_slice(bytemuck::bytes_of(record));
        }
        gpu.call(|_, queue| queue.write_buffer(&self.records, 0, &bytes))
    }

    /// Encodes a range of steps.
    pub(super) fn encode(&self, pass: &mut wgpu::ComputePass<'_>, steps: Range<usize>) {
        for step in steps {
            for dispatch in self.dispatches.iter().flatten() {
                self.encode_dispatch(pass, dispatch, step);
            }
        }
    }

    /// Encodes one kernel of the first step so many times.
    pub(super) fn encode_one(&self, pass: &mut wgpu::ComputePass<'_>, kernel: usize, repeats: usize) {
        let dispatches = self.dispatches.iter().flatten().skip(kernel).take(1);
        for dispatch in dispatches.flat_map(|dispatch| std::iter::repeat_n(dispatch, repeats)) {
            self.encode_dispatch(pass, dispatch, 0);
        }
    }

    /// Encodes each kernel of the first step so many times, one kernel after the other.
    pub(super) fn encode_all(&self, pass: &mut wgpu::ComputePass<'_>, repeats: usize) {
        (0..self.kernels.len()).for_each(|kernel| self.encode_one(pass, kernel, repeats));
    }

    fn encode_dispatch(&self, pass: &mut wgpu::ComputePass<'_>, dispatch: &Dispatch, step: usize) {
        pass.set_pipeline(&dispatch.pipeline);
        pass.set_bind_group(0, &*dispatch.bindings, &[]);
        if dispatch.uses_record {
            pass.set_bind_group(1, &*self.record_bindings, &[(step * RECORD_STRIDE) as u32]);
        }
        let [x, y, z] = dispatch.groups;
        pass.dispatch_workgroups(x, y, z);
    }
}
