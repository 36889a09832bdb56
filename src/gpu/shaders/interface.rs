//! What a shader declares: constants, entry points, bindings.
//!
//! Every number and name is written once, in the shader. The host reads workgroup sizes, tiles, bindings
//! and the names of `override` constants off the parsed module.

use std::collections::HashMap;
use std::sync::OnceLock;

use naga::valid::{Capabilities, GlobalUse, ModuleInfo, ValidationFlags, Validator};

use super::source::{SHADERS, shader_source};

/// The group of the storage buffers; the next one holds the step record.
const STORAGE_GROUP: u32 = 0;

/// A storage buffer that an entry point uses.
#[derive(Debug)]
pub(in crate::gpu) struct Binding {
    /// The variable's name.
    pub name: String,
    /// Its `@binding`.
    pub index: u32,
    /// Whether it is declared `read_write`.
    pub written: bool,
}

/// An entry point.
#[derive(Debug)]
pub(in crate::gpu) struct Entry {
    /// Invocations of a workgroup.
    pub workgroup: u32,
    /// The storage buffers that it uses.
    pub bindings: Vec<Binding>,
    /// Whether it reads the step record.
    pub uses_record: bool,
    /// Bytes of memory that a workgroup shares.
    pub shared_bytes: u32,
}

/// A shader's declarations and its source.
#[derive(Debug)]
pub(in crate::gpu) struct Interface {
    pub source: String,
    /// Names of its `override` constants.
    pub overrides: Vec<String>,
    stem: &'static str,
    constants: HashMap<String, u32>,
    entries: HashMap<String, Entry>,
}

/// The interface of the shader of that stem. Each shader is parsed once in a process.
pub(in crate::gpu) fn interface(stem: &str) -> &'static Interface {
    static INTERFACES: [OnceLock<Interface>; SHADERS.len()] = [const { OnceLock::new() }; SHADERS.len()];
    let i = super::position(stem);
    INTERFACES[i].get_or_init(|| Interface::parse(SHADERS[i]))
}

/// The value of a `const` of a shader.
pub(in crate::gpu) fn constant(stem: &str, name: &str) -> usize {
    interface(stem).constant(name) as usize
}

impl Interface {
    fn parse(stem: &'static str) -> Self {
        let source = shader_source(stem);
        let module = naga::front::wgsl::parse_str(&source)
            .unwrap_or_else(|e| panic!("shaders/{stem}.wgsl: {}", e.emit_to_string(&source)));
        let info = Validator::new(ValidationFlags::all(), Capabilities::all())
            .validate(&module)
            .unwrap_or_else(|e| panic!("shaders/{stem}.wgsl: {}", e.emit_to_string(&source)));
        let constants = module.constants.iter().filter_map(|(_, constant)| {
            match (&constant.name, &module.global_expressions[constant.init]) {
                (Some(name), naga::Expression::Literal(naga::Literal::U32(value))) => Some((name.clone(), *value)),
                _ => None,
            }
        });
        let constants = constants.collect();
        let overrides = module.overrides.iter().filter_map(|(_, constant)| constant.name.clone()).collect();
        let entries = module.entry_points.iter().enumerate();
        let entries = entries.map(|(i, entry)| (entry.name.clone(), Entry::of(&module, &info, i))).collect();
        Interface { source, overrides, stem, constants, entries }
    }

    /// The entry point of that name.
    pub(crate) fn entry(&self, name: &str) -> &Entry {
        self.entries.get(name).unwrap_or_else(|| panic!("shaders/{}.wgsl has no entry point {name}", self.stem))
    }

    /// All entry points.
    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The value of the `const` of that name.
    pub(crate) fn constant(&self, name: &str) -> u32 {
        *self.constants.get(name).unwrap_or_else(|| panic!("shaders/{}.wgsl has no constant {name}", self.stem))
    }
}

impl Entry {
    fn of(module: &naga::Module, info: &ModuleInfo, index: usize) -> Self {
        let mut bindings = Vec::new();
        let mut uses_record = false;
        let mut shared_bytes = 0;
        for (handle, variable) in module.global_variables.iter() {
            let usage = info.get_entry_point(index)[handle];
            if usage.is_empty() {
                continue;
            }
            if variable.space == naga::AddressSpace::WorkGroup {
                // An array whose length is an `override` counts as one element.
                shared_bytes += module.types[variable.ty].inner.try_size(module.to_ctx()).unwrap_or_default();
            }
            let (Some(name), Some(binding)) = (&variable.name, &variable.binding) else { continue };
            if binding.group != STORAGE_GROUP {
                uses_record = true;
                continue;
            }
            // The declared access decides the layout: a variable may be declared read_write and only be
            // written.
            let written = matches!(variable.space, naga::AddressSpace::Storage { access }
                if access.contains(naga::StorageAccess::STORE));
            debug_assert!(written || !usage.contains(GlobalUse::WRITE));
            bindings.push(Binding { name: name.clone(), index: binding.binding, written });
        }
        Entry { workgroup: module.entry_points[index].workgroup_size[0], bindings, uses_record, shared_bytes }
    }
}
