//! The adapters of this machine: listing them and choosing one.

use crate::error::{Error, Remedy, Result};

use super::absent::none_found;
use super::boundary::catch;
use super::device::{failing, lacks_memory, words};

/// What a listing says of an adapter.
#[derive(Debug, Clone)]
pub struct AdapterSummary {
    /// Name, type, driver and backend.
    pub info: wgpu::AdapterInfo,
    /// The most that it can do.
    pub limits: wgpu::Limits,
    /// Optional features.
    pub features: wgpu::Features,
}

/// Discrete before integrated before virtual before software adapters. The system may list an integrated
/// GPU first.
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
///
/// # Errors
/// [`Error::NoAdapter`] where the drivers fail at listing them.
pub(super) async fn enumerate() -> Result<Vec<wgpu::Adapter>> {
    // On native systems adapters are listed by the call, in a browser while its future is awaited.
    let listing = catch(|| {
        let descriptor = wgpu::InstanceDescriptor::new_without_display_handle_from_env();
        wgpu::Instance::new(descriptor).enumerate_adapters(wgpu::Backends::all())
    });
    match listing {
        Ok(found) => Ok(found.await),
        Err(panic) => {
            let what = format!("the GPU adapters cannot be listed ({})", failing(&panic));
            Err(Error::no_adapter(what).remedy(Remedy::CpuBackend))
        }
    }
}

/// What there is to know of every adapter, in the system's order.
///
/// # Errors
/// [`Error::NoAdapter`] where the drivers fail at listing them.
pub async fn adapters() -> Result<Vec<AdapterSummary>> {
    let found = enumerate().await?;
    let summary = |a: &wgpu::Adapter| AdapterSummary { info: a.get_info(), limits: a.limits(), features: a.features() };
    Ok(found.iter().map(summary).collect())
}

/// The index of the adapter that `wanted` names (an index, or a part of a name in any case), or
/// of the best one.
///
/// # Errors
/// [`Error::NoAdapter`] saying what was found and what to do.
pub fn choose(found: &[wgpu::AdapterInfo], wanted: Option<&str>) -> Result<usize> {
    let listing = || found.iter().enumerate().map(|(i, a)| format!("{i}: {}", a.name)).collect::<Vec<_>>().join(", ");
    if found.is_empty() {
        return Err(none_found());
    }
    let Some(wanted) = wanted else {
        return Ok((0..found.len()).min_by_key(|&i| rank(&found[i])).unwrap_or(0));
    };
    let lower = wanted.to_lowercase();
    // A number is an index and nothing else: "3" does not mean an adapter whose name contains a 3.
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

/// The error of an adapter that gives no device, and why.
pub(super) fn no_device(info: &wgpu::AdapterInfo, why: &str) -> Error {
    let why = words(why);
    let error = Error::no_adapter(format!("adapter {} gave no device ({why})", info.name));
    let error = if lacks_memory(&why) { error.advice("close programs that use much memory") } else { error };
    error.remedy(Remedy::CpuBackend)
}
