//! Strided, padded 2-D convolution (cross-correlation) and its gradients.
//!
//! With `ih = oh·sh + i − top` and `iw = ow·sw + j − left`, terms outside the image being zero:
//!
//! - forward: `y[n,oh,ow,o] = Σ_{i,j,c} x[n,ih,iw,c] · w[i,j,c,o]`
//! - backward, input: `dx[n,ih,iw,c] = Σ_{i,j,o} dy[n,oh,ow,o] · w[i,j,c,o]` over all `oh`, `ow`
//!   that read `(ih, iw)` through `(i, j)`; exactly zero where no window reaches
//! - backward, weights: `dw[i,j,c,o] = Σ_{n,oh,ow} x[n,ih,iw,c] · dy[n,oh,ow,o]`

use super::{Operand, View};
use crate::model::geometry::ConvShape;

/// One pass of a convolution.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Conv2d {
    /// Sizes, stride and pads.
    pub shape: ConvShape,
    /// Images, `N`.
    pub batch: usize,
    /// Which pass, on which tensors.
    pub pass: Conv2dPass,
}

/// The passes of [`Conv2d`]; `x` and `dx` are `[N,H,W,C]`, `y` and `dy` `[N,oh,ow,O]`, `w` and
/// `dw` `[kh,kw,C,O]`.
#[derive(Debug, Clone, Copy, PartialEq)]
#[expect(missing_docs, reason = "the tensors are described above")]
pub enum Conv2dPass {
    /// `x, w → y`
    Forward { x: View, w: View, y: View },
    /// `dy, w → dx`
    BackwardInput { dy: View, w: View, dx: View },
    /// `x, dy → dw`
    BackwardWeights { x: View, dy: View, dw: View },
}

impl Conv2dPass {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Conv2dPass::Forward { .. } => "forward",
            Conv2dPass::BackwardInput { .. } => "backward_input",
            Conv2dPass::BackwardWeights { .. } => "backward_weights",
        }
    }
}

impl Conv2d {
    pub(crate) fn operands(&self) -> Vec<Operand> {
        match self.pass {
            Conv2dPass::Forward { x, w, y } => {
                vec![Operand::read("x", x), Operand::read("w", w), Operand::write("y", y)]
            }
            Conv2dPass::BackwardInput { dy, w, dx } => {
                vec![Operand::read("dy", dy), Operand::read("w", w), Operand::write("dx", dx)]
            }
            Conv2dPass::BackwardWeights { x, dy, dw } => {
                vec![Operand::read("x", x), Operand::read("dy", dy), Operand::write("dw", dw)]
            }
        }
    }
}
