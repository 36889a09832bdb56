//! Bias over the last axis: `y[r,c] += b[c]`; backward `db[c] = Σ_r dy[r,c]`.

use super::{Operand, View};

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

impl BiasPass {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            BiasPass::Forward { .. } => "forward",
            BiasPass::Backward { .. } => "backward",
        }
    }
}

impl Bias {
    pub(crate) fn operands(&self) -> Vec<Operand> {
        match self.pass {
            BiasPass::Forward { b, y } => vec![Operand::read("b", b), Operand::update("y", y)],
            BiasPass::Backward { dy, db } => vec![Operand::read("dy", dy), Operand::write("db", db)],
        }
    }
}
