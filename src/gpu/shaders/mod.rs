//! WGSL: its files, what they declare, and the modules that a device makes of them.

mod interface;
mod source;

use std::sync::OnceLock;

pub(super) use interface::{constant, interface};
pub use source::{SHADERS, shader_source};

/// Where a shader is in [`SHADERS`].
fn position(stem: &str) -> usize {
    let found = SHADERS.iter().position(|other| *other == stem);
    found.unwrap_or_else(|| panic!("no shader {stem}"))
}

/// The shader modules of one device, each made when it is first needed.
pub(super) struct Library {
    checked: bool,
    modules: [OnceLock<wgpu::ShaderModule>; SHADERS.len()],
}

impl Library {
    /// No modules yet. `checked` keeps the shaders' bounds checks.
    pub(super) fn new(checked: bool) -> Self {
        Library { checked, modules: [const { OnceLock::new() }; SHADERS.len()] }
    }

    /// The module of a shader.
    pub(super) fn module(&self, device: &wgpu::Device, stem: &str) -> &wgpu::ShaderModule {
        self.modules[position(stem)].get_or_init(|| load(device, stem, self.checked))
    }
}

#[expect(unsafe_code, reason = "shaders without bounds checks are faster; the argument stands at the call")]
fn load(device: &wgpu::Device, stem: &str, checked: bool) -> wgpu::ShaderModule {
    let source = interface(stem).source.as_str();
    let descriptor =
        wgpu::ShaderModuleDescriptor { label: Some(stem), source: wgpu::ShaderSource::Wgsl(source.into()) };
    if checked {
        return device.create_shader_module(descriptor);
    }
    // SAFETY: every index is computed from the plan's shapes, which are fixed when the pipeline is made,
    // and the shader compares it with them. The only data that are used as indices are labels (checked by
    // `Split::check` and the public operators), orders and step records (made by `Trainer`, `Bench` and the
    // operators, from the plan's own counts) and argmax (written by our own kernels). Every loop is bounded
    // by a shape. The tests of every kernel run with the checks on as well.
    unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
}

#[cfg(test)]
mod tests;
