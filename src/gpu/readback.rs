//! Waiting for the GPU, and reading its buffers back.
//!
//! On native systems waiting polls the device with a finite timeout; in a browser it yields to the event
//! loop, which calls wgpu's callbacks.

use std::sync::{Arc, Mutex};

use crate::error::Result;

use super::device::Gpu;

/// A value that a callback of wgpu will deliver.
pub(super) struct Signal<T>(Arc<Mutex<SignalState<T>>>);

struct SignalState<T> {
    value: Option<T>,
    /// The task that waits for the value, in a browser.
    #[cfg(target_arch = "wasm32")]
    waker: Option<std::task::Waker>,
}

impl<T: Send + 'static> Signal<T> {
    pub(super) fn new() -> Self {
        Signal(Arc::new(Mutex::new(SignalState {
            value: None,
            #[cfg(target_arch = "wasm32")]
            waker: None,
        })))
    }

    /// The callback that delivers the value.
    pub(super) fn sender(&self) -> impl FnOnce(T) + Send + 'static {
        let shared = self.0.clone();
        move |value| {
            if let Ok(mut state) = shared.lock() {
                state.value = Some(value);
                #[cfg(target_arch = "wasm32")]
                if let Some(waker) = state.waker.take() {
                    waker.wake();
                }
            }
        }
    }

    /// Waits for the callback of work submitted up to `submission`.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed or stays silent, [`crate::Error::Interrupted`] where it is
    /// asked to stop and the device does not end what it does within two seconds.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) async fn wait(self, gpu: &Gpu, submission: wgpu::SubmissionIndex) -> Result<T> {
        use std::time::{Duration, Instant};

        use crate::error::Error;

        /// The longest wait for one submission. A submission is cut to a fraction of a second, so a longer
        /// silence is a hang, also on a software adapter on a busy machine.
        const TIMEOUT: Duration = Duration::from_secs(120);
        /// How long the driver blocks before it is looked whether to go on waiting.
        const TURN: Duration = Duration::from_millis(100);
        /// How long work may still take once it is asked to stop: most ends within a fraction of that, and is
        /// not lost.
        const GRACE: Duration = Duration::from_secs(2);

        // In its own turns: other threads that share the device have theirs meanwhile.
        let mut waited = Duration::ZERO;
        let mut asked: Option<Instant> = None;
        loop {
            let turn = gpu.turn();
            // The turn of another thread may have delivered it.
            if let Some(value) = self.take() {
                return gpu.check().map(|()| value);
            }
            let start = Instant::now();
            let poll = wgpu::PollType::Wait { submission_index: Some(submission.clone()), timeout: Some(TURN) };
            let polled = gpu.call(|device, _| device.poll(poll))?;
            drop(turn);
            if let Some(value) = self.take() {
                return gpu.check().map(|()| value);
            }
            if gpu.asked_to_stop() && asked.get_or_insert_with(Instant::now).elapsed() >= GRACE {
                return Err(gpu.abandon(Error::Interrupted));
            }
            match polled {
                Err(wgpu::PollError::Timeout) if waited < TIMEOUT => std::thread::yield_now(),
                // wgpu may have tied the callback to what another thread has submitted since.
                Ok(_) if waited < TIMEOUT => std::thread::sleep(Duration::from_micros(50)),
                Ok(_) => return Err(gpu.failure("finished its work without reporting it")),
                Err(e) => {
                    gpu.check()?;
                    let what = format!("gave no answer within {} s ({e})", TIMEOUT.as_secs());
                    return Err(gpu.abandon(gpu.failure(&what)));
                }
            }
            waited += start.elapsed();
        }
    }

    /// What the callback has delivered.
    #[cfg(not(target_arch = "wasm32"))]
    fn take(&self) -> Option<T> {
        self.0.lock().ok().and_then(|mut state| state.value.take())
    }

    /// Waits for the callback of work submitted up to `submission`.
    #[cfg(target_arch = "wasm32")]
    pub(super) async fn wait(self, gpu: &Gpu, _submission: wgpu::SubmissionIndex) -> Result<T> {
        use std::task::Poll;

        let value = std::future::poll_fn(|context| match self.0.lock() {
            Ok(mut state) => match state.value.take() {
                Some(value) => Poll::Ready(Some(value)),
                None => {
                    state.waker = Some(context.waker().clone());
                    Poll::Pending
                }
            },
            Err(_) => Poll::Ready(None),
        });
        let value = value.await;
        gpu.check()?;
        value.ok_or_else(|| gpu.failure("finished its work without reporting it"))
    }
}

impl Signal<()> {
    /// A signal that all work submitted so far is done.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where the device failed.
    pub(super) fn of_work(gpu: &Gpu) -> Result<Self> {
        let done = Signal::new();
        let sender = done.sender();
        gpu.call(|_, queue| queue.on_submitted_work_done(move || sender(())))?;
        Ok(done)
    }
}

/// A range of bytes of a buffer.
pub(super) struct Section<'a> {
    pub buffer: &'a wgpu::Buffer,
    /// The first byte, a multiple of four.
    pub start: u64,
    pub len: u64,
}

/// Copies sections of buffers to the host after all work so far, in one submission and one mapping.
///
/// # Errors
/// [`crate::Error::Failure`] where the device failed or stays silent.
pub(super) async fn read(gpu: &Gpu, sections: &[Section<'_>]) -> Result<Vec<Vec<u8>>> {
    if sections.is_empty() {
        return Ok(Vec::new());
    }
    // Copies are made in whole words; every section starts at one.
    let padded = |section: &Section<'_>| section.len.next_multiple_of(4).max(4);
    let staging = staging(gpu, "read back", sections.iter().map(padded).sum())?;
    let mut starts = Vec::new();
    let submission = gpu.call(|device, queue| {
        let mut encoder = device.create_command_encoder(&wgpu::CommandEncoderDescriptor::default());
        let mut end = 0;
        for section in sections {
            encoder.copy_buffer_to_buffer(section.buffer, section.start, &staging, end, padded(section));
            starts.push(end as usize);
            end += padded(section);
        }
        let _turn = gpu.turn();
        queue.submit([encoder.finish()])
    })?;
    let bytes = mapped(gpu, &staging, submission).await?;
    let parts = starts.iter().zip(sections);
    Ok(parts.map(|(&start, section)| bytes[start..start + section.len as usize].to_vec()).collect())
}

/// A buffer that the device copies to and the host reads.
///
/// # Errors
/// [`crate::Error::Failure`] where the device failed.
pub(super) fn staging(gpu: &Gpu, label: &str, size: u64) -> Result<wgpu::Buffer> {
    let descriptor = wgpu::BufferDescriptor {
        label: Some(label),
        size,
        usage: wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    };
    gpu.call(|device, _| device.create_buffer(&descriptor))
}

/// What a staging buffer holds after that submission.
///
/// # Errors
/// [`crate::Error::Failure`] where the device failed or stays silent.
pub(super) async fn mapped(gpu: &Gpu, staging: &wgpu::Buffer, submission: wgpu::SubmissionIndex) -> Result<Vec<u8>> {
    let signal = Signal::new();
    gpu.call(|_, _| staging.map_async(wgpu::MapMode::Read, .., signal.sender()))?;
    let failed = |e: &dyn std::fmt::Display| gpu.failure(&format!("cannot read back ({e})"));
    signal.wait(gpu, submission).await?.map_err(|e| failed(&e))?;
    gpu.call(|_, _| {
        let bytes = staging.get_mapped_range(..).map(|range| range.to_vec());
        staging.unmap();
        bytes
    })?
    .map_err(|e| failed(&e))
}
