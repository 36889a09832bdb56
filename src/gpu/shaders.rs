//! WGSL, read: parse, reflect, values of constants by name.
//!
//! Every number stands once, in the shader: workgroup sizes, tiles, bindings and the names of
//! constants are read off the parsed module.

use std::collections::HashMap;
use std::sync::OnceLock;

use naga::valid::{Capabilities, GlobalUse, ValidationFlags, Validator};

use crate::plan::Buffer;

use super::Gpu;
use super::kernels::{Grid, Kernel};

/// Every shader's stem and its source: a file, and what is appended to it. Line numbers in messages are
/// those of the file.
pub const SHADERS: [(&str, &[&str]); 19] = [
    ("plain/adam", &[include_str!("../../shaders/plain/adam.wgsl"), ADAM_STEP, COMMON]),
    ("plain/bias", &[include_str!("../../shaders/plain/bias.wgsl"), COMMON]),
    ("plain/conv2d", &[include_str!("../../shaders/plain/conv2d.wgsl"), PIXELS, TILE, COMMON]),
    ("fused/adam", &[include_str!("../../shaders/fused/adam.wgsl"), ADAM_STEP, COMMON]),
    (
        "fused/conv_pool_backward",
        &[include_str!("../../shaders/fused/conv_pool_backward.wgsl"), WINDOWS, PIXELS, SUBGROUP, COMMON],
    ),
    ("fused/conv_pool", &[include_str!("../../shaders/fused/conv_pool.wgsl"), WINDOWS, PIXELS, SUBGROUP, COMMON]),
    ("fused/dense", &[include_str!("../../shaders/fused/dense.wgsl"), COMMON]),
    ("fused/first_layer", &[include_str!("../../shaders/fused/first_layer.wgsl"), WINDOWS, PIXELS, SUBGROUP, COMMON]),
    ("fused/conv2d", &[include_str!("../../shaders/fused/conv2d.wgsl"), PIXELS, SUBGROUP, COMMON]),
    ("fused/head", &[include_str!("../../shaders/fused/head.wgsl"), COMMON]),
    ("fused/head_gradients", &[include_str!("../../shaders/fused/head_gradients.wgsl"), SUBGROUP, COMMON]),
    ("fused/matmul", &[include_str!("../../shaders/fused/matmul.wgsl"), SUBGROUP, COMMON]),
    ("plain/gather", &[include_str!("../../shaders/plain/gather.wgsl"), COMMON]),
    ("plain/matmul", &[include_str!("../../shaders/plain/matmul.wgsl"), TILE, COMMON]),
    ("plain/max_pool", &[include_str!("../../shaders/plain/max_pool.wgsl"), COMMON]),
    ("fused/partial", &[include_str!("../../shaders/fused/partial.wgsl"), COMMON]),
    ("plain/peak", &[include_str!("../../shaders/plain/peak.wgsl"), COMMON]),
    ("plain/relu", &[include_str!("../../shaders/plain/relu.wgsl"), COMMON]),
    ("plain/softmax_cross_entropy", &[include_str!("../../shaders/plain/softmax_cross_entropy.wgsl"), COMMON]),
];

const COMMON: &str = include_str!("../../shaders/shared/common.wgsl");
const ADAM_STEP: &str = include_str!("../../shaders/shared/adam_step.wgsl");
const TILE: &str = include_str!("../../shaders/shared/tile.wgsl");
const PIXELS: &str = include_str!("../../shaders/shared/pixels.wgsl");
const WINDOWS: &str = include_str!("../../shaders/shared/windows.wgsl");
const SUBGROUP: &str = include_str!("../../shaders/shared/subgroup.wgsl");

/// A storage buffer that an entry point uses.
pub(super) struct Binding {
    pub name: String,
    pub index: u32,
    pub written: bool,
}

/// A parsed shader.
pub(super) struct Shader {
    pub module: wgpu::ShaderModule,
    pub overrides: Vec<String>,
    constants: HashMap<String, u32>,
    pub entries: HashMap<String, Entry>,
}

pub(super) struct Entry {
    pub workgroup: u32,
    pub bindings: Vec<Binding>,
    pub uses_record: bool,
}

/// The shaders of a device, each parsed once, in the order of [`SHADERS`].
pub(super) struct Library {
    checked: bool,
    shaders: [OnceLock<Shader>; SHADERS.len()],
}

impl Library {
    pub(super) fn new(checked: bool) -> Self {
        Library { checked, shaders: Default::default() }
    }
}

