//! Fast replacements for runs of plain operations, with vector instructions chosen at run time.
//!
//! [`fuse`] is the one place that decides what is replaced: the samples' conversion, convolution → bias →
//! ReLU → pool and the backward passes of that run, matrix products, and Adam. What fits none of them stays
//! plain. The results differ from the plain ones by rounding only (products and sums are contracted, added in
//! another order, or filtered as in [`winograd`]), and so, where two outputs of a pool window are equal by
//! chance, by which of them wins; and where numbers are not finite: see [`winograd`] and [`gradients`]. The
//! order is fixed: the same machine gives the same bits on any number of threads.

#![expect(clippy::needless_range_loop, reason = "loops over a constant range unroll into registers")]

mod adam;
mod conv_pool;
mod entry;
mod filters;
mod first_layer;
mod gather;
mod gradients;
mod images;
mod ink;
mod layout;
mod lists;
mod machine;
mod matmul;
mod tile;
mod transpose;
mod window;
mod windows;
mod winograd;

use super::aligned::Aligned;
use super::executor::Executor;
use crate::model::geometry::Pads;
use crate::ops::{Adam, Gather, MatMul, Op, View};
use crate::plan::StepRecord;
use crate::plan::patterns::{ConvPool, ConvPoolBackward};
use machine::Machine;

/// One thing that a program does: a plain operation, or what replaces some.
pub enum Instruction {
    /// Not replaced.
    Plain(Op),
    /// Samples to floats.
    Gather(Gather),
    /// Convolution, bias, ReLU, pool.
    Forward(Box<(ConvPool, conv_pool::Scratch)>),
    /// Their gradients.
    Backward(Box<(ConvPoolBackward, conv_pool::Scratch)>),
    /// A matrix product.
    MatMul(MatMul, Aligned),
    /// The optimiser.
    Adam(Adam),
}

/// The instructions that compute `ops`. `forwards` holds the runs replaced so far, in this program or
/// an earlier one of the plan: a backward pass may stand in another program than its forward pass.
pub fn fuse(ops: &[Op], forwards: &mut Vec<ConvPool>) -> Vec<Instruction> {
    let mut instructions = Vec::new();
    let mut rest = ops;
    while let Some(op) = rest.first() {
        let (instruction, taken) = if let Some((run, taken)) = ConvPool::at(rest).filter(|(run, _)| fits(run)) {
            forwards.push(run);
            (Instruction::Forward(Box::new((run, Default::default()))), taken)
        } else if let Some((run, taken)) = ConvPoolBackward::at(rest, forwards).filter(|(run, _)| fits_backward(run)) {
            (Instruction::Backward(Box::new((run, Default::default()))), taken)
        } else {
            let instruction = match op {
                Op::Gather(op) => Instruction::Gather(*op),
                Op::MatMul(op) => Instruction::MatMul(*op, Aligned::default()),
                Op::Adam(op) => Instruction::Adam(*op),
                _ => Instruction::Plain(*op),
            };
            (instruction, 1)
        };
        instructions.push(instruction);
        rest = &rest[taken..];
    }
    instructions
}

/// What the kernels are written for: 3×3 kernels over one channel or whole vectors of them, any stride,
/// padding and image size.
fn fits(run: &ConvPool) -> bool {
    let ConvPool { conv, pool, .. } = run;
    conv.kernel == [3, 3]
        && (conv.in_channels == 1 || conv.in_channels.is_multiple_of(16))
        && conv.out_channels.is_multiple_of(16)
        && conv.out_channels <= lists::MOST_CHANNELS
        && (pool.kernel, pool.stride, pool.pads) == ([2, 2], [2, 2], Pads::default())
}

/// Weights and bias must lie in one buffer, to be lent out together.
fn fits_backward(run: &ConvPoolBackward) -> bool {
    let adjacent = run.dw.buffer == run.db.buffer && run.dw.offset + run.dw.len <= run.db.offset;
    adjacent && (run.dx.is_none() || run.forward.conv.in_channels > 1)
}

/// `sum = Σ parts`, in their order; they lie `width` apart, and are as long as the sum.
fn add_in_order(parts: &[f32], width: usize, sum: &mut [f32]) {
    sum.fill(0.0);
    for part in parts.chunks(width) {
        sum.iter_mut().zip(part).for_each(|(sum, &part)| *sum += part);
    }
}

/// Whether all are finite numbers; one loop without an end in between, for vectors.
#[inline(always)]
fn finite(values: &[f32]) -> bool {
    let mut most = 0;
    for value in values {
        most = (value.to_bits() & 0x7fff_ffff).max(most);
    }
    most < f32::INFINITY.to_bits()
}

impl Executor {
    /// Runs one instruction for a replica.
    pub(super) fn run_instruction(&mut self, instruction: &mut Instruction, record: &StepRecord, r: usize) {
        let machine = Machine::new();
        match instruction {
            Instruction::Plain(op) => self.run_op(op, record, r),
            Instruction::Gather(op) => self.with(op.x, r, |this, x| {
                this.with(op.label, r, |this, label| {
                    let (images, known) = (this.u8(op.images, r), (this.u32(op.labels, r), this.u32(op.order, r)));
                    gather::forward(machine, record, images, known, x, label);
                });
            }),
            Instruction::Forward(both) => {
                let (run, scratch) = &mut **both;
                self.with(run.y, r, |this, y| {
                    this.with(run.argmax, r, |this, argmax| {
                        let inputs = [run.x, run.w, run.b].map(|view| this.f32(view, r));
                        conv_pool::forward(machine, (&run.conv, &run.pool), inputs, y, argmax, scratch);
                    });
                });
            }
            Instruction::Backward(both) => {
                let (run, scratch) = &mut **both;
                let gradients = View { len: run.db.offset + run.db.len - run.dw.offset, ..run.dw };
                self.with(gradients, r, |this, gradients| {
                    let (dw, db) = gradients.split_at_mut(run.db.offset - run.dw.offset);
                    let dw = &mut dw[..run.dw.len];
                    match run.dx {
                        Some(dx) => this.with(dx, r, |this, dx| {
                            this.conv_pool_backward(machine, run, [dx, dw, db], scratch, r);
                        }),
                        None => this.conv_pool_backward(machine, run, [&mut [], dw, db], scratch, r),
                    }
                });
            }
            Instruction::MatMul(op, slices) => self.with(op.y, r, |this, y| {
                matmul::multiply(machine, op, this.f32(op.a, r), this.f32(op.b, r), y, slices);
            }),
            Instruction::Adam(op) => self.with(op.w, r, |this, w| {
                this.with(op.m, r, |this, m| {
                    this.with(op.v, r, |this, v| {
                        adam::update(machine, &op.parameters, record.alpha, w, this.f32(op.g, r), m, v);
                    });
                });
            }),
        }
    }

    fn conv_pool_backward(
        &self,
        machine: Machine,
        run: &ConvPoolBackward,
        gradients: [&mut [f32]; 3],
        scratch: &mut conv_pool::Scratch,
        r: usize,
    ) {
        let ConvPool { conv, pool, x, w, argmax, .. } = &run.forward;
        let [x, w, dy] = [*x, *w, run.dy].map(|view| self.f32(view, r));
        let inputs = conv_pool::Inputs { x, w, argmax: self.u32(*argmax, r), dy };
        conv_pool::backward(machine, (conv, pool), inputs, gradients, scratch);
    }
}

#[cfg(test)]
mod tests;
