//! Runs a plan's operations over vectors in memory.

use std::ops::Range;

use web_time::Instant;

use crate::ops::bias::BiasPass;
use crate::ops::conv2d::Conv2dPass;
use crate::ops::max_pool::MaxPoolPass;
use crate::ops::relu::ReluPass;
use crate::ops::softmax_cross_entropy::SoftmaxCrossEntropyPass;
use crate::plan::{BufferId, Element, Op, Plan, ProgramId, StepRecord, View};

use super::aligned::Aligned;
use super::fused::{Instruction, fuse};
use super::{adam, bias, conv2d, gather, matmul, max_pool, pool, relu, softmax_cross_entropy};

/// So long the steps run between two questions whether to go on.
const SECONDS: f64 = 0.02;

/// So long one replica's steps run before those of the next, at most.
const SLICE: f64 = 0.005;

/// A buffer's memory: all replicas.
struct Memory {
    words: Aligned,
    element: Element,
    /// Bytes from one replica to the next; 0 where all share.
    stride: usize,
}

/// A plan's memory and records on the CPU.
pub struct Executor {
    plan: Plan,
    memory: Vec<Memory>,
    records: Vec<Vec<StepRecord>>,
    programs: Vec<Vec<Instruction>>,
}

impl Memory {
    fn part(&self, view: View, replica: usize) -> &[u8] {
        let size = self.element.bytes();
        let start = self.stride * replica + view.offset * size;
        &self.words.as_slice()[start..start + view.len * size]
    }

    fn part_mut(&mut self, view: View, replica: usize) -> &mut [u8] {
        let size = self.element.bytes();
        let start = self.stride * replica + view.offset * size;
        &mut self.words.as_mut_slice()[start..start + view.len * size]
    }
}

impl Executor {
    /// Allocates every buffer, zeroed.
    pub fn new(plan: &Plan) -> Self {
        let memory = plan.buffers.iter().map(|buffer| Memory {
            words: Aligned::new(buffer.bytes() as usize / 4),
            element: buffer.element,
            stride: if buffer.replicas == 1 { 0 } else { buffer.len * buffer.element.bytes() },
        });
        let memory = memory.collect();
        let mut forwards = Vec::new();
        let programs = plan.programs.iter().map(|program| match plan.fuse && !program.readable {
            true => fuse(&program.ops, &mut forwards),
            false => program.ops.iter().copied().map(Instruction::Plain).collect(),
        });
        let programs = programs.collect();
        Executor { memory, records: vec![Vec::new(); plan.programs.len()], programs, plan: plan.clone() }
    }

    /// Copies bytes into a view of one replica.
    pub fn write(&mut self, view: View, replica: usize, bytes: &[u8]) {
        self.memory[view.buffer.0].part_mut(view, replica).copy_from_slice(bytes);
    }

    /// Copies a view of one replica out.
    pub fn read(&self, view: View, replica: usize) -> Vec<u8> {
        self.memory[view.buffer.0].part(view, replica).to_vec()
    }

    /// Sets a program's step records.
    pub fn set_records(&mut self, program: ProgramId, records: &[StepRecord]) {
        self.records[program.0] = records.to_vec();
    }

    /// Runs a range of a program's steps; `progress(steps done)` is asked now and then whether to go on.
    pub fn run(&mut self, program: ProgramId, steps: Range<usize>, progress: &mut dyn FnMut(usize) -> bool) {
        let mut instructions = std::mem::take(&mut self.programs[program.0]);
        let mut next = steps.start;
        while next < steps.end {
            next = pool::run(|| self.run_for(SECONDS, &mut instructions, program, next..steps.end));
            if !progress(next - steps.start) {
                break;
            }
        }
        self.programs[program.0] = instructions;
    }

