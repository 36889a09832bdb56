//! What is fused, and every instruction set's kernels against the plain operations.

use pulp::Arch;

use super::*;
use crate::model::geometry::{ConvShape, Padding, PoolShape};
use crate::model::{Configuration, Network};
use crate::ops::max_pool::MaxPoolPass;
use crate::plan::{PlanOptions, TrainingPlan};
use crate::random::Stream;

mod conv_pool;
mod gather;
mod matmul;
mod window;

/// All that is left plain in the tutorial's networks: the loss, and the dense layers' biases and ReLU.
#[test]
fn training_is_fused() {
    let options = PlanOptions {
        batch: 64,
        train_samples: 64,
        test_samples: 64,
        replicas: 1,
        evaluate_capacity: 64,
        max_binding_bytes: u64::MAX,
        adam: Default::default(),
        fuse: true,
    };
    for configuration in Configuration::TUTORIAL {
        let network = Network::new([28, 28], configuration).unwrap();
        let plan = TrainingPlan::new(&network, &options).unwrap();
        let ops = &plan.plan.programs[plan.train_step.0].ops;
        let mut forwards = Vec::new();
        let instructions = fuse(ops, &mut forwards);
        let count = |f: fn(&Instruction) -> bool| instructions.iter().filter(|i| f(i)).count();
        assert_eq!(count(|i| matches!(i, Instruction::Forward(_))), 2);
        assert_eq!(count(|i| matches!(i, Instruction::Backward(_))), 2);
        assert_eq!(count(|i| matches!(i, Instruction::Plain(Op::Conv2d(_) | Op::MaxPool(_) | Op::Adam(_)))), 0);
        assert_eq!(count(|i| matches!(i, Instruction::MatMul(..))), 6);
        // The backward pass as a program of its own.
        let turn =
            ops.iter().position(|op| matches!(op, Op::MaxPool(op) if matches!(op.pass, MaxPoolPass::Backward { .. })));
        let backward = fuse(&ops[turn.unwrap_or(0)..], &mut forwards);
        assert_eq!(backward.iter().filter(|i| matches!(i, Instruction::Backward(_))).count(), 2);
    }
}

/// Another kernel size gives way to the plain operations.
#[test]
fn what_does_not_fit_stays_plain() {
    let view = View { buffer: crate::plan::BufferId(0), offset: 0, len: 0 };
    let (conv, pool) = conv_pool::shapes([9, 11], [32, 48], [1, 1], Padding::Same);
    let run = |conv, pool| ConvPool { conv, pool, batch: 1, x: view, w: view, b: view, y: view, argmax: view };
    assert!(fits(&run(conv, pool)));
    assert!(fits(&run(ConvShape { in_channels: 16, ..conv }, pool)));
    assert!(!fits(&run(ConvShape { kernel: [5, 3], ..conv }, pool)));
    assert!(!fits(&run(ConvShape { in_channels: 3, ..conv }, pool)));
    assert!(!fits(&run(ConvShape { out_channels: 24, ..conv }, pool)));
    assert!(!fits(&run(ConvShape { out_channels: 4096, ..conv }, pool)));
    assert!(!fits(&run(conv, PoolShape { stride: [1, 2], ..pool })));
}

/// Every width of vectors: users have others than the widest one here.
pub fn machines() -> Vec<Machine> {
    let mut machines = vec![Machine::Has(Arch::Scalar), Machine::Four, Machine::new()];
    #[cfg(target_arch = "x86_64")]
    machines.extend(pulp::x86::V3::try_new().map(|v3| Machine::Has(Arch::V3(v3))));
    machines
}

pub fn random(name: &str, len: usize) -> Vec<f32> {
    let mut stream = Stream::new(9, name);
    (0..len).map(|_| stream.uniform() as f32 - 0.5).collect()
}

/// Norm-relative; NaN fails.
pub fn close(what: &str, got: &[f32], want: &[f32]) {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(&mut got.iter().zip(want).map(|(&g, &w)| f64::from(g) - f64::from(w)));
    let allowed = 1e-6 * norm(&mut want.iter().map(|&w| f64::from(w)));
    assert!(got.len() == want.len() && difference <= allowed && allowed > 0.0, "{what}: {difference} of {allowed}");
}
