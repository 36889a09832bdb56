//! Rectifier, in place: `y = max(y, 0)`, NaN stays; backward `dy = dy` where `y > 0`, else `0`.

use super::{Grid, Kernel, View, constants, operand};

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

impl Relu {
    pub(super) fn kernel(&self) -> Kernel {
        let (entry, operands) = match self.pass {
            ReluPass::Forward { y } => ("forward", vec![operand("y", y)]),
            ReluPass::Backward { activation, dy } => {
                ("backward", vec![operand("activation", activation), operand("dy", dy)])
            }
        };
        let constants = constants([("LEN", self.len)]);
        Kernel { shader: "relu", entry, constants, operands, grid: Grid::elements(self.len) }
    }
}
