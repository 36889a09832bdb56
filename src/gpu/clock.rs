//! The device's own clock: when a submission's pass began and ended.

use crate::error::Result;

use super::Gpu;
use super::wait::Signal;

/// Bytes of the two stamps.
const BYTES: u64 = 16;

/// Two timestamps and the way back to the host.
pub(super) struct Stamps {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    staging: wgpu::Buffer,
}

impl Stamps {
    /// `None` where the device has no clock to read.
    pub fn new(gpu: &Gpu) -> Option<Self> {
        if !gpu.device.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return None;
        }
        let buffer = |usage| {
            let label = Some("timestamps");
            gpu.device.create_buffer(&wgpu::BufferDescriptor { label, size: BYTES, usage, mapped_at_creation: false })
        };
        let descriptor =
            wgpu::QuerySetDescriptor { label: Some("timestamps"), ty: wgpu::QueryType::Timestamp, count: 2 };
        Some(Stamps {
            queries: gpu.device.create_query_set(&descriptor),
            resolved: buffer(wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC),
            staging: buffer(wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST),
        })
    }

    /// For the pass to be timed.
    pub fn writes(&self) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        }
    }

    /// After that pass, in the same submission.
    pub fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.staging, 0, BYTES);
    }

    /// Seconds between the stamps of that submission.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed or stays silent.
    pub async fn seconds(&self, gpu: &Gpu, submission: wgpu::SubmissionIndex) -> Result<f64> {
        let mapped = Signal::new();
        self.staging.map_async(wgpu::MapMode::Read, .., mapped.sender());
        let failed = |e: &dyn std::fmt::Display| gpu.failure(&format!("cannot read its clock ({e})"));
        mapped.wait(gpu, Some(submission)).await?.map_err(|e| failed(&e))?;
        let ticks: Vec<u64> = {
            let bytes = self.staging.get_mapped_range(..).map_err(|e| failed(&e))?;
            bytemuck::pod_collect_to_vec(&bytes[..])
        };
        self.staging.unmap();
        let seconds = 1e-9 * f64::from(gpu.queue.get_timestamp_period()) * ticks[1].saturating_sub(ticks[0]) as f64;
        if seconds > 0.0 { Ok(seconds) } else { Err(failed(&"it stands still")) }
    }
}
