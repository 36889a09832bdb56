//! Adapter, device, and where its errors go.

use std::sync::{Arc, Mutex};

use crate::error::{Error, Remedy, Result};

use super::cache::Cache;
use super::shaders::Library;

/// An opened GPU.
pub struct Gpu {
    pub(super) device: wgpu::Device,
    pub(super) queue: wgpu::Queue,
    /// Which adapter it is.
    pub info: wgpu::AdapterInfo,
    /// Whether fused kernels of one stage go into one dispatch. That saves a launch, which should pay on a
    /// real adapter (not measured); a software one, which computes both sides of a branch, loses more than
    /// it saves.
    pub(super) merges: bool,
    pub(super) library: Library,
    pub(super) cache: Option<Cache>,
    faults: Faults,
}

/// What a listing says of an adapter.
#[derive(Debug, Clone)]
pub struct AdapterSummary {
    /// Name, type, driver and backend.
    pub info: wgpu::AdapterInfo,
    /// What it can do at most.
    pub limits: wgpu::Limits,
    /// Optional features.
    pub features: wgpu::Features,
}

/// The first error that no scope caught, and whether the device is gone: wgpu reports both through
/// callbacks, and drops errors of a lost device.
#[derive(Clone, Default)]
struct Faults(Arc<Mutex<Option<String>>>);

impl Faults {
    fn note(&self, text: String) {
        if let Ok(mut first) = self.0.lock() {
            first.get_or_insert(text);
        }
    }
}

fn instance() -> wgpu::Instance {
    wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle_from_env())
}

/// Whether an adapter is a piece of hardware rather than a program on the CPU.
pub fn is_real(info: &wgpu::AdapterInfo) -> bool {
    info.device_type != wgpu::DeviceType::Cpu
}

/// Discrete before integrated before virtual before software: an integrated GPU is often listed first.
fn rank(info: &wgpu::AdapterInfo) -> u8 {
    match info.device_type {
        wgpu::DeviceType::DiscreteGpu => 0,
        wgpu::DeviceType::IntegratedGpu => 1,
        wgpu::DeviceType::VirtualGpu => 2,
        wgpu::DeviceType::Other => 3,
        wgpu::DeviceType::Cpu => 4,
    }
}

/// Every adapter, in the system's order.
pub async fn adapters() -> Vec<AdapterSummary> {
    let found = instance().enumerate_adapters(wgpu::Backends::all()).await;
    found.iter().map(|a| AdapterSummary { info: a.get_info(), limits: a.limits(), features: a.features() }).collect()
}

/// The index of the adapter that `wanted` names (an index, or a part of a name in any case), or
/// of the best one.
///
/// # Errors
/// [`Error::NoAdapter`] saying what was found and what to do.
pub fn choose(found: &[wgpu::AdapterInfo], wanted: Option<&str>) -> Result<usize> {
    let listing = || found.iter().enumerate().map(|(i, a)| format!("{i}: {}", a.name)).collect::<Vec<_>>().join(", ");
    if found.is_empty() {
        return Err(no_driver("no GPU adapter was found".into()));
    }
    let Some(wanted) = wanted else {
        return Ok((0..found.len()).min_by_key(|&i| rank(&found[i])).unwrap_or(0));
    };
    let lower = wanted.to_lowercase();
    // Digits are a number and nothing else: a "3" in a model's name is not adapter 3.
    let fitting: Vec<usize> = match wanted.parse::<usize>() {
        Ok(i) => (0..found.len()).filter(|&f| f == i).collect(),
        Err(_) => (0..found.len()).filter(|&f| found[f].name.to_lowercase().contains(&lower)).collect(),
    };
    match fitting[..] {
        [one] => Ok(one),
        [first, ..] if fitting.iter().all(|&f| found[f].name == found[first].name) => Ok(first),
        _ => {
            let count = if fitting.is_empty() { "no" } else { "more than one" };
            let what = format!("{count} adapter {wanted:?}; found {}", listing());
            Err(Error::no_adapter(what).remedy(Remedy::NameAdapter))
        }
    }
}

fn no_driver(what: String) -> Error {
    Error::no_adapter(what).remedy(Remedy::InstallDriver).remedy(Remedy::CpuBackend)
}

/// Opens the adapter that `wanted` names, or the best one. `checked` keeps the shaders' bounds
/// checks, for tests.
///
/// # Errors
/// [`Error::NoAdapter`] where none fits or its device cannot be had.
pub async fn open(wanted: Option<&str>, checked: bool) -> Result<Gpu> {
    let mut found = instance().enumerate_adapters(wgpu::Backends::all()).await;
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
        .map_err(|e| no_driver(format!("adapter {} gave no device ({e})", info.name)))?;
    let faults = Faults::default();
    let (uncaptured, lost) = (faults.clone(), faults.clone());
    device.on_uncaptured_error(Arc::new(move |e| uncaptured.note(e.to_string())));
    device.set_device_lost_callback(move |reason, text| {
        // Dropping the device at the end reports a loss too.
        if !matches!(reason, wgpu::DeviceLostReason::Destroyed) {
            lost.note(format!("device lost: {text}"));
        }
    });
    let merges = is_real(&info);
    Ok(Gpu { device, queue, info, merges, library: Library::new(checked), cache: None, faults })
}

/// Nothing that training cannot do without: only measurements read the device's clock, and without it the
/// host's; without subgroups every operation runs as it stands in the plan; without a pipeline cache every
/// process compiles, unless its driver remembers.
fn wanted_features() -> wgpu::Features {
    wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::SUBGROUP | wgpu::Features::PIPELINE_CACHE
}

impl Gpu {
    /// Whether plans prepared from now on take merged kernels, whatever this adapter would take by itself:
    /// for tests and measurements of both.
    #[doc(hidden)]
    pub fn set_merges(&mut self, merges: bool) {
        self.merges = merges;
    }

    /// The largest buffer that a shader can bind, in bytes.
    pub fn max_binding_bytes(&self) -> u64 {
        let limits = self.device.limits();
        limits.max_storage_buffer_binding_size.min(limits.max_buffer_size)
    }

    /// Fails once anything went wrong on the device since it was opened.
    ///
    /// # Errors
    /// [`Error::Failure`] with the first fault.
    pub fn check(&self) -> Result<()> {
        let first = self.faults.0.lock().ok().and_then(|fault| fault.clone());
        first.map_or(Ok(()), |fault| Err(self.failure(&fault)))
    }

    pub(super) fn failure(&self, what: &str) -> Error {
        let what = what.split_whitespace().collect::<Vec<_>>().join(" ");
        Error::failure(format!("GPU {}: {what}", self.info.name)).remedy(Remedy::CpuBackend)
    }
}