impl Shader {
    fn load(device: &wgpu::Device, (stem, source): (&str, &[&str]), checked: bool) -> Self {
        let source = source.join("\n");
        let parsed = naga::front::wgsl::parse_str(&source)
            .unwrap_or_else(|e| panic!("shaders/{stem}.wgsl: {}", e.emit_to_string(&source)));
        let info = Validator::new(ValidationFlags::all(), Capabilities::all())
            .validate(&parsed)
            .unwrap_or_else(|e| panic!("shaders/{stem}.wgsl: {e:?}"));
        let descriptor = wgpu::ShaderModuleDescriptor {
            label: Some(stem),
            source: wgpu::ShaderSource::Wgsl(source.as_str().into()),
        };
        let module = if checked {
            device.create_shader_module(descriptor)
        } else {
            // SAFETY: every index is computed from the plan's shapes, which are fixed when the
            // pipeline is made, and guarded by them in the shader. The only data that index are
            // labels (checked by `Split::check` and the public operators), orders and step records
            // (made by `Trainer`, `Bench` and the operators, from the plan's own counts) and argmax
            // (written by our own kernels). All loops count up to a shape. The tests of every
            // kernel run with the checks on as well.
            unsafe { device.create_shader_module_trusted(descriptor, wgpu::ShaderRuntimeChecks::unchecked()) }
        };
        let constants = parsed.constants.iter().filter_map(|(_, constant)| {
            match (&constant.name, &parsed.global_expressions[constant.init]) {
                (Some(name), naga::Expression::Literal(naga::Literal::U32(value))) => Some((name.clone(), *value)),
                _ => None,
            }
        });
        let entries = parsed.entry_points.iter().enumerate().map(|(i, entry)| {
            let mut bindings = Vec::new();
            let mut uses_record = false;
            for (handle, variable) in parsed.global_variables.iter() {
                let usage = info.get_entry_point(i)[handle];
                let (Some(name), Some(binding)) = (&variable.name, &variable.binding) else { continue };
                if usage.is_empty() {
                    continue;
                }
                if binding.group == 1 {
                    uses_record = true;
                } else {
                    // The declared access decides the layout: a variable may be declared
                    // read_write and only be written.
                    let written = matches!(variable.space, naga::AddressSpace::Storage { access }
                        if access.contains(naga::StorageAccess::STORE));
                    debug_assert!(written || !usage.contains(GlobalUse::WRITE));
                    bindings.push(Binding { name: name.clone(), index: binding.binding, written });
                }
            }
            (entry.name.clone(), Entry { workgroup: entry.workgroup_size[0], bindings, uses_record })
        });
        Shader {
            module,
            overrides: parsed.overrides.iter().filter_map(|(_, o)| o.name.clone()).collect(),
            constants: constants.collect(),
            entries: entries.collect(),
        }
    }

    /// Workgroups that a grid needs.
    pub(super) fn groups(&self, grid: &Grid, workgroup: u32, replicas: usize) -> [u32; 3] {
        let constant =
            |name: &str| *self.constants.get(name).unwrap_or_else(|| panic!("the shader has no constant {name}"));
        grid.groups(constant, workgroup, replicas)
    }
}

impl Gpu {
    /// The shader of that stem.
    pub(super) fn shader(&self, stem: &str) -> &Shader {
        let found = SHADERS.iter().position(|(name, _)| *name == stem);
        let i = found.unwrap_or_else(|| panic!("no shader {stem}"));
        self.library.shaders[i].get_or_init(|| Shader::load(&self.device, SHADERS[i], self.library.checked))
    }

    /// The value of a `const` of a shader.
    pub(super) fn shader_constant(&self, stem: &str, name: &str) -> u32 {
        let constant = self.shader(stem).constants.get(name);
        *constant.unwrap_or_else(|| panic!("shaders/{stem}.wgsl has no constant {name}"))
    }
}

/// A constant's value: given by the operation, or an operand's offset or stride between replicas.
/// Operands that this pass lacks lie at 0.
pub(super) fn override_value(name: &str, kernel: &Kernel, specs: &[Buffer]) -> Option<f64> {
    if let Some(&(_, value)) = kernel.constants.iter().find(|(constant, _)| *constant == name) {
        return Some(value);
    }
    let view = |stem: &str| kernel.arguments.iter().find(|o| o.name == stem).map(|o| o.view);
    if let Some(stem) = name.strip_suffix("_offset") {
        return Some(view(stem).map_or(0.0, |v| v.offset as f64));
    }
    let stem = name.strip_suffix("_stride")?;
    Some(view(stem).map_or(0.0, |v| {
        let buffer = &specs[v.buffer.0];
        if buffer.replicas == 1 { 0.0 } else { buffer.len as f64 }
    }))
}
