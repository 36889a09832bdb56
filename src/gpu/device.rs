//! An opened adapter: its device, its queue, and where its errors go.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use crate::error::{Error, Remedy, Result};

use super::adapter::{choose, enumerate, no_device};
use super::boundary::{Guarded, catch};
#[cfg(feature = "files")]
use super::cache::Cache;
use super::shaders::Library;
use super::tuning::Tuning;

/// An opened GPU.
pub struct Gpu {
    device: Guarded<wgpu::Device>,
    queue: Guarded<wgpu::Queue>,
    /// Which adapter it is.
    pub info: wgpu::AdapterInfo,
    pub(super) tuning: Tuning,
    pub(super) library: Library,
    #[cfg(feature = "files")]
    cache: Option<Cache>,
    faults: Faults,
    /// Why nobody waits for the device any more.
    abandoned: OnceLock<Error>,
    turn: Mutex<()>,
    stop: Option<Box<dyn Fn() -> bool + Send + Sync>>,
}

/// The first error that no error scope caught, a lost device included. wgpu reports both through callbacks,
/// and drops the errors of a device that is lost.
#[derive(Clone, Default)]
struct Faults(Arc<Mutex<Option<String>>>);

impl Faults {
    fn note(&self, text: String) {
        if let Ok(mut first) = self.0.lock() {
            first.get_or_insert(text);
        }
    }

    fn first(&self) -> Option<String> {
        self.0.lock().ok().and_then(|fault| fault.clone())
    }
}

/// Opens the adapter that `wanted` names, or the best one. `checked` keeps the shaders' bounds
/// checks, for tests.
///
/// # Errors
/// [`Error::NoAdapter`] where none fits or its device cannot be had.
pub async fn open(wanted: Option<&str>, checked: bool) -> Result<Gpu> {
    let mut found = enumerate().await?;
    let infos: Vec<_> = found.iter().map(wgpu::Adapter::get_info).collect();
    let adapter = found.swap_remove(choose(&infos, wanted)?);
    let info = adapter.get_info();
    let descriptor = wgpu::DeviceDescriptor {
        label: Some("stridelab"),
        required_features: adapter.features() & wanted_features(),
        required_limits: adapter.limits(),
        memory_hints: wgpu::MemoryHints::Performance,
        ..Default::default()
    };
    // On native systems the device is made by the call, in a browser while its future is awaited.
    let (device, queue) = match catch(|| adapter.request_device(&descriptor)) {
        Ok(request) => request.await.map_err(|e| no_device(&info, &e.to_string()))?,
        Err(panic) => return Err(no_device(&info, failing(&panic))),
    };
    let faults = Faults::default();
    let uncaptured = faults.clone();
    device.on_uncaptured_error(Arc::new(move |e| uncaptured.note(e.to_string())));
    let lost = faults.clone();
    device.set_device_lost_callback(move |reason, text| {
        // Dropping the device at the end reports a loss too.
        if !matches!(reason, wgpu::DeviceLostReason::Destroyed) {
            lost.note(loss(&text));
        }
    });
    let tuning = Tuning::for_adapter(&info, device.features(), &device.limits());
    Ok(Gpu {
        device: Guarded::new(device),
        queue: Guarded::new(queue),
        info,
        tuning,
        library: Library::new(checked),
        #[cfg(feature = "files")]
        cache: None,
        faults,
        abandoned: OnceLock::new(),
        turn: Mutex::new(()),
        stop: None,
    })
}

/// Features that are used where the adapter has them. Training needs none of them: without timestamps,
/// measurements take the host's clock; without subgroups, kernels by tiles run, or every operation as it is in the plan;
/// without a pipeline cache, every process compiles its pipelines, unless the driver keeps them.
fn wanted_features() -> wgpu::Features {
    wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::SUBGROUP | wgpu::Features::PIPELINE_CACHE
}

impl Gpu {
    /// What was chosen for this adapter.
    pub fn tuning(&self) -> &Tuning {
        &self.tuning
    }

    /// The same, to replace choices in plans that are prepared from now on: for measurements and tests.
    pub fn tuning_mut(&mut self) -> &mut Tuning {
        &mut self.tuning
    }

