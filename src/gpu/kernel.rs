//! WGSL to pipelines: parse, reflect, set constants, bind by name.
//!
//! Every number stands once, in the shader: workgroup sizes, tiles, bindings and the names of
//! constants are read off the parsed module.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use naga::valid::{Capabilities, GlobalUse, ValidationFlags, Validator};

use crate::error::Result;
use crate::ops::{Grid, Kernel};
use crate::plan::Buffer;

use super::Gpu;

/// Every shader's stem and its source: a file, and what is appended to it. Line numbers in messages are
/// those of the file.
pub const SHADERS: [(&str, &[&str]); 16] = [
    ("adam", &[include_str!("../../shaders/adam.wgsl"), COMMON]),
    ("bias", &[include_str!("../../shaders/bias.wgsl"), COMMON]),
    ("conv2d", &[include_str!("../../shaders/conv2d.wgsl"), PIXELS, TILE, COMMON]),
    ("fused/conv_pool", &[include_str!("../../shaders/fused/conv_pool.wgsl"), WINDOWS, PIXELS, SUBGROUP, COMMON]),
    ("fused/dense", &[include_str!("../../shaders/fused/dense.wgsl"), COMMON]),
    ("fused/first_layer", &[include_str!("../../shaders/fused/first_layer.wgsl"), WINDOWS, PIXELS, SUBGROUP, COMMON]),
    ("fused/conv2d", &[include_str!("../../shaders/fused/conv2d.wgsl"), PIXELS, SUBGROUP, COMMON]),
    ("fused/matmul", &[include_str!("../../shaders/fused/matmul.wgsl"), SUBGROUP, COMMON]),
    ("gather", &[include_str!("../../shaders/gather.wgsl"), COMMON]),
    ("matmul", &[include_str!("../../shaders/matmul.wgsl"), TILE, COMMON]),
    ("max_pool", &[include_str!("../../shaders/max_pool.wgsl"), COMMON]),
    ("fused/max_pool", &[include_str!("../../shaders/fused/max_pool.wgsl"), COMMON]),
    ("fused/partial", &[include_str!("../../shaders/fused/partial.wgsl"), COMMON]),
    ("peak", &[include_str!("../../shaders/peak.wgsl"), COMMON]),
    ("relu", &[include_str!("../../shaders/relu.wgsl"), COMMON]),
    ("softmax_cross_entropy", &[include_str!("../../shaders/softmax_cross_entropy.wgsl"), COMMON]),
];

const COMMON: &str = include_str!("../../shaders/common.wgsl");
const TILE: &str = include_str!("../../shaders/tile.wgsl");
const PIXELS: &str = include_str!("../../shaders/pixels.wgsl");
const WINDOWS: &str = include_str!("../../shaders/fused/windows.wgsl");
const SUBGROUP: &str = include_str!("../../shaders/fused/subgroup.wgsl");

/// Most workgroups along one axis of a dispatch, WebGPU's default limit.
const MAX_GROUPS: u32 = 65_535;

/// A storage buffer that an entry point uses.
struct Binding {
    name: String,
    index: u32,
    written: bool,
}

/// A parsed shader.
struct Shader {
    module: wgpu::ShaderModule,
    overrides: Vec<String>,
    constants: HashMap<String, u32>,
    entries: HashMap<String, Entry>,
}

struct Entry {
    workgroup: u32,
    bindings: Vec<Binding>,
    uses_record: bool,
}

/// The shaders of a device, each parsed once.
pub(super) struct Library {
    checked: bool,
    shaders: Mutex<HashMap<&'static str, Arc<Shader>>>,
}

/// A pipeline with its buffers bound: what one dispatch needs.
pub(super) struct Dispatch {
    pub pipeline: wgpu::ComputePipeline,
    pub bindings: wgpu::BindGroup,
    pub uses_record: bool,
    pub groups: [u32; 3],
}

impl Library {
    pub(super) fn new(checked: bool) -> Self {
        Library { checked, shaders: Mutex::default() }
    }

    fn shader(&self, device: &wgpu::Device, stem: &'static str) -> Arc<Shader> {
        let mut shaders = self.shaders.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        shaders.entry(stem).or_insert_with(|| Arc::new(Shader::load(device, stem, self.checked))).clone()
    }
}

