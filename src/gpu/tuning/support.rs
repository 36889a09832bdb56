//! What an adapter can run, by what it says of itself.

use crate::gpu::real::is_real;
use crate::gpu::shaders::{SHADERS, interface};

/// What Mesa's software driver allows, less 1,023 for loops of fixed length, which no kernel has as many of.
const SOFTWARE_ITERATIONS: usize = 65_535 - 1023;
const ITERATIONS: usize = 1 << 20;

/// The most iterations of the loops of one invocation.
pub(super) fn most_iterations(info: &wgpu::AdapterInfo) -> usize {
    // A virtual adapter may hand its work to the software driver, whose name it then bears.
    let software = !is_real(info) || info.name.to_lowercase().contains("llvmpipe");
    if software { SOFTWARE_ITERATIONS } else { ITERATIONS }
}

/// Whether an adapter runs the kernels by tiles by itself: a real one of WebGPU's default limits.
pub(super) fn runs_tiles(info: &wgpu::AdapterInfo, limits: &wgpu::Limits) -> bool {
    is_real(info)
        && limits.max_storage_buffers_per_shader_stage >= 8
        && limits.max_compute_invocations_per_workgroup.min(limits.max_compute_workgroup_size_x) >= 256
        && limits.max_compute_workgroup_storage_size >= 16 << 10
}

/// Lanes that can share numbers, in `shaders/shared/subgroup.wgsl`.
pub(super) const LANES: [usize; 2] = [4, 8];

/// The most lanes that share numbers in the fused kernels, or 0 where the adapter cannot run them: it lacks
/// subgroups, its smallest subgroup has fewer lanes, or one of the kernels exceeds its limits.
pub(super) fn shared_lanes(info: &wgpu::AdapterInfo, features: wgpu::Features, limits: &wgpu::Limits) -> usize {
    let lanes = LANES.into_iter().rfind(|&lanes| lanes <= info.subgroup_min_size as usize);
    let Some(lanes) = lanes.filter(|_| features.contains(wgpu::Features::SUBGROUP)) else { return 0 };
    let fused = SHADERS.iter().filter(|stem| stem.starts_with("fused/"));
    let mut entries = fused.flat_map(|stem| interface(stem).entries());
    let fits = entries.all(|entry| {
        entry.workgroup <= limits.max_compute_invocations_per_workgroup.min(limits.max_compute_workgroup_size_x)
            && entry.bindings.len() <= limits.max_storage_buffers_per_shader_stage as usize
            && entry.shared_bytes <= limits.max_compute_workgroup_storage_size
    });
    if fits { lanes } else { 0 }
}