    /// The largest buffer that a shader can bind, in bytes.
    pub fn max_binding_bytes(&self) -> u64 {
        let limits = self.device.limits();
        limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)
    }

    /// Takes compiled pipelines from a file in `directory` from now on, where one fits this adapter, and
    /// adds those that it compiles. A file that does not fit is replaced. Where the adapter has no pipeline
    /// cache, nothing changes.
    ///
    /// Only this user may be able to write into `directory`: drivers trust what they find there. A missing
    /// directory is made so.
    #[cfg(feature = "files")]
    pub async fn use_cache(&mut self, directory: &std::path::Path) {
        self.cache = Cache::open(self, directory).await;
    }

    /// Writes the pipelines compiled so far for the next process, if there are new ones. A failure is
    /// logged and is no error: the next process compiles.
    #[cfg(feature = "files")]
    pub fn save_cache(&self) {
        if let Some(cache) = &self.cache {
            cache.save(self);
        }
    }

    /// Removes the file that pipelines were taken from, after the device has failed at one.
    pub(super) fn distrust_cache(&self) {
        #[cfg(feature = "files")]
        if let Some(cache) = &self.cache {
            cache.distrust();
        }
    }

    /// The driver's cache of pipelines, where there is one.
    #[cfg(feature = "files")]
    pub(super) fn pipeline_cache(&self) -> Option<&wgpu::PipelineCache> {
        self.cache.as_ref().map(Cache::pipelines)
    }

    /// Without files there is no cache of pipelines.
    #[cfg(not(feature = "files"))]
    pub(super) fn pipeline_cache(&self) -> Option<&wgpu::PipelineCache> {
        None
    }

    /// Asks `stop` several times a second while the device is waited for, and between pipelines. Once it says yes,
    /// no pipeline is begun, and a wait ends after a short grace, both with [`Error::Interrupted`].
    pub fn stop_when(&mut self, stop: impl Fn() -> bool + Send + Sync + 'static) {
        self.stop = Some(Box::new(stop));
    }

    /// Whether it is asked to stop.
    pub(super) fn asked_to_stop(&self) -> bool {
        self.stop.as_ref().is_some_and(|stop| stop())
    }

    /// Optional features that the device has.
    pub(super) fn features(&self) -> wgpu::Features {
        self.device.features()
    }

    /// Collects this thread's errors of that kind until it is popped.
    pub(super) fn error_scope(&self, filter: wgpu::ErrorFilter) -> wgpu::ErrorScopeGuard {
        self.device.push_error_scope(filter)
    }

    /// Calls wgpu. All calls that may reach the driver go through here.
    ///
    /// # Errors
    /// [`Error::Failure`] where wgpu panicked, and once anything has failed: nothing is called then.
    pub(super) fn call<T>(&self, call: impl FnOnce(&wgpu::Device, &wgpu::Queue) -> T) -> Result<T> {
        self.check()?;
        catch(|| call(&self.device, &self.queue)).or_else(|panic| {
            // Where the device was lost, wgpu has reported why before it panicked.
            self.faults.note(failing(&panic).into());
            self.check().and_then(|()| Err(self.failure("failed")))
        })
    }

    /// Submissions and waits of several threads take turns. wgpu-core asserts that no other thread collects what was
    /// submitted while one waits for it and its time runs out (`Device::maintain`).
    pub(super) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives up waiting for the device, which may be at work for ever. From now on every use of it fails.
    #[cfg(not(target_arch = "wasm32"))]
    pub(super) fn abandon(&self, error: Error) -> Error {
        self.abandoned.get_or_init(|| error).clone()
    }

    /// Fails once anything went wrong on the device since it was opened.
    ///
    /// # Errors
    /// [`Error::Failure`] with the first fault; what the wait that was given up for the device ended with.
    pub fn check(&self) -> Result<()> {
        if let Some(error) = self.abandoned.get() {
            return Err(error.clone());
        }
        self.faults.first().map_or(Ok(()), |fault| Err(self.failure(&fault)))
    }

    /// The error of something that this device failed at.
    pub(super) fn failure(&self, what: &str) -> Error {
        let what = words(what);
        let error = Error::failure(format!("GPU {}: {what}", self.info.name));
        let error = if lacks_memory(&what) { error.remedy(Remedy::SmallerBatch) } else { error };
        error.remedy(Remedy::CpuBackend)
    }
}

impl Drop for Gpu {
    /// wgpu waits for a device that it drops until the device is idle, and panics where it cannot be. So a device
    /// that has failed, or that nobody waits for any more, is kept: what it holds is free when the process ends.
    fn drop(&mut self) {
        if self.check().is_err() {
            std::mem::forget((wgpu::Device::clone(&self.device), wgpu::Queue::clone(&self.queue)));
        }
    }
}

/// A message of wgpu, which may be of several lines, as one.
pub(super) fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").trim_end_matches('.').into()
}

/// What the text that comes with the loss of a device says.
fn loss(text: &str) -> String {
    if lacks_memory(text) {
        return "out of memory".into();
    }
    match text {
        "Device is lost" => "the device was lost".into(),
        "Unexpected error variant (driver implementation is at fault)" => "its driver failed".into(),
        other => format!("the device was lost: {other}"),
    }
}

/// What a panic of wgpu says of the driver: in wgpu's own words it is a riddle, which goes to the log.
pub(super) fn failing(panic: &str) -> &'static str {
    log::debug!("wgpu panicked: {panic}");
    if lacks_memory(panic) { "out of memory" } else { "its driver failed" }
}

/// Whether a message of wgpu says that memory ran out: it has several errors for that, and some are known by
/// nothing else.
pub(super) fn lacks_memory(text: &str) -> bool {
    text.to_lowercase().contains("memory")
}
