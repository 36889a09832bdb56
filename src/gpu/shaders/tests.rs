//! Shaders as drivers receive them.

use std::io::Write;
use std::process::{Command, Stdio};

use naga::back::spv;
use naga::valid::{Capabilities, ValidationFlags, Validator};

use super::*;

/// naga accepts modules of which it makes SPIR-V that breaks the specification: a function that returns
/// `array(…)` for an alias of the type, for example. Drivers may reject it or not.
#[test]
#[ignore = "needs spirv-val, of SPIRV-Tools"]
fn every_entry_point_becomes_valid_spir_v() {
    for stem in SHADERS {
        let module = naga::front::wgsl::parse_str(&shader_source(stem)).unwrap();
        let info = Validator::new(ValidationFlags::all(), Capabilities::all()).validate(&module).unwrap();
        // Any shapes will do.
        let names = module.overrides.iter().filter_map(|(_, constant)| constant.name.clone());
        let constants = names.map(|name| (name, 32.0)).collect();
        for entry in &module.entry_points {
            let point = Some((entry.stage, entry.name.as_str()));
            let (module, info) =
                naga::back::pipeline_constants::process_overrides(&module, &info, point, &constants).unwrap();
            let pipeline = spv::PipelineOptions { shader_stage: entry.stage, entry_point: entry.name.clone() };
            let options = spv::Options { lang_version: (1, 3), ..Default::default() };
            let words = spv::write_vec(&module, &info, &options, Some(&pipeline)).unwrap();
            let said = validate(bytemuck::cast_slice(&words));
            assert_eq!(said, "", "shaders/{stem}.wgsl, {}", entry.name);
        }
    }
}

/// What the validator says of a module; nothing if it is valid.
fn validate(module: &[u8]) -> String {
    let mut validator = Command::new("spirv-val")
        .args(["--target-env", "vulkan1.1", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    validator.stdin.take().unwrap().write_all(module).unwrap();
    let output = validator.wait_with_output().unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}
