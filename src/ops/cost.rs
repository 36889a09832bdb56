//! What an operation costs: arithmetic and memory traffic, as the plain operation is defined.

use super::bias::BiasPass;
use super::{BufferId, Op};

impl Op {
    /// Multiply-adds of a replica, padding and zeros counted as any other; 0 where there are none
    /// to speak of.
    pub fn macs(&self) -> u64 {
        match self {
            Op::Conv2d(op) => op.batch as u64 * op.shape.macs(),
            Op::MatMul(op) => (op.rows * op.columns * op.inner) as u64,
            _ => 0,
        }
    }

    /// Elements of a replica that are read or written, by buffer; what is updated in place counts
    /// twice.
    pub fn traffic(&self) -> Vec<(BufferId, usize)> {
        let elements = |name: &str, len: usize| match (self, name) {
            // Of the data set and its results, a batch alone.
            (Op::Gather(op), "images") => op.capacity * op.pixels,
            (Op::Gather(op), "labels" | "order") => op.capacity,
            (Op::SoftmaxCrossEntropy(op), "losses" | "predicted") => op.rows,
            (Op::Bias(op), "y") if matches!(op.pass, BiasPass::Forward { .. }) => 2 * len,
            (Op::Relu(_), "y" | "dy") | (Op::Adam(_), "w" | "m" | "v") => 2 * len,
            _ => len,
        };
        let operands = self.kernel().operands.into_iter();
        operands.map(|o| (o.view.buffer, elements(o.name, o.view.len))).collect()
    }
}
