//! What an operation costs: arithmetic and memory traffic, as the plain operation is defined.

use super::{BufferId, Op};

impl Op {
    /// Multiply-adds of one replica, padding and zeros counted as any other; 0 for operations that are not
    /// sums of products.
    pub fn macs(&self) -> u64 {
        match self {
            Op::Conv2d(op) => (op.batch as u64).saturating_mul(op.shape.macs()),
            Op::MatMul(op) => {
                [op.rows, op.columns, op.inner].iter().fold(1, |macs: u64, &n| macs.saturating_mul(n as u64))
            }
            _ => 0,
        }
    }

    /// Elements of one replica that are read or written, by buffer. An element that is updated in place
    /// counts twice.
    pub fn traffic(&self) -> Vec<(BufferId, usize)> {
        self.operands().iter().map(|operand| (operand.view.buffer, operand.traffic())).collect()
    }
}
