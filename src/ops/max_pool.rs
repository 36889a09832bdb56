//! Max pooling and its gradient.
//!
//! - forward: `y[n,oh,ow,c] = max_{i,j} x[n, oh·sh + i − top, ow·sw + j − left, c]` over positions
//!   inside the image; `argmax` holds `i·kw + j` of the **first** maximum in row-major order. NaN
//!   wins over any number, so that divergence is not hidden.
//! - backward: `dx[n,ih,iw,c] = Σ dy[n,oh,ow,c]` over the windows whose `argmax` is `(ih, iw)`.

use super::{Operand, View};
use crate::model::geometry::PoolShape;

/// One pass of max pooling.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxPool {
    /// Sizes, stride and pads.
    pub shape: PoolShape,
    /// Images, `N`.
    pub batch: usize,
    /// Which pass, on which tensors.
    pub pass: MaxPoolPass,
}

/// The passes of [`MaxPool`]; `x` and `dx` are `[N,H,W,C]`, `y`, `dy`, `argmax` `[N,oh,ow,C]`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the tensors are described above")]
pub enum MaxPoolPass {
    /// `x → y, argmax`
    Forward { x: View, y: View, argmax: View },
    /// `dy, argmax → dx`
    Backward { dy: View, argmax: View, dx: View },
}

impl MaxPoolPass {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            MaxPoolPass::Forward { .. } => "forward",
            MaxPoolPass::Backward { .. } => "backward",
        }
    }
}

impl MaxPool {
    pub(crate) fn operands(&self) -> Vec<Operand> {
        match self.pass {
            MaxPoolPass::Forward { x, y, argmax } => {
                vec![Operand::read("x", x), Operand::write("y", y), Operand::write("argmax", argmax)]
            }
            MaxPoolPass::Backward { dy, argmax, dx } => {
                vec![Operand::read("dy", dy), Operand::read("argmax", argmax), Operand::write("dx", dx)]
            }
        }
    }
}
