//! Where to train, and why there.

use std::sync::Arc;

use stridelab::backend::Backend;
use stridelab::cpu::{self, MachineInfo};
use stridelab::record::Machine;
use stridelab::{Error, Result, gpu};

use crate::args::{BackendChoice, TuningChoice};
use crate::terminal::threads;
use crate::{interrupt, memory, tuning};

/// The backend that the options choose, and a line or two that say which and why; `doing` begins
/// them: `training`.
///
/// # Errors
/// [`Error::NoAdapter`] where a GPU is asked for and none can be had; [`Error::Usage`] or [`Error::Data`] for a tuning
/// that does not exist.
pub(crate) fn open(
    backend: BackendChoice,
    adapter: Option<&str>,
    tuning: &TuningChoice,
    doing: &str,
) -> Result<(Backend, String)> {
    let cpu = |why: &str| {
        tuning::pass_over(tuning)?;
        Ok((Backend::Cpu, format!("{doing} on the CPU, {} threads: {why}", threads())))
    };
    if backend == BackendChoice::Cpu {
        return cpu("as asked");
    }
    let choice = backend == BackendChoice::Auto && adapter.is_none();
    match memory::check_gpu() {
        Err(error) if choice => return cpu(error.problem().map_or("", |problem| &problem.what)),
        checked => checked?,
    }
    if choice {
        let found = match pollster::block_on(gpu::adapters()) {
            Err(Error::NoAdapter(problem)) => return cpu(&problem.what),
            found => found?,
        };
        let infos: Vec<_> = found.into_iter().map(|adapter| adapter.info).collect();
        for info in &infos {
            log::debug!("adapter {} ({:?}, {:?}), driver {}", info.name, info.device_type, info.backend, driver(info));
        }
        match gpu::choose(&infos, None) {
            Ok(i) if gpu::is_real(&infos[i]) => {}
            Ok(i) => {
                let name = &infos[i].name;
                return cpu(&format!("no GPU was found\n{name} is a software adapter: --backend gpu takes it"));
            }
            Err(Error::NoAdapter(problem)) => {
                return cpu(&format!("{} (stridelab devices says what would help)", problem.what));
            }
            Err(error) => return Err(error),
        }
    }
    let mut gpu = match pollster::block_on(gpu::open(adapter, false)) {
        // An adapter that is listed and gives no device is as good as none.
        Err(Error::NoAdapter(problem)) if choice => return cpu(&problem.what),
        opened => opened?,
    };
    let directory = tuning::cache_directory();
    if let Some(directory) = &directory {
        pollster::block_on(gpu.use_cache(directory));
    }
    gpu.stop_when(interrupt::stops_gpu);
    tuning::apply(&mut gpu, tuning, directory.as_deref())?;
    log::debug!("tuning, {}: {}", gpu.tuning().origin, gpu.tuning());
    let name = format!("{doing} on {} ({:?})", gpu.info.name, gpu.info.backend);
    let line = match gpu::is_real(&gpu.info) {
        true => format!("{name}, {}", kind(&gpu.info)),
        false => format!("{name}\nnotice: this is a software adapter, which computes on the CPU"),
    };
    Ok((Backend::Gpu(Arc::new(gpu)), line))
}

/// What a run on this backend computes on.
pub(crate) fn machine(backend: &Backend) -> Machine {
    let processor = processor();
    let MachineInfo { threads, instruction_set } = cpu::machine();
    let machine = Machine {
        backend: backend.name().into(),
        threads,
        instruction_set: instruction_set.into(),
        ..Machine::default()
    };
    match backend {
        Backend::Cpu => Machine { adapter: processor.clone(), cpu: processor, ..machine },
        Backend::Gpu(gpu) => Machine {
            adapter: gpu.info.name.clone(),
            driver: driver(&gpu.info),
            software: !gpu::is_real(&gpu.info),
            cpu: processor,
            kernels: serde_json::to_value(gpu.tuning()).unwrap_or_default(),
            tuning: gpu.tuning().origin.clone(),
            ..machine
        },
    }
}

/// The processor's model name where the system tells, else its architecture.
fn processor() -> String {
    let model = std::fs::read_to_string("/proc/cpuinfo").ok().and_then(|text| model_name(&text));
    model.unwrap_or_else(|| format!("{} CPU", std::env::consts::ARCH))
}

/// The first `model name` that Linux lists.
fn model_name(cpuinfo: &str) -> Option<String> {
    let line = cpuinfo.lines().find_map(|line| line.strip_prefix("model name"))?;
    Some(line.trim_start().strip_prefix(':')?.trim().to_string())
}

/// Keeps what the GPU's driver compiled for the next process.
pub(crate) fn keep_compiled(backend: &Backend) {
    if let Backend::Gpu(gpu) = backend {
        gpu.save_cache();
    }
}

/// What sort of device an adapter is, for people.
pub(crate) fn kind(info: &wgpu::AdapterInfo) -> &'static str {
    match info.device_type {
        wgpu::DeviceType::DiscreteGpu => "a discrete GPU",
        wgpu::DeviceType::IntegratedGpu => "an integrated GPU",
        wgpu::DeviceType::VirtualGpu => "a virtual GPU",
        wgpu::DeviceType::Other => "a GPU of an unknown kind",
        wgpu::DeviceType::Cpu => "a software adapter",
    }
}

/// The driver's name and version.
pub(crate) fn driver(info: &wgpu::AdapterInfo) -> String {
    format!("{} {}", info.driver, info.driver_info).trim().into()
}
