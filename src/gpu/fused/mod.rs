//! Kernels that replace several plain operations each, where the adapter and the shapes allow it.
//!
//! [`fuse`] is the one place that decides. Partial sums, of slices of the batch or of slices of a long sum
//! (split-K), lie in buffers that only these kernels use; they come after the plan's. The order of every sum
//! is fixed by the shapes and the [`Tuning`] and, for `subgroupAdd`, by the subgroup's size and the driver:
//! results repeat on one device. They differ from those of the plain operations by rounding only.

mod conv_pool;
mod dense;
mod head;
mod sums;
mod tile;
mod tiled;
mod tiled_conv_pool;
mod tiled_dense;

use crate::ops::{Op, View};
use crate::plan::patterns::{ConvPool, ConvPoolBackward, Dense, DenseHead, RectifiedBias};
use crate::plan::{Buffer, BufferId, Element, Plan, Program};

use super::kernels::{self, Kernel};
use super::shaders::interface;
use super::tuning::Tuning;

/// The kernels of a plan.
pub(super) struct Fused {
    /// The kernels of each program.
    pub programs: Vec<Vec<Kernel>>,
    /// The buffers that they need in addition to the plan's.
    pub scratch: Vec<Buffer>,
}

/// Buffers for partial sums.
struct Scratch {
    buffers: Vec<Buffer>,
    /// The number of the first of them: how many buffers the plan has.
    first: usize,
    replicas: usize,
}

impl Scratch {
    /// A buffer of `len` numbers. Requests with the same role and length share one buffer, so the numbers of
    /// a role must have been read before numbers of the same role are written again.
    fn view(&mut self, role: &str, len: usize) -> View {
        let found = self.buffers.iter().position(|buffer| buffer.name == role && buffer.len == len);
        let index = found.unwrap_or_else(|| {
            let name = role.into();
            self.buffers.push(Buffer { name, element: Element::F32, len, replicas: self.replicas });
            self.buffers.len() - 1
        });
        View { buffer: BufferId(self.first + index), offset: 0, len }
    }
}

/// The kernels of each program of a plan. Where a buffer of partial sums would have more than
/// `max_binding_bytes`, every operation stays plain.
pub(super) fn fuse(plan: &Plan, tuning: &Tuning, max_binding_bytes: u64) -> Fused {
    let mut scratch = Scratch { buffers: Vec::new(), first: plan.buffers.len(), replicas: plan.replicas };
    let mut forwards = Vec::new();
    let plain = |program: &Program| program.ops.iter().flat_map(|op| kernels::plain(op, tuning)).collect();
    let programs = plan.programs.iter().map(|program| {
        let fuses = plan.fuse && !program.readable;
        if fuses && tuning.tiles {
            tiled::program(tuning, &program.ops, &mut forwards, &mut scratch)
        } else if fuses && tuning.lanes > 0 {
            shared_among(tuning.lanes, fuse_program(tuning, &program.ops, &mut forwards, &mut scratch))
        } else {
            plain(program)
        }
    });
    let programs = programs.collect();
    if scratch.buffers.iter().any(|buffer| buffer.bytes() > max_binding_bytes) {
        return Fused { programs: plan.programs.iter().map(plain).collect(), scratch: Vec::new() };
    }
    Fused { programs, scratch: scratch.buffers }
}

/// Sets how many lanes share numbers, in the kernels that do.
fn shared_among(lanes: usize, mut kernels: Vec<Kernel>) -> Vec<Kernel> {
    for kernel in &mut kernels {
        if interface(kernel.shader).overrides.iter().any(|name| name == "LANES") {
            kernel.constants.push(("LANES", lanes as f64));
        }
    }
    kernels
}

/// The kernels of one program. `forwards` holds the forward passes replaced so far, in this program or an
/// earlier one: a backward pass may be in another program than its forward pass.
fn fuse_program(tuning: &Tuning, ops: &[Op], forwards: &mut Vec<ConvPool>, scratch: &mut Scratch) -> Vec<Kernel> {
    let mut kernels = Vec::new();
    // Only Adam reads gradients, so their partial sums are added up before it or, without it, at the end.
    let mut sums = Vec::new();
    let mut rest = ops;
    while let Some(op) = rest.first() {
        let taken = if let Some((run, taken)) = ConvPool::at(rest).filter(|(run, _)| conv_pool::fits(tuning, run)) {
            forwards.push(run);
            kernels.push(conv_pool::forward(&run));
            taken
        } else if let Some((run, taken)) = ConvPoolBackward::at(rest, forwards) {
            let backward = conv_pool::backward(tuning, &run, sums.len(), scratch);
            kernels.extend(backward.kernels);
            sums.push(backward.sum);
            taken
        } else if let Some((run, taken)) = DenseHead::at(rest).filter(|(run, _)| head::fits(tuning, run)) {
            kernels.extend(head::kernels(tuning, &run, scratch));
            taken
        } else if let Some((run, taken)) = Dense::at(rest).filter(|(run, _)| dense::fits(tuning, &run.product)) {
            kernels.extend(dense::forward(tuning, &run, scratch));
            taken
        } else if let Some((run, taken)) = RectifiedBias::at(rest).filter(|(run, _)| dense::bias_fits(tuning, run)) {
            kernels.push(dense::rectified_bias(&run));
            taken
        } else {
            kernels.extend(match op {
                Op::Adam(op) => sums::update(tuning, op, &mut sums),
                Op::MatMul(op) if dense::fits(tuning, op) && dense::slices(tuning, op) == 1 => {
                    vec![dense::multiply(op, 1, op.y)]
                }
                _ => kernels::plain(op, tuning),
            });
            1
        };
        rest = &rest[taken..];
    }
    kernels.extend(sums.iter().map(sums::add));
    kernels
}

#[cfg(test)]
mod tests;
