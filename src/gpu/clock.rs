//! The device's own clock: when a compute pass began and ended.

use crate::error::Result;

use super::device::Gpu;
use super::readback::{mapped, staging};

/// Bytes of the two timestamps.
const BYTES: u64 = 16;

/// Two timestamps and their way back to the host.
pub(super) struct Stamps {
    queries: wgpu::QuerySet,
    resolved: wgpu::Buffer,
    staging: wgpu::Buffer,
}

impl Stamps {
    /// `None` where the device has no clock to read.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed.
    pub(super) fn new(gpu: &Gpu) -> Result<Option<Self>> {
        if !gpu.features().contains(wgpu::Features::TIMESTAMP_QUERY) {
            return Ok(None);
        }
        let label = Some("timestamps");
        let queries = wgpu::QuerySetDescriptor { label, ty: wgpu::QueryType::Timestamp, count: 2 };
        let resolved = wgpu::BufferDescriptor {
            label,
            size: BYTES,
            usage: wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC,
            mapped_at_creation: false,
        };
        let (queries, resolved) =
            gpu.call(|device, _| (device.create_query_set(&queries), device.create_buffer(&resolved)))?;
        Ok(Some(Stamps { queries, resolved, staging: staging(gpu, "timestamps", BYTES)? }))
    }

    /// What the pass to be timed is begun with.
    pub(super) fn writes(&self) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        }
    }

    /// Copies the timestamps out, after that pass and in the same submission.
    pub(super) fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.staging, 0, BYTES);
    }

    /// Seconds between the timestamps of that submission.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed or stays silent, or its clock stands still.
    pub(super) async fn seconds(&self, gpu: &Gpu, submission: wgpu::SubmissionIndex) -> Result<f64> {
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&mapped(gpu, &self.staging, submission).await?);
        let period = 1e-9 * f64::from(gpu.call(|_, queue| queue.get_timestamp_period())?);
        let seconds = period * ticks[1].saturating_sub(ticks[0]) as f64;
        if seconds > 0.0 { Ok(seconds) } else { Err(gpu.failure("its clock stands still")) }
    }
}
