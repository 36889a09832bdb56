//! Kernels against the operations that they compute.

use super::*;
use crate::gpu::shaders::interface;
use crate::model::{Configuration, Network};
use crate::ops::Access;
use crate::plan::{PlanOptions, TrainingPlan};

/// A shader may write exactly the tensors that the operation is said to write or to update.
#[test]
fn shaders_access_tensors_as_the_operations_say() {
    let network = Network::new([28, 28], Configuration::TUTORIAL[0]).unwrap();
    let options = PlanOptions {
        batch: 4,
        train_samples: 4,
        test_samples: 4,
        replicas: 1,
        evaluate_capacity: 4,
        max_binding_bytes: u64::MAX,
        adam: Default::default(),
        fuse: false,
    };
    let training = TrainingPlan::new(&network, &options).unwrap();
    let adapter = wgpu::AdapterInfo::new(wgpu::DeviceType::Cpu, wgpu::Backend::Vulkan);
    let tiled = Tuning::for_adapter(&adapter, wgpu::Features::empty(), &wgpu::Limits::default());
    let mut naive = tiled.clone();
    naive.set("naive_conv2d", "1").unwrap();
    let mut entries = std::collections::BTreeSet::new();
    let ops = &training.plan.programs[training.train_step.0].ops;
    for (op, tuning) in ops.iter().flat_map(|op| [(op, &tiled), (op, &naive)]) {
        let kernels = plain(op, tuning);
        let [kernel] = &kernels[..] else { panic!("{} parts of {}", kernels.len(), op.name()) };
        let entry = interface(kernel.shader).entry(kernel.entry);
        let operands = op.operands();
        assert_eq!(entry.bindings.len(), operands.len(), "{}", kernel.name());
        for (argument, operand) in kernel.arguments.iter().zip(&operands) {
            let binding = entry.bindings.iter().find(|binding| binding.name == argument.name);
            let binding = binding.unwrap_or_else(|| panic!("{}: no {}", kernel.name(), argument.name));
            assert_eq!(argument.view, operand.view, "{}: {}", kernel.name(), argument.name);
            assert_eq!(binding.written, operand.access != Access::Read, "{}: {}", kernel.name(), argument.name);
        }
        entries.insert(kernel.name());
    }
    assert!(entries.len() >= 16, "{entries:?}");
}
