//! Pipelines and dispatches: one pipeline for all kernels that are alike, several compiled at a time.

use std::collections::HashMap;

use crate::error::{Error, Result};
use crate::plan::Buffer;

use super::boundary::Guarded;
use super::device::Gpu;
use super::kernels::Kernel;
use super::shaders::interface;

/// What a pipeline is made from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    shader: &'static str,
    entry: &'static str,
    /// The bits of the values of the shader's `override` constants, in their order in the shader.
    values: Vec<u64>,
}

/// A pipeline and the layout of its storage buffers.
struct Pipeline {
    pipeline: wgpu::ComputePipeline,
    layout: wgpu::BindGroupLayout,
}

/// The pipelines made so far, and the layout of step records that they share.
pub(super) struct Pipelines {
    made: HashMap<Key, Pipeline>,
    record_layout: wgpu::BindGroupLayout,
}

/// A pipeline with its buffers bound: what one dispatch needs.
pub(super) struct Dispatch {
    pub pipeline: wgpu::ComputePipeline,
    pub bindings: Guarded<wgpu::BindGroup>,
    pub uses_record: bool,
    pub groups: [u32; 3],
}

/// The buffers that kernels are bound to.
#[derive(Clone, Copy)]
pub(super) struct BoundBuffers<'a> {
    /// What each buffer is.
    pub specs: &'a [Buffer],
    pub buffers: &'a [wgpu::Buffer],
    pub replicas: usize,
}

impl Pipelines {
    /// None yet.
    pub(super) fn new(record_layout: wgpu::BindGroupLayout) -> Self {
        Pipelines { made: HashMap::new(), record_layout }
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.made.len()
    }

    /// Compiles the pipelines of these kernels that do not exist yet, and binds the kernels' buffers. What
    /// the device refuses is found by [`Gpu::check`].
    ///
    /// # Errors
    /// [`Error::Failure`] where the device failed, [`Error::Interrupted`] where it is asked to stop.
    pub(super) fn dispatches(
        &mut self,
        gpu: &Gpu,
        kernels: &[Kernel],
        memory: BoundBuffers<'_>,
    ) -> Result<Vec<Dispatch>> {
        let keys: Vec<Key> = kernels.iter().map(|kernel| key(kernel, memory.specs)).collect();
        let mut missing: Vec<&Key> = Vec::new();
        for key in &keys {
            if !self.made.contains_key(key) && !missing.contains(&key) {
                missing.push(key);
            }
        }
        let made = side_by_side(&missing, |key| compile(gpu, key, &self.record_layout));
        for (key, made) in missing.into_iter().zip(made) {
            self.made.insert(key.clone(), made?);
        }
        let bound = |(key, kernel): (&Key, &Kernel)| bind(gpu, kernel, &self.made[key], memory);
        keys.iter().zip(kernels).map(bound).collect()
    }
}

/// `make` of every item, on all threads where there are any.
#[cfg(all(feature = "parallel", not(target_arch = "wasm32")))]
pub(super) fn side_by_side<T: Sync, U: Send>(items: &[T], make: impl Fn(&T) -> U + Sync + Send) -> Vec<U> {
    use rayon::prelude::*;
    // Each item is a task: a large pipeline takes as long to compile as ten small ones.
    items.par_iter().with_max_len(1).map(make).collect()
}

#[cfg(not(all(feature = "parallel", not(target_arch = "wasm32"))))]
pub(super) fn side_by_side<T, U>(items: &[T], make: impl Fn(&T) -> U) -> Vec<U> {
    items.iter().map(make).collect()
}

fn key(kernel: &Kernel, specs: &[Buffer]) -> Key {
    let name = kernel.name();
    let overrides = &interface(kernel.shader).overrides;
    for argument in &kernel.arguments {
        let placed = overrides.iter().any(|o| o.strip_suffix("_offset") == Some(argument.name));
        assert!(placed || argument.view.offset == 0, "{name}: {} cannot have an offset", argument.name);
    }
    let value = |constant: &String| {
        let value = kernel.value(constant, specs);
        value.unwrap_or_else(|| panic!("{name}: no value for {constant}")).to_bits()
    };
    Key { shader: kernel.shader, entry: kernel.entry, values: overrides.iter().map(value).collect() }
}

fn compile(gpu: &Gpu, key: &Key, record_layout: &wgpu::BindGroupLayout) -> Result<Pipeline> {
    if gpu.asked_to_stop() {
        return Err(Error::Interrupted);
    }
    let shader = interface(key.shader);
    let entry = shader.entry(key.entry);
    let name = format!("{}.{}", key.shader, key.entry);
    let entries = entry.bindings.iter().map(|binding| wgpu::BindGroupLayoutEntry {
        binding: binding.index,
        visibility: wgpu::ShaderStages::COMPUTE,
        ty: wgpu::BindingType::Buffer {
            ty: wgpu::BufferBindingType::Storage { read_only: !binding.written },
            has_dynamic_offset: false,
            min_binding_size: None,
        },
        count: None,
    });
    let entries: Vec<_> = entries.collect();
    let layout = wgpu::BindGroupLayoutDescriptor { label: Some(&name), entries: &entries };
    let values = key.values.iter().map(|&bits| f64::from_bits(bits));
    let constants: Vec<_> = shader.overrides.iter().map(String::as_str).zip(values).collect();
    gpu.call(|device, _| {
        let layout = device.create_bind_group_layout(&layout);
        let layouts = [Some(&layout), Some(record_layout)];
        let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(&name),
            bind_group_layouts: if entry.uses_record { &layouts } else { &layouts[..1] },
            immediate_size: 0,
        });
        let pipeline = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&name),
            layout: Some(&pipeline_layout),
            module: gpu.library.module(device, key.shader),
            entry_point: Some(key.entry),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &constants,
                // Every kernel writes its shared memory before it reads it.
                zero_initialize_workgroup_memory: false,
            },
            cache: gpu.pipeline_cache(),
        });
        Pipeline { pipeline, layout }
    })
}

fn bind(gpu: &Gpu, kernel: &Kernel, made: &Pipeline, memory: BoundBuffers<'_>) -> Result<Dispatch> {
    let name = kernel.name();
    let shader = interface(kernel.shader);
    let entry = shader.entry(kernel.entry);
    let bound = |binding: &str| {
        let argument = kernel.arguments.iter().find(|argument| argument.name == binding);
        let argument = argument.unwrap_or_else(|| panic!("{name}: nothing to bind to {binding}"));
        memory.buffers[argument.view.buffer.0].as_entire_binding()
    };
    let entries = entry.bindings.iter();
    let entries: Vec<_> =
        entries.map(|b| wgpu::BindGroupEntry { binding: b.index, resource: bound(&b.name) }).collect();
    let descriptor = wgpu::BindGroupDescriptor { label: Some(&name), layout: &made.layout, entries: &entries };
    Ok(Dispatch {
        pipeline: made.pipeline.clone(),
        bindings: Guarded::new(gpu.call(|device, _| device.create_bind_group(&descriptor))?),
        uses_record: entry.uses_record,
        groups: kernel.grid.groups(
            |constant| shader.constant(constant),
            entry.workgroup,
            memory.replicas,
            gpu.tuning().row_workgroups,
        ),
    })
}
