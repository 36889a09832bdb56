//! The device's own clock: when a compute pass began and ended.

use web_time::Instant;

use crate::error::Result;

use super::device::Gpu;
use super::readback::{Signal, mapped, staging};

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
    fn writes(&self) -> wgpu::ComputePassTimestampWrites<'_> {
        wgpu::ComputePassTimestampWrites {
            query_set: &self.queries,
            beginning_of_pass_write_index: Some(0),
            end_of_pass_write_index: Some(1),
        }
    }

    /// Copies the timestamps out, after that pass and in the same submission.
    fn resolve(&self, encoder: &mut wgpu::CommandEncoder) {
        encoder.resolve_query_set(&self.queries, 0..2, &self.resolved, 0);
        encoder.copy_buffer_to_buffer(&self.resolved, 0, &self.staging, 0, BYTES);
    }

    /// Seconds between the timestamps of that submission.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed or stays silent, or its clock stands still.
    async fn seconds(&self, gpu: &Gpu, submission: wgpu::SubmissionIndex) -> Result<f64> {
        let ticks: Vec<u64> = bytemuck::pod_collect_to_vec(&mapped(gpu, &self.staging, submission).await?);
        let period = 1e-9 * f64::from(gpu.call(|_, queue| queue.get_timestamp_period())?);
        let seconds = period * ticks[1].saturating_sub(ticks[0]) as f64;
        if seconds > 0.0 { Ok(seconds) } else { Err(gpu.failure("its clock stands still")) }
    }
}

/// Submits one compute pass and waits for it. Seconds that it took: by the device's clock or, without stamps, by the
/// host's, which adds the submission and the wait.
///
/// # Errors
/// [`crate::Error::Failure`] where the device failed or stays silent.
pub(super) async fn time_pass(
    gpu: &Gpu,
    stamps: Option<&Stamps>,
    encode: impl FnOnce(&mut wgpu::ComputePass<'_>),
) -> Result<f64> {
    let start = Instant::now();
    let submission = gpu.call(|device, queue| {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let timestamp_writes = stamps.map(Stamps::writes);
        let mut pass = encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: None, timestamp_writes });
        encode(&mut pass);
        drop(pass);
        if let Some(stamps) = stamps {
            stamps.resolve(&mut encoder);
        }
        let _turn = gpu.turn();
        queue.submit([encoder.finish()])
    })?;
    if let Some(stamps) = stamps {
        return stamps.seconds(gpu, submission).await;
    }
    Signal::of_work(gpu)?.wait(gpu, submission).await?;
    Ok(start.elapsed().as_secs_f64())
}
