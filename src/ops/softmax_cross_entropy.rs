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

use super::{Grid, Kernel, View, constants, operand};

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

impl SoftmaxCrossEntropy {
    pub(super) fn kernel(&self) -> Kernel {
        use SoftmaxCrossEntropyPass as Pass;
        let (entry, operands) = match self.pass {
            Pass::Softmax { x, y } => ("softmax", vec![operand("x", x), operand("y", y)]),
            Pass::LogSoftmax { x, y } => ("log_softmax", vec![operand("x", x), operand("y", y)]),
            Pass::NegativeLogLikelihood { x, label, losses } => {
                ("negative_log_likelihood", vec![operand("x", x), operand("label", label), operand("losses", losses)])
            }
            Pass::Forward { x, label, losses, predicted } => (
                "forward",
                vec![
                    operand("x", x),
                    operand("label", label),
                    operand("losses", losses),
                    operand("predicted", predicted),
                ],
            ),
            Pass::Backward { x, label, dx } => {
                ("backward", vec![operand("x", x), operand("label", label), operand("dx", dx)])
            }
        };
        Kernel {
            shader: "softmax_cross_entropy",
            entry,
            constants: constants([("ROWS", self.rows), ("CLASSES", self.classes)]),
            operands,
            grid: Grid::elements(self.rows),
        }
    }
}
