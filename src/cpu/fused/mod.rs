//! Fast replacements for runs of plain operations, with vector instructions chosen at run time.
//!
//! [`fuse`] is the one place that decides what is replaced: convolution → bias → ReLU → pool and the
//! backward passes of that run, matrix products, and Adam. What fits none of them stays plain. The
//! results differ from the plain ones by rounding only (products and sums are contracted, and added
//! in another order); that order is fixed, so the same machine gives the same bits on any number of
//! threads.

#![expect(clippy::needless_range_loop, reason = "loops over a constant range unroll into registers")]

mod adam;
mod conv_pool;
mod conv_pool_backward;
mod first_layer;
mod images;
mod matmul;

use pulp::Arch;

use super::executor::Executor;
use crate::geometry::{ConvShape, Pads, PoolShape};
use crate::ops::bias::BiasPass;
use crate::ops::conv2d::Conv2dPass;
use crate::ops::max_pool::MaxPoolPass;
use crate::ops::relu::ReluPass;
use crate::ops::{Adam, Bias, Conv2d, MatMul, MaxPool, Op, Relu, View};
use crate::plan::StepRecord;

/// One thing that a program does: a plain operation, or what replaces some.
pub enum Instruction {
    /// Not replaced.
    Plain(Op),
    /// Convolution, bias, ReLU, pool.
    Forward(Forward),
    /// Their gradients.
    Backward(Box<Backward>),
    /// A matrix product.
    MatMul(MatMul),
    /// The optimiser.
    Adam(Adam),
}

/// Convolution, bias, ReLU, pool: `x, w, b → y, argmax`.
#[derive(Clone, Copy)]
pub struct Forward {
    pub conv: ConvShape,
    pool: PoolShape,
    pub x: View,
    w: View,
    b: View,
    pub y: View,
    argmax: View,
}

/// `dy → dw, db` and `dx`, if there is one.
pub struct Backward {
    pub forward: Forward,
    pub dy: View,
    dx: Option<View>,
    /// From the start of `dw` to the end of `db`.
    gradients: View,
    /// Elements of `dw`, and where `db` starts.
    split: (usize, usize),
    scratch: conv_pool_backward::Scratch,
}

/// The instructions that compute `ops`. `forwards` holds the runs replaced so far, in this program or
/// an earlier one of the plan: a backward pass may stand in another program than its forward pass.
pub fn fuse(ops: &[Op], forwards: &mut Vec<Forward>) -> Vec<Instruction> {
    let mut instructions = Vec::new();
    let mut rest = ops;
    while let Some(op) = rest.first() {
        let (instruction, taken) = if let Some(forward) = forward(rest) {
            forwards.push(forward);
            (Instruction::Forward(forward), 4)
        } else if let Some((backward, taken)) = backward(rest, forwards) {
            (Instruction::Backward(Box::new(backward)), taken)
        } else {
            match op {
                Op::MatMul(op) if matmul::fits(op) => (Instruction::MatMul(*op), 1),
                Op::Adam(op) => (Instruction::Adam(*op), 1),
                _ => (Instruction::Plain(*op), 1),
            }
        };
        instructions.push(instruction);
        rest = &rest[taken..];
    }
    instructions
}

/// What the kernels are written for: the layers of the tutorial's networks, any stride, padding and
/// image size.
fn fits(conv: &ConvShape, pool: &PoolShape) -> bool {
    conv.kernel == [3, 3]
        && (conv.in_channels == 1 || conv.in_channels == 32)
        && conv.out_channels.is_multiple_of(16)
        && (pool.kernel, pool.stride, pool.pads) == ([2, 2], [2, 2], Pads::default())
}

fn forward(ops: &[Op]) -> Option<Forward> {
    let [
        Op::Conv2d(Conv2d { shape: conv, pass: Conv2dPass::Forward { x, w, y: convolved }, .. }),
        Op::Bias(Bias { pass: BiasPass::Forward { b, y: biased }, .. }),
        Op::Relu(Relu { pass: ReluPass::Forward { y: rectified }, .. }),
        Op::MaxPool(MaxPool { shape: pool, pass: MaxPoolPass::Forward { x: pooled, y, argmax }, .. }),
        ..,
    ] = ops
    else {
        return None;
    };
    let chained = [biased, rectified, pooled].iter().all(|view| *view == convolved);
    let forward = Forward { conv: *conv, pool: *pool, x: *x, w: *w, b: *b, y: *y, argmax: *argmax };
    (chained && fits(conv, pool)).then_some(forward)
}

