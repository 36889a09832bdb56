//! Global average pooling, the mean of each channel over all positions of an image, and its gradient.
//!
//! - forward: `y[n,c] = (1/(H·W)) Σ_{h,w} x[n,h,w,c]`.
//! - backward: `dx[n,h,w,c] = dy[n,c]/(H·W)`.
//!
//! Source: Lin, Chen and Yan, "Network in network", 2014, section 3.2.

use super::{Operand, View};
use crate::model::geometry::GlobalPoolShape;

/// One pass of global average pooling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GlobalAveragePool {
    /// Sizes.
    pub shape: GlobalPoolShape,
    /// Images, `N`.
    pub batch: usize,
    /// Which pass, on which tensors.
    pub pass: GlobalAveragePoolPass,
}

/// The passes of [`GlobalAveragePool`]; `x` and `dx` are `[N,H,W,C]`, `y` and `dy` `[N,C]`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the tensors are described above")]
pub enum GlobalAveragePoolPass {
    /// `x → y`
    Forward { x: View, y: View },
    /// `dy → dx`
    Backward { dy: View, dx: View },
}

impl GlobalAveragePoolPass {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            GlobalAveragePoolPass::Forward { .. } => "forward",
            GlobalAveragePoolPass::Backward { .. } => "backward",
        }
    }
}

impl GlobalAveragePool {
    pub(crate) fn operands(&self) -> Vec<Operand> {
        match self.pass {
            GlobalAveragePoolPass::Forward { x, y } => vec![Operand::read("x", x), Operand::write("y", y)],
            GlobalAveragePoolPass::Backward { dy, dx } => vec![Operand::read("dy", dy), Operand::write("dx", dx)],
        }
    }
}
