//! Shaders as drivers receive them.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

use naga::back::pipeline_constants::process_overrides;
use naga::back::{hlsl, msl, spv};
use naga::proc::{BoundsCheckPolicies, BoundsCheckPolicy};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};

use super::*;
use crate::gpu::fused::fuse;
use crate::gpu::tuning::Tuning;
use crate::model::{Configuration, Network};
use crate::plan::{PlanOptions, TrainingPlan};

/// The values of a pipeline's `override` constants, by name, as bits.
type Constants = BTreeMap<String, u64>;

/// Every choice that a device may make of its kernels.
fn tunings() -> Vec<Tuning> {
    let real = wgpu::AdapterInfo::new(wgpu::DeviceType::DiscreteGpu, wgpu::Backend::Vulkan);
    let info = wgpu::AdapterInfo { subgroup_min_size: 32, subgroup_max_size: 32, ..real };
    let fused = Tuning::for_adapter(&info, wgpu::Features::SUBGROUP, &wgpu::Limits::default());
    let choices = [
        "tiles=1",
        "forward_tile=1,backward_tile=2",
        "forward_tile=5,backward_tile=5",
        "whole_vectors=1",
        "whole_vectors=1,forward_tile=2,backward_tile=3",
        "large_forward_tile=3,large_backward_tile=4,large_from=1",
        "tiles=0,lanes=8",
        "tiles=0,lanes=4",
        "tiles=0,merge=0",
        "tiles=0,lanes=0",
        "tiles=0,lanes=0,naive_conv2d=1",
        "slices=1,split_k_workgroups=1",
        "slice_windows=100000",
        "loop_iterations=16",
        "loop_iterations=180",
    ];
    let tuned = choices.iter().map(|choice| {
        let mut tuning = fused.clone();
        for (name, value) in choice.split(',').filter_map(|choice| choice.split_once('=')) {
            tuning.set(name, value).unwrap();
        }
        tuning
    });
    tuned.collect()
}

/// The pipelines of the tutorial's networks: shader, entry point, constants.
fn pipelines() -> BTreeSet<(&'static str, &'static str, Constants)> {
    let mut pipelines = BTreeSet::new();
    for (configuration, replicas) in Configuration::TUTORIAL.into_iter().flat_map(|c| [(c, 1), (c, 2)]) {
        let network = Network::new([28, 28], configuration).unwrap();
        let options = PlanOptions {
            batch: 64,
            train_samples: 64,
            test_samples: 32,
            replicas,
            evaluate_capacity: 32,
            max_binding_bytes: u64::MAX,
            adam: Default::default(),
            fuse: true,
        };
        let plan = TrainingPlan::new(&network, &options).unwrap().plan;
        for tuning in tunings() {
            let fused = fuse(&plan, &tuning, u64::MAX);
            let specs: Vec<_> = plan.buffers.iter().chain(&fused.scratch).cloned().collect();
            for kernel in fused.programs.iter().flatten() {
                let value = |name: &String| (name.clone(), kernel.value(name, &specs).unwrap().to_bits());
                let constants = interface(kernel.shader).overrides.iter().map(value).collect();
                pipelines.insert((kernel.shader, kernel.entry, constants));
            }
        }
    }
    pipelines
}

/// naga accepts modules of which it makes SPIR-V that breaks the specification: a function that returns
/// `array(…)` for an alias of the type, for example. Drivers may reject it or not. Every pipeline of the four networks
/// is made here as wgpu makes it, with the shaders' bounds checks and without; entry points that no network uses get
/// any shapes.
#[test]
#[ignore = "needs spirv-val, of SPIRV-Tools"]
fn every_entry_point_becomes_valid_spir_v() {
    let pipelines = pipelines();
    for stem in SHADERS {
        let module = naga::front::wgsl::parse_str(&shader_source(stem)).unwrap();
        let info = Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module).unwrap();
        for entry in &module.entry_points {
            let mut of_entry: Vec<Constants> = pipelines
                .iter()
                .filter(|(shader, name, _)| shader == stem && *name == entry.name)
                .map(|(_, _, constants)| constants.clone())
                .collect();
            if of_entry.is_empty() {
                let names = module.overrides.iter().filter_map(|(_, constant)| constant.name.clone());
                of_entry.push(names.map(|name| (name, 32f64.to_bits())).collect());
            }
            for constants in &of_entry {
                let problems = problems(&module, &info, &entry.name, constants);
                assert_eq!(problems, "", "shaders/{stem}.wgsl, {}, {constants:?}", entry.name);
            }
        }
    }
    let used: BTreeSet<_> = pipelines.iter().map(|(shader, entry, _)| (shader, entry)).collect();
    assert!(used.len() >= 28, "{used:?}");
}

