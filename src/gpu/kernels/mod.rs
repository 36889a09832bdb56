//! Which entry point of which shader computes an operation, with which constants, over how many invocations.
//!
//! [`plain`] gives the kernel of one plain operation. Each file holds the kernels of one operation and has
//! the name of the operation's shader, `shaders/plain/<name>.wgsl`. Kernels that replace several operations
//! at once are in `src/gpu/fused`.

pub(super) mod adam;
mod bias;
pub(super) mod conv2d;
mod gather;
mod global_average_pool;
mod grid;
mod loops;
pub(super) mod matmul;
mod max_pool;
mod relu;
mod softmax_cross_entropy;

use crate::error::{Error, Remedy, Result};
use crate::ops::{Op, Operand, View};
use crate::plan::Buffer;

use super::tuning::Tuning;

pub(super) use grid::{Grid, TiledExtent};
pub(super) use loops::{iterations, nested};

/// One dispatch: an entry point of a shader and what it is run with.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Kernel {
    /// Stem of the shader's file under `shaders`: `plain/relu`.
    pub shader: &'static str,
    /// Name of the entry point.
    pub entry: &'static str,
    /// Values of the shader's `override` constants, by name.
    pub constants: Vec<(&'static str, f64)>,
    /// Tensors, by the name of the shader's global variable.
    pub arguments: Vec<Argument>,
    /// Invocations for one replica.
    pub grid: Grid,
    /// The most iterations of all loops of one invocation whose length depends on shapes; see `loops`.
    pub iterations: u64,
}

/// A tensor and the global variable of a shader that it is bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Argument {
    /// Name of the variable.
    pub name: &'static str,
    /// The tensor.
    pub view: View,
}

impl Argument {
    pub(super) fn new(name: &'static str, view: View) -> Self {
        Argument { name, view }
    }
}

impl Kernel {
    /// `shader.entry`, for labels and messages.
    pub(super) fn name(&self) -> String {
        format!("{}.{}", self.shader, self.entry)
    }

    /// Refuses loops that are too long for the adapter and that no cutting makes shorter.
    pub(super) fn check_loops(&self, tuning: &Tuning) -> Result<()> {
        let most = tuning.loop_iterations;
        if self.iterations <= most as u64 {
            return Ok(());
        }
        let shapes: Vec<_> = self.constants.iter().map(|(name, value)| format!("{name} {value}")).collect();
        let what = format!(
            "{} would loop {} times in an invocation, this adapter allows {most} ({})",
            self.name(),
            self.iterations,
            shapes.join(", ")
        );
        Err(Error::failure(what).advice("make the tensors smaller").remedy(Remedy::CpuBackend))
    }

    /// The value of an `override` constant of the shader: one of [`Kernel::constants`], or an argument's
    /// `_offset`, or its `_stride` between replicas, which is 0 where all replicas share the buffer. The
    /// offset and stride of a variable that this entry point does not use are 0.
    pub(super) fn value(&self, constant: &str, buffers: &[Buffer]) -> Option<f64> {
        if let Some(&(_, value)) = self.constants.iter().find(|(name, _)| *name == constant) {
            return Some(value);
        }
        let view = |name: &str| self.arguments.iter().find(|argument| argument.name == name).map(|a| a.view);
        if let Some(name) = constant.strip_suffix("_offset") {
            return Some(view(name).map_or(0.0, |view| view.offset as f64));
        }
        let name = constant.strip_suffix("_stride")?;
        Some(view(name).map_or(0.0, |view| {
            let buffer = &buffers[view.buffer.0];
            if buffer.replicas == 1 { 0.0 } else { buffer.len as f64 }
        }))
    }
}

/// The kernels of one plain operation, to run in this order: one, or several where its sums would be longer than
/// the tuning allows.
pub(super) fn plain(op: &Op, tuning: &Tuning) -> Vec<Kernel> {
    let most = tuning.loop_iterations;
    match op {
        Op::Gather(op) => vec![gather::kernel(op)],
        Op::Conv2d(op) if tuning.naive_conv2d && conv2d::naive(op).iterations <= most as u64 => {
            vec![conv2d::naive(op)]
        }
        Op::Conv2d(op) => conv2d::kernels(op, most),
        Op::Bias(op) => bias::kernels(op, most),
        Op::Relu(op) => vec![relu::kernel(op)],
        Op::MaxPool(op) => max_pool::kernels(op, most),
        Op::GlobalAveragePool(op) => global_average_pool::kernels(op, most),
        Op::MatMul(op) => matmul::kernels(op, most),
        Op::SoftmaxCrossEntropy(op) => vec![softmax_cross_entropy::kernel(op, most)],
        Op::Adam(op) => vec![adam::kernel(op)],
    }
}

/// The constants of a part of a sum: whether it is added to what earlier parts stored.
fn adds(part: usize) -> (&'static str, f64) {
    ("ADDS", if part == 0 { 0.0 } else { 1.0 })
}

/// The tensors of an operation whose shader calls them by the same names.
fn arguments(operands: &[Operand]) -> Vec<Argument> {
    operands.iter().map(|operand| Argument::new(operand.name, operand.view)).collect()
}

/// Constants that are sizes.
pub(super) fn sizes<const N: usize>(values: [(&'static str, usize); N]) -> Vec<(&'static str, f64)> {
    values.into_iter().map(|(name, value)| (name, value as f64)).collect()
}

#[cfg(test)]
mod tests;
