//! Strided, padded 2-D convolution (cross-correlation) and its gradients.
//!
//! With `ih = oh·sh + i − top` and `iw = ow·sw + j − left`, terms outside the image being zero:
//!
//! - forward: `y[n,oh,ow,o] = Σ_{i,j,c} x[n,ih,iw,c] · w[i,j,c,o]`
//! - backward, input: `dx[n,ih,iw,c] = Σ_{i,j,o} dy[n,oh,ow,o] · w[i,j,c,o]` over all `oh`, `ow`
//!   that read `(ih, iw)` through `(i, j)`; exactly zero where no window reaches
//! - backward, weights: `dw[i,j,c,o] = Σ_{n,oh,ow} x[n,ih,iw,c] · dy[n,oh,ow,o]`

use super::{Grid, Kernel, View, constants, operand};
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

impl Conv2d {
    pub(super) fn kernel(&self) -> Kernel {
        let s = &self.shape;
        let (channels, pixels, rows) = (Some("TILE_CHANNELS"), Some("TILE_PIXELS"), Some("TILE_ROWS"));
        let (entry, operands, grid) = match self.pass {
            Conv2dPass::Forward { x, w, y } => (
                "forward",
                vec![operand("x", x), operand("w", w), operand("y", y)],
                Grid::tiles(&[(s.out_channels, channels), (self.batch * s.output[0] * s.output[1], pixels)]),
            ),
            // Pixels a stride apart use the same kernel taps, so a tile takes its pixels so.
            Conv2dPass::BackwardInput { dy, w, dx } => (
                "backward_input",
                vec![operand("dy", dy), operand("w", w), operand("dx", dx)],
                Grid::tiles(&[
                    (s.in_channels, channels),
                    (self.batch * s.input[0].div_ceil(s.stride[0]) * s.input[1].div_ceil(s.stride[1]), pixels),
                    (s.stride[0] * s.stride[1], None),
                ]),
            ),
            Conv2dPass::BackwardWeights { x, dy, dw } => (
                "backward_weights",
                vec![operand("x", x), operand("dy", dy), operand("dw", dw)],
                Grid::workgroups(&[(s.out_channels, channels), (s.kernel[0] * s.kernel[1] * s.in_channels, rows)]),
            ),
        };
        Kernel { shader: "conv2d", entry, constants: sizes(s, self.batch), operands, grid }
    }
}

/// The shapes that every shader of a convolution asks for.
pub(crate) fn sizes(s: &ConvShape, batch: usize) -> Vec<(&'static str, f64)> {
    constants([
        ("BATCH", batch),
        ("IN_H", s.input[0]),
        ("IN_W", s.input[1]),
        ("IN_C", s.in_channels),
        ("OUT_H", s.output[0]),
        ("OUT_W", s.output[1]),
        ("OUT_C", s.out_channels),
        ("KERNEL_H", s.kernel[0]),
        ("KERNEL_W", s.kernel[1]),
        ("STRIDE_H", s.stride[0]),
        ("STRIDE_W", s.stride[1]),
        ("PAD_TOP", s.pads.top),
        ("PAD_LEFT", s.pads.left),
    ])
}
