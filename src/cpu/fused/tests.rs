//! Which operations are replaced.

use super::conv_pool::tests::shapes;
use super::op::fits;
use super::*;
use crate::model::geometry::{ConvShape, Padding, PoolShape};
use crate::model::{Configuration, Network, Pooling};
use crate::ops::max_pool::MaxPoolPass;
use crate::ops::{BufferId, Op, View};
use crate::plan::patterns::ConvPool;
use crate::plan::{PlanOptions, TrainingPlan};

fn options() -> PlanOptions {
    PlanOptions {
        batch: 64,
        train_samples: 64,
        test_samples: 64,
        replicas: 1,
        evaluate_capacity: 64,
        max_binding_bytes: u64::MAX,
        adam: Default::default(),
        fuse: true,
    }
}

/// In the tutorial's networks the loss and the dense layers' biases and ReLU stay plain, nothing else.
#[test]
fn training_is_fused() {
    let options = options();
    for configuration in Configuration::TUTORIAL {
        let network = Network::new([28, 28], configuration).unwrap();
        let plan = TrainingPlan::new(&network, &options).unwrap();
        let ops = &plan.plan.programs[plan.train_step.0].ops;
        let mut forwards = Vec::new();
        let fused = fuse(ops, &mut forwards);
        let count = |f: fn(&FusedOp) -> bool| fused.iter().filter(|op| f(op)).count();
        assert_eq!(count(|op| matches!(op, FusedOp::ConvPool { .. })), 2);
        assert_eq!(count(|op| matches!(op, FusedOp::ConvPoolBackward { .. })), 2);
        assert_eq!(count(|op| matches!(op, FusedOp::MatMul { .. })), 6);
        let plain = |op: &FusedOp| matches!(op, FusedOp::Plain(Op::Conv2d(_) | Op::MaxPool(_) | Op::Adam(_)));
        assert_eq!(count(plain), 0);
        // Also where the backward pass is a program of its own.
        let is_backward_pool =
            |op: &Op| matches!(op, Op::MaxPool(op) if matches!(op.pass, MaxPoolPass::Backward { .. }));
        let start = ops.iter().position(is_backward_pool).unwrap();
        let backward = fuse(&ops[start..], &mut forwards);
        assert_eq!(backward.iter().filter(|op| matches!(op, FusedOp::ConvPoolBackward { .. })).count(), 2);
    }
}

/// A network without pools, or with other kernels, has no plain convolution either.
#[test]
fn every_convolution_is_fused() {
    let usual = Configuration::TUTORIAL[1];
    let none = Configuration { pool: Pooling::None, ..usual };
    for (configuration, convolutions) in [(none, 5), (Configuration { kernel: 5, ..usual }, 5)] {
        let network = Network::new([28, 28], configuration).unwrap();
        let plan = TrainingPlan::new(&network, &options()).unwrap();
        let fused = fuse(&plan.plan.programs[plan.train_step.0].ops, &mut Vec::new());
        let count = |f: fn(&FusedOp) -> bool| fused.iter().filter(|op| f(op)).count();
        assert_eq!(count(|op| matches!(op, FusedOp::Conv2d { .. })), convolutions, "{configuration}");
        assert_eq!(count(|op| matches!(op, FusedOp::Plain(Op::Conv2d(_)))), 0, "{configuration}");
    }
}

/// Shapes that the kernels for a convolution with its pool cannot compute.
#[test]
fn other_shapes_have_no_kernel_with_a_pool() {
    let view = View { buffer: BufferId(0), offset: 0, len: 0 };
    let (conv, pool) = shapes([9, 11], [32, 48], [1, 1], Padding::Same);
    let run = |conv, pool| ConvPool { conv, pool, batch: 1, x: view, w: view, b: view, y: view, argmax: view };
    assert!(fits(&run(conv, pool)));
    assert!(fits(&run(ConvShape { in_channels: 16, ..conv }, pool)));
    assert!(!fits(&run(ConvShape { kernel: [5, 3], ..conv }, pool)));
    assert!(!fits(&run(ConvShape { in_channels: 3, ..conv }, pool)));
    assert!(!fits(&run(ConvShape { out_channels: 24, ..conv }, pool)));
    assert!(!fits(&run(ConvShape { out_channels: 4096, ..conv }, pool)));
    assert!(!fits(&run(conv, PoolShape { stride: [1, 2], ..pool })));
}
