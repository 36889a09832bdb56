//! An opened adapter: its device, its queue, and where its errors go.

use std::sync::{Arc, Mutex};

use crate::error::{Error, Remedy, Result};

use super::adapter::{choose, enumerate, unusable};
#[cfg(feature = "files")]
use super::cache::Cache;
use super::shaders::Library;
use super::tuning::Tuning;

/// An opened GPU.
pub struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    /// Which adapter it is.
    pub info: wgpu::AdapterInfo,
    pub(super) tuning: Tuning,
    pub(super) library: Library,
    #[cfg(feature = "files")]
    cache: Option<Cache>,
    faults: Faults,
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
    let mut found = enumerate().await;
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
    let (device, queue) = adapter
        .request_device(&descriptor)
        .await
        .map_err(|e| unusable(format!("adapter {} gave no device ({e})", info.name)))?;
    let faults = Faults::default();
    let uncaptured = faults.clone();
    device.on_uncaptured_error(Arc::new(move |e| uncaptured.note(e.to_string())));
    let lost = faults.clone();
    device.set_device_lost_callback(move |reason, text| {
        // Dropping the device at the end reports a loss too.
        if !matches!(reason, wgpu::DeviceLostReason::Destroyed) {
            lost.note(format!("device lost: {text}"));
        }
    });
    let tuning = Tuning::for_adapter(&info, device.features(), &device.limits());
    Ok(Gpu {
        device,
        queue,
        info,
        tuning,
        library: Library::new(checked),
        #[cfg(feature = "files")]
        cache: None,
        faults,
    })
}

/// Features that are used where the adapter has them. Training needs none of them: without timestamps,
/// measurements take the host's clock; without subgroups, every operation runs as it is in the plan;
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
    /// adds those that it compiles. Where the adapter has no pipeline cache, nothing changes.
    ///
    /// Only this user may be able to write into `directory`: drivers trust what they find there. A missing
    /// directory is made so.
    #[cfg(feature = "files")]
    pub fn use_cache(&mut self, directory: &std::path::Path) {
        self.cache = Cache::open(&self.device, &self.info, directory);
    }

    /// Writes the pipelines compiled so far for the next process, if there are new ones. A failure is
    /// logged and is no error: the next process compiles.
    #[cfg(feature = "files")]
    pub fn save_cache(&self) {
        if let Some(cache) = &self.cache {
            cache.save();
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

    /// Fails once anything went wrong on the device since it was opened.
    ///
    /// # Errors
    /// [`Error::Failure`] with the first fault.
    pub fn check(&self) -> Result<()> {
        self.faults.first().map_or(Ok(()), |fault| Err(self.failure(&fault)))
    }

    /// The error of something that this device failed at.
    pub(super) fn failure(&self, what: &str) -> Error {
        let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        Error::failure(format!("GPU {}: {what}", self.info.name)).remedy(Remedy::CpuBackend)
    }
}
