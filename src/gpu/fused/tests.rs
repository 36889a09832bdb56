//! What is fused, and what gives way.

use super::*;
use crate::geometry::{ConvShape, Padding, PoolShape};
use crate::network::{Architecture, Configuration, Head, Network};
use crate::plan::{PlanOptions, TrainingPlan};

fn gpu() -> Gpu {
    pollster::block_on(crate::gpu::open(None, false)).unwrap()
}

fn plan(network: &Network, batch: usize) -> TrainingPlan {
    let options = PlanOptions {
        batch,
        train_samples: batch,
        test_samples: 8,
        replicas: 1,
        evaluate_capacity: 8,
        max_binding_bytes: u64::MAX,
        adam: Default::default(),
        fuse: true,
    };
    TrainingPlan::new(network, &options).unwrap()
}

/// How many kernels of a training step come from each of the fused shaders.
fn count(fused: &Fused, training: &TrainingPlan, shader: &str) -> usize {
    fused.programs[training.train_step.0].iter().filter(|kernel| kernel.shader == shader).count()
}

#[test]
fn the_tutorials_networks_are_fused() {
    let gpu = gpu();
    for configuration in Configuration::TUTORIAL {
        let training = plan(&Network::new([28, 28], configuration).unwrap(), 64);
        let fused = gpu.fuse(&training.plan);
        let counts = ["conv_pool", "first_layer", "max_pool", "conv2d", "matmul", "dense"]
            .map(|stem| count(&fused, &training, &format!("fused/{stem}")));
        // Forward twice and conv2's weights; conv1's; what conv2's input needs; dense1 forward and twice back.
        assert_eq!(counts, [3, 1, 1, 1, 3, 1], "{configuration}");
        for plain in ["conv2d", "max_pool", "relu"] {
            assert_eq!(count(&fused, &training, plain), 0, "{configuration}: {plain}");
        }
        let plain = gpu.fuse(&Plan { fuse: false, ..training.plan.clone() });
        assert!(plain.scratch.is_empty());
        assert_eq!(plain.programs[training.features.0], fused.programs[training.features.0], "features stay plain");
        assert_eq!(count(&plain, &training, "conv2d"), 5, "{configuration}");
    }
}

/// A sum over 13 samples does not come in fours.
#[test]
fn what_does_not_fit_stays_plain() {
    let gpu = gpu();
    let architecture = Architecture { strides: [[1; 2]; 2], paddings: [Padding::Same; 2], head: Head::Flatten };
    let training = plan(&Network::new([14, 14], architecture).unwrap(), 13);
    let fused = gpu.fuse(&training.plan);
    assert_eq!(count(&fused, &training, "fused/matmul"), 2);
    let (run, _) = ConvPool::at(&training.plan.programs[training.train_step.0].ops[1..]).unwrap();
    let with = |conv: ConvShape| conv_pool::fits(&ConvPool { conv, ..run });
    let conv = run.conv;
    assert!(with(conv));
    assert!(!with(ConvShape { kernel: [5, 5], ..conv }));
    assert!(with(ConvShape { kernel: [5, 5], in_channels: 32, ..conv }));
    assert!(!with(ConvShape { in_channels: 3, ..conv }));
    assert!(!with(ConvShape { out_channels: 48, ..conv }));
    assert!(!conv_pool::fits(&ConvPool { pool: PoolShape { stride: [1, 2], ..run.pool }, ..run }));
}
