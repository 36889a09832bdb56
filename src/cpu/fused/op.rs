//! What replaces a run of plain operations, and the choice of the runs that are replaced.

use super::conv_pool::{
    self, BackwardInputs, ConvPoolScratch, ConvPoolShapes, ForwardInputs, ForwardOutputs, GradientSlices,
};
use super::gather::{self, GatherInputs};
use super::{adam, im2col, matmul};
use crate::cpu::aligned::Aligned;
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::memory::ReplicaMemory;
use crate::cpu::plain;
use crate::model::geometry::Pads;
use crate::ops::conv2d::{Conv2d, Conv2dPass};
use crate::ops::{Adam, Gather, MatMul, Op, View};
use crate::plan::StepRecord;
use crate::plan::patterns::{ConvPool, ConvPoolBackward};

/// An operation of a program after the choice: a plain one, or a kernel that replaces some, with its scratch
/// memory.
pub(crate) enum FusedOp {
    /// A plain operation, not replaced.
    Plain(Op),
    /// Conversion of a batch of samples to floats.
    Gather(Gather),
    /// Convolution, bias, ReLU and max pool.
    ConvPool { run: Box<ConvPool>, scratch: ConvPoolScratch },
    /// The gradients of such a run.
    ConvPoolBackward { run: Box<ConvPoolBackward>, scratch: ConvPoolScratch },
    /// A convolution that is no part of such a run, with memory as a matrix product has.
    Conv2d { op: Conv2d, slices: Aligned },
    /// A matrix product, with memory for its split-K partial sums.
    MatMul { product: MatMul, slices: Aligned },
    /// The optimiser.
    Adam(Adam),
}

/// Decides which runs of a program's operations are replaced.
///
/// `forwards` collects the forward runs replaced so far, in this program or an earlier one of the plan: the
/// gradients of a run can only be fused if its forward pass was, and may stand in another program.
pub(crate) fn fuse(ops: &[Op], forwards: &mut Vec<ConvPool>) -> Vec<FusedOp> {
    let mut fused = Vec::new();
    let mut rest = ops;
    while let Some(op) = rest.first() {
        let scratch = ConvPoolScratch::default();
        let (op, taken) = if let Some((run, taken)) = ConvPool::at(rest).filter(|(run, _)| fits(run)) {
            forwards.push(run);
            (FusedOp::ConvPool { run: Box::new(run), scratch }, taken)
        } else if let Some((run, taken)) = ConvPoolBackward::at(rest, forwards).filter(|(run, _)| fits_backward(run)) {
            (FusedOp::ConvPoolBackward { run: Box::new(run), scratch }, taken)
        } else {
            let op = match op {
                Op::Gather(op) => FusedOp::Gather(*op),
                Op::Conv2d(op) => FusedOp::Conv2d { op: *op, slices: Aligned::default() },
                Op::MatMul(op) => FusedOp::MatMul { product: *op, slices: Aligned::default() },
                Op::Adam(op) => FusedOp::Adam(*op),
                _ => FusedOp::Plain(*op),
            };
            (op, 1)
        };
        fused.push(op);
        rest = &rest[taken..];
    }
    fused
}

/// Whether the kernels can compute a run: 3×3 kernels over one input channel or a multiple of 16, a multiple
/// of 16 output channels, 2×2 pools with stride 2 and no padding. Any stride, padding and image size of the
/// convolution will do.
pub(super) fn fits(run: &ConvPool) -> bool {
    let ConvPool { conv, pool, .. } = run;
    conv.kernel == [3, 3]
        && (conv.in_channels == 1 || conv.in_channels.is_multiple_of(16))
        && conv.out_channels.is_multiple_of(16)
        && conv.out_channels <= conv_pool::MOST_CHANNELS
        && (pool.kernel, pool.stride, pool.pads) == ([2, 2], [2, 2], Pads::default())
}

