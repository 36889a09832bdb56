//! Bias over the last axis: `y[r,c] += b[c]`; backward `db[c] = Σ_r dy[r,c]`.

use super::{Grid, Kernel, View, constants, operand};

/// One pass of adding a bias.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bias {
    /// Rows, `r`: all axes but the last.
    pub rows: usize,
    /// Channels, `c`: the last axis.
    pub channels: usize,
    /// Which pass, on which tensors.
    pub pass: BiasPass,
}

/// The passes of [`Bias`]; `y` and `dy` are `[rows, channels]`, `b` and `db` `[channels]`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the tensors are described above")]
pub enum BiasPass {
    /// `y += b`, in place.
    Forward { b: View, y: View },
    /// `dy → db`
    Backward { dy: View, db: View },
}

impl Bias {
    pub(super) fn kernel(&self) -> Kernel {
        let (entry, operands, grid) = match self.pass {
            BiasPass::Forward { b, y } => {
                ("forward", vec![operand("b", b), operand("y", y)], Grid::elements(self.rows * self.channels))
            }
            BiasPass::Backward { dy, db } => {
                ("backward", vec![operand("dy", dy), operand("db", db)], Grid::workgroups(&[(self.channels, None)]))
            }
        };
        let constants = constants([("ROWS", self.rows), ("CHANNELS", self.channels)]);
        Kernel { shader: "bias", entry, constants, operands, grid }
    }
}