impl Shader {
    fn load(device: &wgpu::Device, stem: &'static str, checked: bool) -> Self {
        let source = SHADERS.iter().find(|(name, _)| *name == stem).unwrap_or_else(|| panic!("no shader {stem}")).1;
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

    /// Workgroups that a grid needs, and the only place where invocations become workgroups.
    fn groups(&self, grid: &Grid, workgroup: u32, replicas: usize) -> [u32; 3] {
        let tiles = grid.extents.iter().map(|&(extent, tile)| {
            let tile = tile.map_or(1, |name| {
                *self.constants.get(name).unwrap_or_else(|| panic!("the shader has no constant {name}"))
            });
            extent.div_ceil(tile as usize) as u64
        });
        let items: u64 = tiles.product();
        let groups = if grid.by_workgroup { items } else { items.div_ceil(u64::from(workgroup)) };
        let x = groups.min(u64::from(MAX_GROUPS)) as u32;
        [x, groups.div_ceil(u64::from(x)) as u32, replicas as u32]
    }
}

impl Gpu {
    /// The value of a `const` of a shader.
    pub(super) fn shader_constant(&self, stem: &'static str, name: &str) -> u32 {
        let shader = self.library.shader(&self.device, stem);
        *shader.constants.get(name).unwrap_or_else(|| panic!("shaders/{stem}.wgsl has no constant {name}"))
    }

    /// Compiles `kernel` and binds `buffers`.
    pub(super) fn dispatch(
        &self,
        kernel: &Kernel,
        specs: &[Buffer],
        buffers: &[wgpu::Buffer],
        replicas: usize,
        record_layout: &wgpu::BindGroupLayout,
    ) -> Result<Dispatch> {
        let shader = self.library.shader(&self.device, kernel.shader);
        let name = format!("{}.{}", kernel.shader, kernel.entry);
        let entry = shader.entries.get(kernel.entry).unwrap_or_else(|| panic!("no entry point {name}"));

        let values: Vec<(&str, f64)> = shader
            .overrides
            .iter()
            .map(|o| {
                (o.as_str(), override_value(o, kernel, specs).unwrap_or_else(|| panic!("{name}: no value for {o}")))
            })
            .collect();
        for operand in &kernel.operands {
            let placed = shader.overrides.iter().any(|o| o.strip_suffix("_offset") == Some(operand.name));
            assert!(placed || operand.view.offset == 0, "{name}: {} cannot be offset", operand.name);
        }

        let bound = |binding: &Binding| {
            let operand = kernel.operands.iter().find(|o| o.name == binding.name);
            &buffers[operand.unwrap_or_else(|| panic!("{name}: nothing to bind to {}", binding.name)).view.buffer.0]
        };
        let layout_entries: Vec<_> = entry
            .bindings
            .iter()
            .map(|binding| wgpu::BindGroupLayoutEntry {
                binding: binding.index,
                visibility: wgpu::ShaderStages::COMPUTE,
                ty: wgpu::BindingType::Buffer {
                    ty: wgpu::BufferBindingType::Storage { read_only: !binding.written },
                    has_dynamic_offset: false,
                    min_binding_size: None,
                },
                count: None,
            })
            .collect();
        let layout = self.device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor {
            label: Some(&name),
            entries: &layout_entries,
        });
        let entries: Vec<_> = entry
            .bindings
            .iter()
            .map(|b| wgpu::BindGroupEntry { binding: b.index, resource: bound(b).as_entire_binding() })
            .collect();
        let bindings = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(&name),
            layout: &layout,
            entries: &entries,
        });
        let layouts = [Some(&layout), Some(record_layout)];
        let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(&name),
            bind_group_layouts: if entry.uses_record { &layouts } else { &layouts[..1] },
            immediate_size: 0,
        });
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&name),
            layout: Some(&pipeline_layout),
            module: &shader.module,
            entry_point: Some(kernel.entry),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &values,
                // Every kernel writes its shared memory before it reads it.
                zero_initialize_workgroup_memory: false,
            },
            cache: None,
        });
        let groups = shader.groups(&kernel.grid, entry.workgroup, replicas);
        Ok(Dispatch { pipeline, bindings, uses_record: entry.uses_record, groups })
    }
}

/// A constant's value: given by the operation, or an operand's offset or stride between replicas.
/// Operands that this pass lacks lie at 0.
fn override_value(name: &str, kernel: &Kernel, specs: &[Buffer]) -> Option<f64> {
    if let Some(&(_, value)) = kernel.constants.iter().find(|(constant, _)| *constant == name) {
        return Some(value);
    }
    let view = |stem: &str| kernel.operands.iter().find(|o| o.name == stem).map(|o| o.view);
    if let Some(stem) = name.strip_suffix("_offset") {
        return Some(view(stem).map_or(0.0, |v| v.offset as f64));
    }
    let stem = name.strip_suffix("_stride")?;
    Some(view(stem).map_or(0.0, |v| {
        let buffer = &specs[v.buffer.0];
        if buffer.replicas == 1 { 0.0 } else { buffer.len as f64 }
    }))
}