/// Whether the kernels can compute a run's gradients. Those of weights and bias must lie in one buffer, in
/// this order, since they are lent out as one view. The kernel for one input channel computes no gradient of
/// its input.
fn fits_backward(run: &ConvPoolBackward) -> bool {
    let one_view = run.dw.buffer == run.db.buffer && run.dw.offset + run.dw.len <= run.db.offset;
    one_view && (run.dx.is_none() || run.forward.conv.in_channels > 1)
}

impl FusedOp {
    /// Runs the operation in a step of one replica.
    pub(crate) fn run(&mut self, memory: &mut ReplicaMemory<'_>, record: &StepRecord) {
        let isa = InstructionSet::widest();
        match self {
            FusedOp::Plain(op) => plain::run(memory, op, record),
            FusedOp::Gather(op) => memory.lend(op.x, |memory, x| {
                memory.lend(op.label, |memory, label| {
                    let inputs = GatherInputs {
                        images: memory.u8(op.images),
                        labels: memory.u32(op.labels),
                        order: memory.u32(op.order),
                    };
                    gather::forward(isa, record, inputs, x, label);
                });
            }),
            FusedOp::ConvPool { run, scratch } => memory.lend(run.y, |memory, y| {
                memory.lend(run.argmax, |memory, argmax| {
                    let shapes = ConvPoolShapes { conv: &run.conv, pool: &run.pool };
                    let inputs = ForwardInputs { x: memory.f32(run.x), w: memory.f32(run.w), b: memory.f32(run.b) };
                    conv_pool::forward(isa, shapes, inputs, ForwardOutputs { y, argmax }, scratch);
                });
            }),
            FusedOp::ConvPoolBackward { run, scratch } => {
                let both = View { len: run.db.offset + run.db.len - run.dw.offset, ..run.dw };
                memory.lend(both, |memory, both| {
                    let (dw, db) = both.split_at_mut(run.db.offset - run.dw.offset);
                    let dw = &mut dw[..run.dw.len];
                    match run.dx {
                        Some(dx) => memory.lend(dx, |memory, dx| {
                            run_backward(isa, memory, run, GradientSlices { dx, dw, db }, scratch);
                        }),
                        None => run_backward(isa, memory, run, GradientSlices { dx: &mut [], dw, db }, scratch),
                    }
                });
            }
            FusedOp::Conv2d { op, slices } => match op.pass {
                Conv2dPass::Forward { x, w, y } => memory.lend(y, |memory, y| {
                    im2col::forward(isa, &op.shape, memory.f32(x), memory.f32(w), y, slices);
                }),
                Conv2dPass::BackwardInput { dy, w, dx } => memory.lend(dx, |memory, dx| {
                    im2col::backward_input(isa, &op.shape, memory.f32(dy), memory.f32(w), dx, slices);
                }),
                Conv2dPass::BackwardWeights { x, dy, dw } => memory.lend(dw, |memory, dw| {
                    im2col::backward_weights(isa, &op.shape, memory.f32(x), memory.f32(dy), dw, slices);
                }),
            },
            FusedOp::MatMul { product, slices } => memory.lend(product.y, |memory, y| {
                matmul::multiply(isa, product, memory.f32(product.a), memory.f32(product.b), y, slices);
            }),
            FusedOp::Adam(op) => memory.lend(op.w, |memory, w| {
                memory.lend(op.m, |memory, m| {
                    memory.lend(op.v, |memory, v| {
                        adam::update(isa, &op.parameters, record.alpha, w, memory.f32(op.g), m, v);
                    });
                });
            }),
        }
    }
}

fn run_backward(
    isa: InstructionSet,
    memory: &ReplicaMemory<'_>,
    run: &ConvPoolBackward,
    gradients: GradientSlices<'_>,
    scratch: &mut ConvPoolScratch,
) {
    let forward = &run.forward;
    let shapes = ConvPoolShapes { conv: &forward.conv, pool: &forward.pool };
    let inputs = BackwardInputs {
        x: memory.f32(forward.x),
        w: memory.f32(forward.w),
        argmax: memory.u32(forward.argmax),
        dy: memory.f32(run.dy),
    };
    conv_pool::backward(isa, shapes, inputs, gradients, scratch);
}
