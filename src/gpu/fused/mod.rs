//! Kernels that replace runs of plain operations, where the adapter and the shapes allow.
//!
//! [`Gpu::fuse`] is the one place that decides. What the kernels keep in between (partial sums of slices
//! of the batch, or of a long sum) lies in buffers of their own, after the plan's. The order of every sum
//! is fixed by shapes and, for `subgroupAdd`, by the subgroup's size and the driver: results repeat on one
//! device. They differ from the plain ones by rounding only.

mod conv_pool;
mod dense;
mod head;
mod sums;

use crate::ops::{Op, View};
use crate::plan::patterns::{ConvPool, ConvPoolBackward, Dense, Head, RectifiedBias};
use crate::plan::{Buffer, BufferId, Element, Plan, Program};

use super::device::Gpu;
use super::kernels::{self, Kernel};

/// Lanes of a subgroup that the kernels share numbers among.
const LANES: u32 = 8;

/// The kernels of a plan's programs, and the buffers they need beyond the plan's.
pub(super) struct Fused {
    pub programs: Vec<Vec<Kernel>>,
    pub scratch: Vec<Buffer>,
}

/// Where scratch memory is taken from.
struct Scratch {
    buffers: Vec<Buffer>,
    first: usize,
    replicas: usize,
}

impl Scratch {
    /// A buffer of `len` numbers. Requests of one role and length share it: a role is only for numbers that
    /// are used up before the next of that role are made.
    fn view(&mut self, role: &str, len: usize) -> View {
        let found = self.buffers.iter().position(|buffer| (buffer.name.as_str(), buffer.len) == (role, len));
        let index = found.unwrap_or_else(|| {
            let name = role.into();
            self.buffers.push(Buffer { name, element: Element::F32, len, replicas: self.replicas });
            self.buffers.len() - 1
        });
        View { buffer: BufferId(self.first + index), offset: 0, len }
    }
}

/// Whether the adapter can run fused kernels.
fn fuses(gpu: &Gpu) -> bool {
    gpu.device.features().contains(wgpu::Features::SUBGROUP) && gpu.info.subgroup_min_size >= LANES
}

/// What runs for each program of a plan.
pub(super) fn fuse(gpu: &Gpu, plan: &Plan) -> Fused {
    let mut scratch = Scratch { buffers: Vec::new(), first: plan.buffers.len(), replicas: plan.replicas };
    let mut forwards = Vec::new();
    let plain = |program: &Program| program.ops.iter().map(kernels::plain).collect();
    let programs = plan.programs.iter().map(|program| match plan.fuse && !program.readable && fuses(gpu) {
        true => fuse_program(gpu.merges, &program.ops, &mut forwards, &mut scratch),
        false => plain(program),
    });
    let programs = programs.collect();
    if scratch.buffers.iter().any(|buffer| buffer.bytes() > gpu.max_binding_bytes()) {
        return Fused { programs: plan.programs.iter().map(plain).collect(), scratch: Vec::new() };
    }
    Fused { programs, scratch: scratch.buffers }
}

/// `forwards` holds the runs replaced so far, in this program or an earlier one: a backward pass may
/// stand in another program than its forward pass.
fn fuse_program(merges: bool, ops: &[Op], forwards: &mut Vec<ConvPool>, scratch: &mut Scratch) -> Vec<Kernel> {
    let mut kernels = Vec::new();
    // Nothing but Adam reads gradients: they are added there, or at the end.
    let mut sums = Vec::new();
    let mut rest = ops;
    while let Some(op) = rest.first() {
        let taken = if let Some((run, taken)) = ConvPool::at(rest).filter(|(run, _)| conv_pool::fits(run)) {
            forwards.push(run);
            kernels.push(conv_pool::forward(&run));
            taken
        } else if let Some((run, taken)) = ConvPoolBackward::at(rest, forwards) {
            let (run, sum) = conv_pool::backward(merges, &run, sums.len(), scratch);
            kernels.extend(run);
            sums.push(sum);
            taken
        } else if let Some((run, taken)) = Head::at(rest).filter(|(run, _)| head::fits(run)) {
            kernels.extend(head::kernels(&run, scratch));
            taken
        } else if let Some((run, taken)) = Dense::at(rest).filter(|(run, _)| dense::fits(&run.product)) {
            kernels.extend(dense::forward(&run, scratch));
            taken
        } else if let Some((run, taken)) = RectifiedBias::at(rest) {
            kernels.push(dense::rectified_bias(&run));
            taken
        } else {
            kernels.extend(match op {
                Op::Adam(op) => sums::update(merges, op, &mut sums),
                Op::MatMul(op) if dense::fits(op) && dense::slices(op) == 1 => {
                    vec![dense::multiply(op, 1, op.y)]
                }
                _ => vec![kernels::plain(op)],
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
