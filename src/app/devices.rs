//! `stridelab devices`: what there is to run on.

use stridelab::gpu::{adapters, choose, is_real};
use stridelab::{Error, Result};

use super::print;

/// Prints every adapter with the limits that matter, and which would be chosen and why.
pub fn run() -> Result<()> {
    let found = pollster::block_on(adapters());
    let infos: Vec<_> = found.iter().map(|a| a.info.clone()).collect();
    let chosen = choose(&infos, None).ok();
    let mut text = String::new();
    for (i, adapter) in found.iter().enumerate() {
        let (info, limits) = (&adapter.info, &adapter.limits);
        let kind = if is_real(info) { "hardware" } else { "software" };
        let driver = format!("{} {}", info.driver, info.driver_info);
        text += &format!("{i}: {} ({kind}, {:?}, {})\n", info.name, info.backend, driver.trim());
        text += &format!(
            "   {} MiB a binding, {} MiB a buffer, {} invocations a workgroup, {} KiB shared memory, {} storage buffers a stage\n",
            limits.max_storage_buffer_binding_size >> 20,
            limits.max_buffer_size >> 20,
            limits.max_compute_invocations_per_workgroup,
            limits.max_compute_workgroup_storage_size >> 10,
            limits.max_storage_buffers_per_shader_stage,
        );
        let has = |feature, name| {
            if adapter.features.contains(feature) { format!("{name} yes") } else { format!("{name} no") }
        };
        text += &format!(
            "   {}, {}, {}\n",
            has(wgpu::Features::TIMESTAMP_QUERY, "timestamps"),
            has(wgpu::Features::SUBGROUP, "subgroups"),
            has(wgpu::Features::PIPELINE_CACHE, "pipeline cache"),
        );
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    text += &format!("cpu: {cores} threads\n\n");
    text += &match chosen {
        Some(i) if is_real(&infos[i]) => {
            format!("--backend auto and gpu choose {i}: the first discrete, else integrated GPU\n")
        }
        Some(i) => format!(
            "--backend auto chooses cpu: {i} is a software adapter, slower than the CPU itself; --backend gpu takes {i}\n"
        ),
        None => "--backend auto chooses cpu: no adapter was found\n".into(),
    };
    print(&text)?;
    match choose(&infos, None) {
        Err(error @ Error::NoAdapter(_)) => Err(error),
        _ => Ok(()),
    }
}
