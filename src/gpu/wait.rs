//! Waiting for the GPU: polls with a finite timeout on native, awaits in a browser.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use web_time::Instant;

use crate::error::Result;

use super::Gpu;

/// Longest wait for one submission. Submissions are cut to a fraction of a second, so a longer
/// silence is a hang; software adapters on busy machines get the benefit of the doubt.
const TIMEOUT: Duration = Duration::from_secs(120);

/// A value that a wgpu callback will deliver.
pub(super) struct Signal<T>(Arc<Mutex<(Option<T>, Option<Waker>)>>);

impl<T: Send + 'static> Signal<T> {
    pub(super) fn new() -> Self {
        Signal(Arc::new(Mutex::new((None, None))))
    }

    /// The callback's half.
    pub(super) fn sender(&self) -> impl FnOnce(T) + Send + 'static {
        let shared = self.0.clone();
        move |value| {
            if let Ok(mut state) = shared.lock() {
                state.0 = Some(value);
                if let Some(waker) = state.1.take() {
                    waker.wake();
                }
            }
        }
    }

    /// Waits for the callback of work submitted up to `submission` (or all of it).
    pub(super) async fn wait(self, gpu: &Gpu, submission: Option<wgpu::SubmissionIndex>) -> Result<T> {
        if !cfg!(target_arch = "wasm32") {
            let poll = wgpu::PollType::Wait { submission_index: submission, timeout: Some(TIMEOUT) };
            if let Err(e) = gpu.device.poll(poll) {
                gpu.check()?;
                return Err(gpu.failure(&format!("gave no answer within {} s ({e})", TIMEOUT.as_secs())));
            }
            // Where several threads share the device, another one's poll may have taken this
            // callback along and not have called it yet.
            let deadline = Instant::now() + TIMEOUT;
            loop {
                gpu.check()?;
                if let Some(value) = self.0.lock().ok().and_then(|mut state| state.0.take()) {
                    return Ok(value);
                }
                if Instant::now() >= deadline {
                    return Err(gpu.failure("finished its work without reporting it"));
                }
                std::thread::sleep(Duration::from_micros(100));
            }
        }
        let value = poll_fn(|context| match self.0.lock() {
            Ok(mut state) => match state.0.take() {
                Some(value) => Poll::Ready(Some(value)),
                None => {
                    state.1 = Some(context.waker().clone());
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