/// What Metal and DirectX get: every pipeline of the four networks becomes a text of their languages. Whether their
/// compilers take it is not known here.
#[test]
fn every_entry_point_becomes_msl_and_hlsl() {
    for (stem, entry, constants) in pipelines() {
        let module = naga::front::wgsl::parse_str(&interface(stem).source).unwrap();
        let info = Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module).unwrap();
        let values = constants.iter().map(|(name, bits)| (name.clone(), f64::from_bits(*bits))).collect();
        let stage = naga::ShaderStage::Compute;
        let (module, info) = process_overrides(&module, &info, Some((stage, entry)), &values).unwrap();
        // Subgroups are of Metal 2.1 and shader model 6.
        let options = msl::Options { lang_version: (2, 4), ..msl::Options::default() };
        let pipeline = msl::PipelineOptions { entry_point: Some((stage, entry.into())), ..Default::default() };
        let (text, _) = msl::write_string(&module, &info, &options, &pipeline)
            .unwrap_or_else(|error| panic!("shaders/{stem}.wgsl, {entry}, MSL: {error}"));
        assert!(text.contains("kernel void "), "{stem}, {entry}: {text}");
        let options = hlsl::Options { shader_model: hlsl::ShaderModel::V6_0, ..hlsl::Options::default() };
        let pipeline = hlsl::PipelineOptions { entry_point: Some((stage, entry.into())) };
        let mut text = String::new();
        hlsl::Writer::new(&mut text, &options, &pipeline)
            .write(&module, &info, None)
            .unwrap_or_else(|error| panic!("shaders/{stem}.wgsl, {entry}, HLSL: {error}"));
        assert!(text.contains("[numthreads("), "{stem}, {entry}: {text}");
    }
}

/// Writes every shader and the constants of its pipelines in the four networks to the file that STRIDELAB_PIPELINES
/// names, for `tests/page/shaders.test.mjs`, which compiles them in a browser.
#[test]
#[ignore = "writes a file"]
fn pipelines_go_to_a_file() {
    let path = std::env::var_os("STRIDELAB_PIPELINES").expect("STRIDELAB_PIPELINES names a file");
    let mut shaders = BTreeMap::new();
    for (stem, entry, constants) in pipelines() {
        let values: BTreeMap<_, _> = constants.into_iter().map(|(name, bits)| (name, f64::from_bits(bits))).collect();
        let (_, pipelines) = shaders.entry(stem).or_insert_with(|| (shader_source(stem), Vec::new()));
        pipelines.push(serde_json::json!({ "entry": entry, "constants": values }));
    }
    let shaders: Vec<_> = shaders
        .into_iter()
        .map(
            |(stem, (source, pipelines))| serde_json::json!({ "stem": stem, "source": source, "pipelines": pipelines }),
        )
        .collect();
    std::fs::write(path, serde_json::to_vec(&shaders).unwrap()).unwrap();
}

/// The kind of mistake that the test of SPIR-V is for is found by it.
#[test]
#[ignore = "needs spirv-val, of SPIRV-Tools"]
fn invalid_spir_v_is_seen() {
    let source = shader_source("fused/conv_pool_backward");
    let broken = source.replace("return Eight(", "return array(");
    assert_ne!(source, broken);
    let module = naga::front::wgsl::parse_str(&broken).unwrap();
    let info = Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module).unwrap();
    let names = module.overrides.iter().filter_map(|(_, constant)| constant.name.clone());
    let constants = names.map(|name| (name, 32f64.to_bits())).collect();
    assert_ne!(problems(&module, &info, "backward_weights", &constants), "");
}

/// What the validator says of a pipeline, with bounds checks and without; nothing if it is valid.
fn problems(module: &naga::Module, info: &ModuleInfo, entry: &str, constants: &Constants) -> String {
    let stage = naga::ShaderStage::Compute;
    let values = constants.iter().map(|(name, bits)| (name.clone(), f64::from_bits(*bits))).collect();
    let (module, info) = process_overrides(module, info, Some((stage, entry)), &values).unwrap();
    let pipeline = spv::PipelineOptions { shader_stage: stage, entry_point: entry.into() };
    let mut said = String::new();
    // The oldest version that has subgroups, and the newest that wgpu asks for.
    for (checked, lang_version, environment) in [(true, (1, 3), "vulkan1.1"), (false, (1, 6), "vulkan1.3")] {
        let policy = if checked { BoundsCheckPolicy::Restrict } else { BoundsCheckPolicy::Unchecked };
        let options = spv::Options {
            lang_version,
            bounds_check_policies: BoundsCheckPolicies {
                index: policy,
                buffer: policy,
                image_load: policy,
                binding_array: BoundsCheckPolicy::Unchecked,
            },
            force_loop_bounding: checked,
            emit_int_div_checks: checked,
            zero_initialize_workgroup_memory: spv::ZeroInitializeWorkgroupMemoryMode::None,
            ..Default::default()
        };
        let words = spv::write_vec(&module, &info, &options, Some(&pipeline)).unwrap();
        said += &validate(bytemuck::cast_slice(&words), environment);
    }
    said
}

fn validate(module: &[u8], environment: &str) -> String {
    let mut validator = Command::new("spirv-val")
        .args(["--target-env", environment, "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    validator.stdin.take().unwrap().write_all(module).unwrap();
    let output = validator.wait_with_output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}
