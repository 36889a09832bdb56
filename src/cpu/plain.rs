//! Runs one plain operation over the buffers of a plan: finds its operands and calls its twin.

use crate::ops::bias::BiasPass;
use crate::ops::conv2d::Conv2dPass;
use crate::ops::global_average_pool::GlobalAveragePoolPass;
use crate::ops::max_pool::MaxPoolPass;
use crate::ops::relu::ReluPass;
use crate::ops::softmax_cross_entropy::SoftmaxCrossEntropyPass;
use crate::plan::{Op, StepRecord};

use super::memory::ReplicaMemory;
use super::{adam, bias, conv2d, gather, global_average_pool, matmul, max_pool, relu, softmax_cross_entropy};

/// Runs one operation of a step for one replica.
pub(super) fn run(memory: &mut ReplicaMemory<'_>, op: &Op, record: &StepRecord) {
    match op {
        Op::Gather(op) => memory.lend(op.x, |memory, x| {
            memory.lend(op.label, |memory, label| {
                gather::forward(record, memory.u8(op.images), memory.u32(op.labels), memory.u32(op.order), x, label);
            });
        }),
        Op::Conv2d(op) => match op.pass {
            Conv2dPass::Forward { x, w, y } => {
                memory.lend(y, |memory, y| conv2d::forward(&op.shape, memory.f32(x), memory.f32(w), y));
            }
            Conv2dPass::BackwardInput { dy, w, dx } => {
                memory.lend(dx, |memory, dx| conv2d::backward_input(&op.shape, memory.f32(dy), memory.f32(w), dx));
            }
            Conv2dPass::BackwardWeights { x, dy, dw } => {
                memory.lend(dw, |memory, dw| conv2d::backward_weights(&op.shape, memory.f32(x), memory.f32(dy), dw));
            }
        },
        Op::Bias(op) => match op.pass {
            BiasPass::Forward { b, y } => memory.lend(y, |memory, y| bias::forward(memory.f32(b), y)),
            BiasPass::Backward { dy, db } => memory.lend(db, |memory, db| bias::backward(memory.f32(dy), db)),
        },
        Op::Relu(op) => match op.pass {
            ReluPass::Forward { y } => memory.lend(y, |_, y| relu::forward(y)),
            ReluPass::Backward { activation, dy } => {
                memory.lend(dy, |memory, dy| relu::backward(memory.f32(activation), dy));
            }
        },
        Op::MaxPool(op) => match op.pass {
            MaxPoolPass::Forward { x, y, argmax } => memory.lend(y, |memory, y| {
                memory.lend(argmax, |memory, argmax| max_pool::forward(&op.shape, memory.f32(x), y, argmax));
            }),
            MaxPoolPass::Backward { dy, argmax, dx } => memory.lend(dx, |memory, dx| {
                max_pool::backward(&op.shape, memory.f32(dy), memory.u32(argmax), dx);
            }),
        },
        Op::GlobalAveragePool(op) => match op.pass {
            GlobalAveragePoolPass::Forward { x, y } => {
                memory.lend(y, |memory, y| global_average_pool::forward(&op.shape, memory.f32(x), y));
            }
            GlobalAveragePoolPass::Backward { dy, dx } => {
                memory.lend(dx, |memory, dx| global_average_pool::backward(&op.shape, memory.f32(dy), dx));
            }
        },
        Op::MatMul(op) => {
            memory.lend(op.y, |memory, y| matmul::multiply(op, memory.f32(op.a), memory.f32(op.b), y));
        }
        Op::SoftmaxCrossEntropy(op) => {
            use SoftmaxCrossEntropyPass as Pass;
            use softmax_cross_entropy as twin;
            let classes = op.classes;
            match op.pass {
                Pass::Softmax { x, y } => memory.lend(y, |memory, y| twin::softmax(classes, memory.f32(x), y)),
                Pass::LogSoftmax { x, y } => memory.lend(y, |memory, y| twin::log_softmax(classes, memory.f32(x), y)),
                Pass::NegativeLogLikelihood { x, label, losses } => memory.lend(losses, |memory, losses| {
                    twin::negative_log_likelihood(record, classes, memory.f32(x), memory.u32(label), losses);
                }),
                Pass::Forward { x, label, losses, predicted } => memory.lend(losses, |memory, losses| {
                    memory.lend(predicted, |memory, predicted| {
                        twin::forward(record, classes, memory.f32(x), memory.u32(label), losses, predicted);
                    });
                }),
                Pass::Backward { x, label, dx } => memory.lend(dx, |memory, dx| {
                    twin::backward(record, classes, memory.f32(x), memory.u32(label), dx);
                }),
            }
        }
        Op::Adam(op) => memory.lend(op.w, |memory, w| {
            memory.lend(op.m, |memory, m| {
                memory.lend(op.v, |memory, v| adam::update(&op.parameters, record.alpha, w, memory.f32(op.g), m, v));
            });
        }),
    }
}
