//! Softmax, its logarithm, and the cross-entropy loss on top of it, row by row.
//!
//! With `m = max_c x[r,c]` subtracted first, so that no exponential overflows:
//!
//! - softmax: `y[r,c] = exp(x[r,c] − m) / Σ_j exp(x[r,j] − m)`
//! - log-softmax: `y[r,c] = (x[r,c] − m) − ln Σ_j exp(x[r,j] − m)`
//! - negative log-likelihood of log-probabilities: `loss[r] = −x[r, label[r]]`
//! - forward: `loss[r] = −log_softmax(x)[r, label[r]]`, and the predicted class, the first maximum
//! - backward of the mean over the `n` active rows:
//!   `dx[r,c] = (softmax(x)[r,c] − [c = label[r]]) / n`, zero for rows `r ≥ n`

use super::{Operand, View};

/// One pass over `[rows, classes]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SoftmaxCrossEntropy {
    /// Rows, `r`.
    pub rows: usize,
    /// Classes, `c`.
    pub classes: usize,
    /// Which pass, on which tensors.
    pub pass: SoftmaxCrossEntropyPass,
}

/// The passes; `x`, `y`, `dx` are `[rows, classes]`, `label` is `[rows]`. `losses` and `predicted`
/// are written from the step record's `out` on, one element an active row.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the tensors are described above")]
pub enum SoftmaxCrossEntropyPass {
    /// `x → y`
    Softmax { x: View, y: View },
    /// `x → y`
    LogSoftmax { x: View, y: View },
    /// `x, label → losses`
    NegativeLogLikelihood { x: View, label: View, losses: View },
    /// `x, label → losses, predicted`
    Forward { x: View, label: View, losses: View, predicted: View },
    /// `x, label → dx`
    Backward { x: View, label: View, dx: View },
}

impl SoftmaxCrossEntropyPass {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Softmax { .. } => "softmax",
            Self::LogSoftmax { .. } => "log_softmax",
            Self::NegativeLogLikelihood { .. } => "negative_log_likelihood",
            Self::Forward { .. } => "forward",
            Self::Backward { .. } => "backward",
        }
    }
}

impl SoftmaxCrossEntropy {
    /// Of `losses` and `predicted`, which hold the results of a whole epoch, one run touches one batch.
    pub(crate) fn operands(&self) -> Vec<Operand> {
        use SoftmaxCrossEntropyPass as Pass;
        match self.pass {
            Pass::Softmax { x, y } | Pass::LogSoftmax { x, y } => {
                vec![Operand::read("x", x), Operand::write("y", y)]
            }
            Pass::NegativeLogLikelihood { x, label, losses } => vec![
                Operand::read("x", x),
                Operand::read("label", label),
                Operand::write("losses", losses).touching(self.rows),
            ],
            Pass::Forward { x, label, losses, predicted } => vec![
                Operand::read("x", x),
                Operand::read("label", label),
                Operand::write("losses", losses).touching(self.rows),
                Operand::write("predicted", predicted).touching(self.rows),
            ],
            Pass::Backward { x, label, dx } => {
                vec![Operand::read("x", x), Operand::read("label", label), Operand::write("dx", dx)]
            }
        }
    }
}
