//! Pipelines: each made once for all kernels that are alike, several at a time.

use std::collections::HashMap;

use crate::plan::Buffer;

use super::Gpu;
use super::kernels::Kernel;
use super::shaders::{Entry, Shader, override_value};

/// What a pipeline is made from: shader, entry point, the values of its constants as bits.
pub(super) type Key = (&'static str, &'static str, Vec<u64>);

/// A pipeline, and the layout of its buffers.
#[derive(Clone)]
pub(super) struct Pipeline {
    pub pipeline: wgpu::ComputePipeline,
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
    pub bindings: wgpu::BindGroup,
    pub uses_record: bool,
    pub groups: [u32; 3],
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

    /// Makes what is missing of the kernels' pipelines and binds `buffers`, which `specs` describe. What
    /// the device refuses is found by [`Gpu::check`].
    pub(super) fn dispatches(
        &mut self,
        gpu: &Gpu,
        kernels: &[Kernel],
        specs: &[Buffer],
        buffers: &[wgpu::Buffer],
        replicas: usize,
    ) -> Vec<Dispatch> {
        let keys: Vec<Key> = kernels.iter().map(|kernel| key(gpu, kernel, specs)).collect();
        let mut missing: Vec<(&Key, &Kernel)> = Vec::new();
        for (key, kernel) in keys.iter().zip(kernels) {
            if !self.made.contains_key(key) && missing.iter().all(|(other, _)| *other != key) {
                missing.push((key, kernel));
            }
        }
        let made = side_by_side(&missing, |(key, kernel)| gpu.compile(kernel, key, &self.record_layout));
        let missing: Vec<Key> = missing.into_iter().map(|(key, _)| key.clone()).collect();
        self.made.extend(missing.into_iter().zip(made));
        let bound = |(key, kernel): (&Key, &Kernel)| gpu.bind(kernel, &self.made[key], buffers, replicas);
        keys.iter().zip(kernels).map(bound).collect()
    }
}

/// `make` of every item, on all threads where there are any.
#[cfg(all(feature = "parallel", not(target_arch = "wasm32")))]
fn side_by_side<T: Sync, U: Send>(items: &[T], make: impl Fn(&T) -> U + Sync + Send) -> Vec<U> {
    use rayon::prelude::*;
    // One by one: a large pipeline takes as long as ten small ones.
    items.par_iter().with_max_len(1).map(make).collect()
}

#[cfg(not(all(feature = "parallel", not(target_arch = "wasm32"))))]
fn side_by_side<T, U>(items: &[T], make: impl Fn(&T) -> U) -> Vec<U> {
    items.iter().map(make).collect()
}

fn key(gpu: &Gpu, kernel: &Kernel, specs: &[Buffer]) -> Key {
    let (shader, name) = (gpu.shader(kernel.shader), kernel.name());
    for argument in &kernel.arguments {
        let placed = shader.overrides.iter().any(|o| o.strip_suffix("_offset") == Some(argument.name));
        assert!(placed || argument.view.offset == 0, "{name}: {} cannot be offset", argument.name);
    }
    let value =
        |o: &String| override_value(o, kernel, specs).unwrap_or_else(|| panic!("{name}: no value for {o}")).to_bits();
    (kernel.shader, kernel.entry, shader.overrides.iter().map(value).collect())
}

impl Gpu {
    fn entry(&self, kernel: &Kernel) -> (&Shader, &Entry) {
        let shader = self.shader(kernel.shader);
        let entry = shader.entries.get(kernel.entry);
        (shader, entry.unwrap_or_else(|| panic!("no entry point {}", kernel.name())))
    }

    fn compile(&self, kernel: &Kernel, (_, _, values): &Key, record_layout: &wgpu::BindGroupLayout) -> Pipeline {
        let ((shader, entry), name) = (self.entry(kernel), kernel.name());
        let entries: Vec<_> = entry
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
        let descriptor = wgpu::BindGroupLayoutDescriptor { label: Some(&name), entries: &entries };
        let layout = self.device.create_bind_group_layout(&descriptor);
        let layouts = [Some(&layout), Some(record_layout)];
        let pipeline_layout = self.device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
            label: Some(&name),
            bind_group_layouts: if entry.uses_record { &layouts } else { &layouts[..1] },
            immediate_size: 0,
        });
        let values = values.iter().map(|&bits| f64::from_bits(bits));
        let constants: Vec<_> = shader.overrides.iter().map(String::as_str).zip(values).collect();
        let pipeline = self.device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
            label: Some(&name),
            layout: Some(&pipeline_layout),
            module: &shader.module,
            entry_point: Some(kernel.entry),
            compilation_options: wgpu::PipelineCompilationOptions {
                constants: &constants,
                // Every kernel writes its shared memory before it reads it.
                zero_initialize_workgroup_memory: false,
            },
            cache: self.cache.as_ref().map(super::cache::Cache::get),
        });
        Pipeline { pipeline, layout }
    }

    fn bind(&self, kernel: &Kernel, made: &Pipeline, buffers: &[wgpu::Buffer], replicas: usize) -> Dispatch {
        let ((shader, entry), name) = (self.entry(kernel), kernel.name());
        let bound = |binding: &str| {
            let argument = kernel.arguments.iter().find(|o| o.name == binding);
            &buffers[argument.unwrap_or_else(|| panic!("{name}: nothing to bind to {binding}")).view.buffer.0]
        };
        let entries: Vec<_> = entry
            .bindings
            .iter()
            .map(|b| wgpu::BindGroupEntry { binding: b.index, resource: bound(&b.name).as_entire_binding() })
            .collect();
        let bindings = self.device.create_bind_group(&wgpu::BindGroupDescriptor {
            label: Some(&name),
            layout: &made.layout,
            entries: &entries,
        });
        let groups = shader.groups(&kernel.grid, entry.workgroup, replicas);
        Dispatch { pipeline: made.pipeline.clone(), bindings, uses_record: entry.uses_record, groups }
    }
}
