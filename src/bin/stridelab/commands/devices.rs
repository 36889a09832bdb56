//! `stridelab devices`: what there is to run on.

use stridelab::Result;
use stridelab::gpu::{AdapterSummary, KeptTuning, Tuning, adapters, choose, is_real};

use crate::device::{driver, kind};
use crate::memory;
use crate::terminal::{print, threads};
use crate::tuning::cache_directory;

/// Prints every adapter with the limits that matter, and which would be chosen and why.
pub(crate) fn run() -> Result<()> {
    memory::check_gpu()?;
    let found = pollster::block_on(adapters())?;
    let infos: Vec<_> = found.iter().map(|adapter| adapter.info.clone()).collect();
    let mut text: String = found.iter().enumerate().map(|(i, adapter)| describe(i, adapter)).collect();
    text += &format!("CPU: {} threads\n\n", threads());
    let rule = match found.len() {
        1 => "",
        _ => "\n(discrete GPUs come before integrated ones, software adapters last)",
    };
    text += &match choose(&infos, None) {
        Ok(i) if is_real(&infos[i]) => {
            format!("--backend auto and --backend gpu take adapter {i}, {}{rule}\n", kind(&infos[i]))
        }
        Ok(i) => format!(
            "--backend auto takes the CPU: no GPU was found\n\
             --backend gpu takes adapter {i}, {}: it computes on the CPU{rule}\n",
            kind(&infos[i]),
        ),
        Err(error) => format!("--backend auto takes the CPU\n--backend gpu has nothing to take: {error}\n"),
    };
    print(&text)
}

fn describe(index: usize, adapter: &AdapterSummary) -> String {
    let (info, limits) = (&adapter.info, &adapter.limits);
    let mut tuning = Tuning::for_adapter(info, adapter.features, limits);
    // Kept files that cannot be applied are not loaded.
    let directory = cache_directory();
    let kept = directory.and_then(|directory| KeptTuning::load(&directory, info, &tuning));
    let _ = kept.map_or(Ok(()), |kept| kept.apply(&mut tuning));
    let origin = match tuning.origin.as_str() {
        "default" => "default, not measured: stridelab tune does",
        origin => origin,
    };
    let has = |feature| if adapter.features.contains(feature) { "yes" } else { "no" };
    format!(
        "{index}: {}\n   {}, {:?}, driver {}\n   {} MiB a binding, {} MiB a buffer, {} storage buffers a stage\n   \
         {} invocations and {} KiB shared memory a workgroup\n   \
         timestamps: {}, subgroups: {} of {} to {} lanes, pipeline cache: {}\n   \
         tuning, {origin}:\n     {}\n",
        info.name,
        kind(info),
        info.backend,
        driver(info),
        limits.max_storage_buffer_binding_size >> 20,
        limits.max_buffer_size >> 20,
        limits.max_storage_buffers_per_shader_stage,
        limits.max_compute_invocations_per_workgroup,
        limits.max_compute_workgroup_storage_size >> 10,
        has(wgpu::Features::TIMESTAMP_QUERY),
        has(wgpu::Features::SUBGROUP),
        info.subgroup_min_size,
        info.subgroup_max_size,
        has(wgpu::Features::PIPELINE_CACHE),
        wrapped(&tuning.to_string(), "\n     "),
    )
}

/// The words of a line, broken into lines of at most 80 characters.
fn wrapped(line: &str, separator: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match lines.last_mut() {
            Some(last) if last.len() + word.len() < 80 => *last += &format!(" {word}"),
            _ => lines.push(word.into()),
        }
    }
    lines.join(separator)
}
