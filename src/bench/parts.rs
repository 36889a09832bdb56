//! Which operation belongs to which layer and pass.

use crate::ops::softmax_cross_entropy::SoftmaxCrossEntropyPass;
use crate::ops::{BufferId, Op};
use crate::plan::{Plan, TrainingPlan};
use crate::record::Pass;

/// The operations of one pass of one layer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Part {
    pub layer: String,
    pub pass: Pass,
    pub ops: Vec<Op>,
}

/// A training step in parts, in order.
///
/// Operations without parameters go with the layer whose forward pass they follow, or whose backward
/// pass they precede: a pool with its convolution, the loss with the last layer.
pub(super) fn parts(training: &TrainingPlan) -> Vec<Part> {
    let ops = &training.plan.programs[training.train_step.0].ops;
    let turn = ops.iter().position(
        |op| matches!(op, Op::SoftmaxCrossEntropy(op) if matches!(op.pass, SoftmaxCrossEntropyPass::Backward { .. })),
    );
    let (forward, backward) = ops.split_at(turn.unwrap_or(ops.len()));
    let mut layer = "";
    let mut labelled: Vec<(&str, Pass, Op)> = Vec::new();
    for op in forward {
        layer = special(op).or_else(|| layer_of(training, op)).unwrap_or(layer);
        labelled.push((layer, Pass::Forward, *op));
    }
    let mut reversed: Vec<(&str, Pass, Op)> = Vec::new();
    for op in backward.iter().rev() {
        layer = special(op).or_else(|| layer_of(training, op)).unwrap_or(layer);
        let pass = if matches!(op, Op::Adam(_)) { Pass::Optimiser } else { Pass::Backward };
        reversed.push((layer, pass, *op));
    }
    labelled.extend(reversed.into_iter().rev());
    let mut parts: Vec<Part> = Vec::new();
    for (layer, pass, op) in labelled {
        match parts.last_mut() {
            Some(part) if (part.layer.as_str(), part.pass) == (layer, pass) => part.ops.push(op),
            _ => parts.push(Part { layer: layer.into(), pass, ops: vec![op] }),
        }
    }
    parts
}

/// What stands for itself.
fn special(op: &Op) -> Option<&'static str> {
    match op {
        Op::Gather(_) => Some("gather"),
        Op::Adam(_) => Some("adam"),
        _ => None,
    }
}

/// The layer whose parameters or their gradients an operation uses.
fn layer_of<'a>(training: &'a TrainingPlan, op: &Op) -> Option<&'a str> {
    let state = [training.state.parameters, training.state.gradients];
    let operands = op.operands();
    let view = operands.iter().map(|operand| operand.view).find(|view| state.contains(&view.buffer))?;
    let parameter = training.plan.parameters.iter().find(|p| p.offset == view.offset)?;
    parameter.name.split('.').next()
}

/// Multiply-adds of operations.
pub(super) fn macs(ops: &[Op]) -> u64 {
    ops.iter().map(Op::macs).sum()
}

/// Bytes that operations read and write.
pub(super) fn bytes(plan: &Plan, ops: &[Op]) -> u64 {
    let traffic = ops.iter().flat_map(Op::traffic);
    traffic.map(|(BufferId(i), len)| len as u64 * plan.buffers[i].element.bytes() as u64).sum()
}

/// Bytes of the buffers that operations use and that neither hold samples nor parameters: what a step
/// keeps of its own. A plan allocates all of them, so that is also the most it ever holds.
pub(super) fn activation_bytes(training: &TrainingPlan, ops: &[Op]) -> u64 {
    let (state, mut lasting) = (training.state, Vec::new());
    lasting.extend([state.parameters, state.gradients, state.first_moment, state.second_moment]);
    for samples in [training.train, training.test] {
        lasting.extend([samples.images, samples.labels, samples.order, samples.losses, samples.predicted]);
    }
    let mut buffers: Vec<BufferId> = ops.iter().flat_map(Op::traffic).map(|(buffer, _)| buffer).collect();
    buffers.sort_by_key(|buffer| buffer.0);
    buffers.dedup();
    buffers.retain(|buffer| !lasting.contains(buffer));
    buffers.iter().map(|buffer| training.plan.buffers[buffer.0].bytes()).sum()
}
