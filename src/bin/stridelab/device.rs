//! Where to train, and why there.

use std::path::PathBuf;
use std::sync::Arc;

use stridelab::backend::Backend;
use stridelab::cpu::{self, MachineInfo};
use stridelab::record::Machine;
use stridelab::{Error, Result, gpu};

use crate::args::BackendChoice;
use crate::terminal::threads;
use crate::{interrupt, memory};

/// The environment variable that replaces choices of the GPU's tuning, for measurements.
const TUNING: &str = "STRIDELAB_TUNING";

/// The backend that the options choose, and a line or two that say which and why; `doing` begins
/// them: `training`.
///
/// # Errors
/// [`Error::NoAdapter`] where a GPU is asked for and none can be had; [`Error::Usage`] for a tuning that
/// does not exist.
pub(crate) fn open(backend: BackendChoice, adapter: Option<&str>, doing: &str) -> Result<(Backend, String)> {
    let cpu = |why: &str| Ok((Backend::Cpu, format!("{doing} on the CPU, {} threads: {why}", threads())));
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
    if let Some(directory) = cache_directory() {
        pollster::block_on(gpu.use_cache(&directory));
    }
    gpu.stop_when(interrupt::stops_gpu);
    if let Ok(choices) = std::env::var(TUNING) {
        tune(gpu.tuning_mut(), &choices)?;
        log::debug!("tuning: {}", gpu.tuning());
    }
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

/// Where this user's programs keep what they can make again; `None` where no variable says it.
fn cache_directory() -> Option<PathBuf> {
    let of = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) { of("LOCALAPPDATA") } else { of("XDG_CACHE_HOME") };
    base.or_else(|| Some(of("HOME")?.join(".cache"))).map(|base| base.join("stridelab"))
}

/// Replaces what is chosen for the adapter by `choices`, such as `merge=1,slices=16`.
fn tune(tuning: &mut gpu::Tuning, choices: &str) -> Result<()> {
    let choices = choices.split(',').map(str::trim).filter(|choice| !choice.is_empty());
    for choice in choices {
        let (name, value) = choice.split_once('=').unwrap_or((choice, ""));
        tuning.set(name, value).map_err(|error| error.at(TUNING))?;
    }
    Ok(())
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