    /// Runs steps until they have taken so long, at least one, and returns the next one.
    fn run_for(
        &mut self,
        seconds: f64,
        instructions: &mut [Instruction],
        program: ProgramId,
        steps: Range<usize>,
    ) -> usize {
        let (start, mut next) = (Instant::now(), steps.start);
        while next < steps.end {
            // The first replica sets how many steps the others run: a few of one replica, whose memory stays
            // in the cache, before the next one's.
            let (first, mut end) = (Instant::now(), next);
            let slice = SLICE.min(seconds / self.plan.replicas as f64);
            while end < steps.end && (end == next || first.elapsed().as_secs_f64() < slice) {
                self.run_step(instructions, program, end, 0);
                end += 1;
            }
            for replica in 1..self.plan.replicas {
                (next..end).for_each(|step| self.run_step(instructions, program, step, replica));
            }
            next = end;
            if start.elapsed().as_secs_f64() >= seconds {
                break;
            }
        }
        next
    }

    /// Runs one step of one replica.
    fn run_step(&mut self, instructions: &mut [Instruction], program: ProgramId, step: usize, replica: usize) {
        let record = self.records[program.0][step];
        for instruction in instructions {
            self.run_instruction(instruction, &record, replica);
        }
    }

    pub(super) fn u8(&self, view: View, replica: usize) -> &[u8] {
        self.memory[view.buffer.0].part(view, replica)
    }

    pub(super) fn f32(&self, view: View, replica: usize) -> &[f32] {
        bytemuck::cast_slice(self.u8(view, replica))
    }

    pub(super) fn u32(&self, view: View, replica: usize) -> &[u32] {
        bytemuck::cast_slice(self.u8(view, replica))
    }

    /// Lends one view out mutably while the others stay readable. A plan never lets an operation
    /// read the buffer that it writes, except in place, where the view is the same.
    pub(super) fn with<T: bytemuck::Pod>(&mut self, out: View, replica: usize, f: impl FnOnce(&mut Self, &mut [T])) {
        let BufferId(i) = out.buffer;
        let empty = Memory { words: Aligned::default(), element: self.memory[i].element, stride: 0 };
        let mut lent = std::mem::replace(&mut self.memory[i], empty);
        f(self, bytemuck::cast_slice_mut(lent.part_mut(out, replica)));
        self.memory[i] = lent;
    }