fn backward(ops: &[Op], forwards: &[Forward]) -> Option<(Backward, usize)> {
    let [
        Op::MaxPool(MaxPool { pass: MaxPoolPass::Backward { dy, argmax, dx: unpooled }, .. }),
        Op::Relu(Relu { pass: ReluPass::Backward { dy: rectified, .. }, .. }),
        Op::Bias(Bias { pass: BiasPass::Backward { dy: biased, db }, .. }),
        Op::Conv2d(Conv2d { pass: Conv2dPass::BackwardWeights { dy: convolved, dw, .. }, .. }),
        rest @ ..,
    ] = ops
    else {
        return None;
    };
    let chained = [rectified, biased, convolved].iter().all(|view| *view == unpooled);
    let forward = *forwards.iter().find(|forward| forward.argmax == *argmax)?;
    let dx = match rest.first() {
        Some(Op::Conv2d(Conv2d { pass: Conv2dPass::BackwardInput { dy, dx, .. }, .. })) if dy == unpooled => Some(*dx),
        _ => None,
    };
    let adjacent = dw.buffer == db.buffer && dw.offset + dw.len <= db.offset;
    let possible = dx.is_none() || forward.conv.in_channels > 1;
    (chained && adjacent && possible).then(|| {
        let gradients = View { len: db.offset + db.len - dw.offset, ..*dw };
        let split = (dw.len, db.offset - dw.offset);
        let backward = Backward { forward, dy: *dy, dx, gradients, split, scratch: Default::default() };
        (backward, if dx.is_some() { 5 } else { 4 })
    })
}

impl Executor {
    /// Runs one instruction for a replica.
    pub(super) fn run_instruction(&mut self, instruction: &mut Instruction, record: &StepRecord, r: usize) {
        let arch = Arch::new();
        match instruction {
            Instruction::Plain(op) => self.run_op(op, record, r),
            Instruction::Forward(op) => self.with(op.y, r, |this, y| {
                this.with(op.argmax, r, |this, argmax| {
                    let [x, w, b] = [op.x, op.w, op.b].map(|view| this.f32(view, r));
                    conv_pool::forward(arch, (&op.conv, &op.pool), x, w, b, y, argmax);
                });
            }),
            Instruction::Backward(op) => {
                let Backward { forward, dy, dx, gradients, split, scratch } = &mut **op;
                self.with(*gradients, r, |this, gradients| {
                    let (dw, db) = gradients.split_at_mut(split.1);
                    let dw = &mut dw[..split.0];
                    match dx {
                        Some(dx) => this.with(*dx, r, |this, dx| {
                            this.conv_pool_backward(arch, forward, *dy, [dx, dw, db], scratch, r);
                        }),
                        None => this.conv_pool_backward(arch, forward, *dy, [&mut [], dw, db], scratch, r),
                    }
                });
            }
            Instruction::MatMul(op) => {
                self.with(op.y, r, |this, y| matmul::multiply(arch, op, this.f32(op.a, r), this.f32(op.b, r), y));
            }
            Instruction::Adam(op) => self.with(op.w, r, |this, w| {
                this.with(op.m, r, |this, m| {
                    this.with(op.v, r, |this, v| {
                        adam::update(arch, &op.parameters, record.alpha, w, this.f32(op.g, r), m, v);
                    });
                });
            }),
        }
    }

    fn conv_pool_backward(
        &self,
        arch: Arch,
        op: &Forward,
        dy: View,
        [dx, dw, db]: [&mut [f32]; 3],
        scratch: &mut conv_pool_backward::Scratch,
        r: usize,
    ) {
        let [x, w, y, dy] = [op.x, op.w, op.y, dy].map(|view| self.f32(view, r));
        let (shapes, argmax) = ((&op.conv, &op.pool), self.u32(op.argmax, r));
        if op.conv.in_channels == 1 {
            let tensors = first_layer::Tensors { x, y, argmax, dy, dw, db };
            first_layer::backward_weights(arch, shapes, tensors, &mut scratch.partial);
        } else {
            let tensors = conv_pool_backward::Tensors { x, w, y, argmax, dy, dx, dw, db };
            conv_pool_backward::backward(arch, shapes, tensors, scratch);
        }
    }
}

#[cfg(test)]
mod tests;
