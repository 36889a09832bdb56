//! Max pooling and its gradient.
//!
//! - forward: `y[n,oh,ow,c] = max_{i,j} x[n, oh·sh + i − top, ow·sw + j − left, c]` over positions
//!   inside the image; `argmax` holds `i·kw + j` of the **first** maximum in row-major order. NaN
//!   wins over any number, so that divergence is not hidden.
//! - backward: `dx[n,ih,iw,c] = Σ dy[n,oh,ow,c]` over the windows whose `argmax` is `(ih, iw)`.

use super::{Grid, Kernel, View, constants, operand};
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

impl MaxPool {
    pub(super) fn kernel(&self) -> Kernel {
        let s = &self.shape;
        let (entry, operands, len) = match self.pass {
            MaxPoolPass::Forward { x, y, argmax } => {
                ("forward", vec![operand("x", x), operand("y", y), operand("argmax", argmax)], s.output_len())
            }
            MaxPoolPass::Backward { dy, argmax, dx } => {
                ("backward", vec![operand("dy", dy), operand("winner", argmax), operand("dx", dx)], s.input_len())
            }
        };
        Kernel {
            shader: "max_pool",
            entry,
            constants: constants([
                ("BATCH", self.batch),
                ("CHANNELS", s.channels),
                ("IN_H", s.input[0]),
                ("IN_W", s.input[1]),
                ("OUT_H", s.output[0]),
                ("OUT_W", s.output[1]),
                ("KERNEL_H", s.kernel[0]),
                ("KERNEL_W", s.kernel[1]),
                ("STRIDE_H", s.stride[0]),
                ("STRIDE_W", s.stride[1]),
                ("PAD_TOP", s.pads.top),
                ("PAD_LEFT", s.pads.left),
            ]),
            operands,
            grid: Grid::elements(self.batch * len),
        }
    }
}