    pub(super) fn run_op(&mut self, op: &Op, record: &StepRecord, r: usize) {
        match op {
            Op::Gather(op) => self.with(op.x, r, |this, x| {
                this.with(op.label, r, |this, label| {
                    gather::forward(
                        record,
                        this.u8(op.images, r),
                        this.u32(op.labels, r),
                        this.u32(op.order, r),
                        x,
                        label,
                    );
                });
            }),
            Op::Conv2d(op) => match op.pass {
                Conv2dPass::Forward { x, w, y } => {
                    self.with(y, r, |this, y| conv2d::forward(&op.shape, this.f32(x, r), this.f32(w, r), y));
                }
                Conv2dPass::BackwardInput { dy, w, dx } => {
                    self.with(dx, r, |this, dx| conv2d::backward_input(&op.shape, this.f32(dy, r), this.f32(w, r), dx));
                }
                Conv2dPass::BackwardWeights { x, dy, dw } => {
                    self.with(dw, r, |this, dw| {
                        conv2d::backward_weights(&op.shape, this.f32(x, r), this.f32(dy, r), dw)
                    });
                }
            },
            Op::Bias(op) => match op.pass {
                BiasPass::Forward { b, y } => self.with(y, r, |this, y| bias::forward(this.f32(b, r), y)),
                BiasPass::Backward { dy, db } => self.with(db, r, |this, db| bias::backward(this.f32(dy, r), db)),
            },
            Op::Relu(op) => match op.pass {
                ReluPass::Forward { y } => self.with(y, r, |_, y| relu::forward(y)),
                ReluPass::Backward { activation, dy } => {
                    self.with(dy, r, |this, dy| relu::backward(this.f32(activation, r), dy));
                }
            },
            Op::MaxPool(op) => match op.pass {
                MaxPoolPass::Forward { x, y, argmax } => self.with(y, r, |this, y| {
                    this.with(argmax, r, |this, argmax| max_pool::forward(&op.shape, this.f32(x, r), y, argmax));
                }),
                MaxPoolPass::Backward { dy, argmax, dx } => self.with(dx, r, |this, dx| {
                    max_pool::backward(&op.shape, this.f32(dy, r), this.u32(argmax, r), dx);
                }),
            },
            Op::MatMul(op) => {
                self.with(op.y, r, |this, y| matmul::multiply(op, this.f32(op.a, r), this.f32(op.b, r), y));
            }
            Op::SoftmaxCrossEntropy(op) => {
                use SoftmaxCrossEntropyPass as Pass;
                use softmax_cross_entropy as twin;
                let classes = op.classes;
                match op.pass {
                    Pass::Softmax { x, y } => self.with(y, r, |this, y| twin::softmax(classes, this.f32(x, r), y)),
                    Pass::LogSoftmax { x, y } => {
                        self.with(y, r, |this, y| twin::log_softmax(classes, this.f32(x, r), y))
                    }
                    Pass::NegativeLogLikelihood { x, label, losses } => self.with(losses, r, |this, losses| {
                        twin::negative_log_likelihood(record, classes, this.f32(x, r), this.u32(label, r), losses);
                    }),
                    Pass::Forward { x, label, losses, predicted } => self.with(losses, r, |this, losses| {
                        this.with(predicted, r, |this, predicted| {
                            twin::forward(record, classes, this.f32(x, r), this.u32(label, r), losses, predicted);
                        });
                    }),
                    Pass::Backward { x, label, dx } => self.with(dx, r, |this, dx| {
                        twin::backward(record, classes, this.f32(x, r), this.u32(label, r), dx);
                    }),
                }
            }
            Op::Adam(op) => self.with(op.w, r, |this, w| {
                this.with(op.m, r, |this, m| {
                    this.with(op.v, r, |this, v| {
                        adam::update(&op.parameters, record.alpha, w, this.f32(op.g, r), m, v)
                    });
                });
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Configuration, Network};
    use crate::plan::{PlanOptions, TrainingPlan};
    use crate::random::Stream;

    /// Replicas take turns after every step, or run many before the next one's turn: the same bits.
    #[test]
    fn turns_of_replicas_do_not_matter() {
        let options = PlanOptions {
            batch: 4,
            train_samples: 22,
            test_samples: 1,
            replicas: 3,
            evaluate_capacity: 1,
            max_binding_bytes: u64::MAX,
            adam: Default::default(),
            fuse: true,
        };
        let network = Network::new([13, 12], Configuration::TUTORIAL[1]).unwrap();
        let TrainingPlan { plan, state, train, train_step, .. } = TrainingPlan::new(&network, &options).unwrap();
        let whole = |buffer: BufferId| View { buffer, offset: 0, len: plan.buffers[buffer.0].len };
        let run = |times: &[(f64, usize)]| {
            let mut executor = Executor::new(&plan);
            let images: Vec<u8> = (0..22 * 13 * 12).map(|i| (i * 31 % 251) as u8).collect();
            executor.write(whole(train.images), 0, &images);
            for replica in 0..3 {
                let mut stream = Stream::new(replica as u64, "weights");
                let weights: Vec<f32> =
                    (0..whole(state.parameters).len).map(|_| stream.uniform() as f32 - 0.5).collect();
                executor.write(whole(state.parameters), replica, bytemuck::cast_slice(&weights));
                let order: Vec<u32> = (0..22).map(|i| (i * 7 + replica as u32) % 22).collect();
                executor.write(whole(train.order), replica, bytemuck::cast_slice(&order));
            }
            let records: Vec<StepRecord> =
                (0..6).map(|i| StepRecord { start: i * 4, n: (22 - i * 4).min(4), alpha: 1e-3, out: i * 4 }).collect();
            executor.set_records(train_step, &records);
            let mut instructions = std::mem::take(&mut executor.programs[train_step.0]);
            let mut next = 0;
            for &(seconds, until) in times {
                while next < until {
                    next = executor.run_for(seconds, &mut instructions, train_step, next..until);
                }
            }
            [0, 1, 2].map(|r| [state.parameters, state.second_moment, train.losses].map(|b| executor.read(whole(b), r)))
        };
        let alternating = run(&[(0.0, 6)]);
        assert_ne!(alternating[0], alternating[1]);
        assert!(alternating == run(&[(1e9, 6)]) && alternating == run(&[(1e9, 1), (0.0, 3), (1e9, 6)]));
    }
}
