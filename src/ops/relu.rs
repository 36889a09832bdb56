//! Rectifier, in place: `y = max(y, 0)`, NaN stays; backward `dy = dy` where `y > 0`, else `0`.

use super::{Operand, View};

/// One pass of ReLU.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Relu {
    /// Elements.
    pub len: usize,
    /// Which pass, on which tensors.
    pub pass: ReluPass,
}

/// The passes of [`Relu`], all tensors of the same shape.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the tensors are described above")]
pub enum ReluPass {
    /// `y = max(y, 0)`, in place.
    Forward { y: View },
    /// `dy` is zeroed where the *output* `y` is not positive, in place.
    Backward { activation: View, dy: View },
}

impl ReluPass {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            ReluPass::Forward { .. } => "forward",
            ReluPass::Backward { .. } => "backward",
        }
    }
}

impl Relu {
    pub(crate) fn operands(&self) -> Vec<Operand> {
        match self.pass {
            ReluPass::Forward { y } => vec![Operand::update("y", y)],
            ReluPass::Backward { activation, dy } => {
                vec![Operand::read("activation", activation), Operand::update("dy", dy)]
            }
        }
    }
}
