//! All shape arithmetic of the crate: output sizes and padding of convolution and pooling.
//!
//! For one axis of `n` input elements, a kernel of `k` and a stride of `s`:
//!
//! - explicit padding `(before, after)`: `out = ⌊(n + before + after − k)/s⌋ + 1`;
//! - `valid` is explicit padding of zero;
//! - `same` (TensorFlow's): `out = ⌈n/s⌉`, `total = max((out − 1)·s + k − n, 0)`,
//!   `before = ⌊total/2⌋`, `after = total − before`. It is asymmetric where `total` is odd.
//!
//! Source: TensorFlow's "Notes on padding" of `tf.nn`; Dumoulin and Visin, "A guide to
//! convolution arithmetic for deep learning", 2016.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Remedy, Result, one_line};

/// Zero padding of an image: the number of rows or columns on each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Pads {
    /// Rows above the image.
    pub top: usize,
    /// Columns left of the image.
    pub left: usize,
    /// Rows below the image.
    pub bottom: usize,
    /// Columns right of the image.
    pub right: usize,
}

impl Pads {
    /// The same number of rows and columns on every side.
    pub const fn all(side: usize) -> Self {
        Pads { top: side, left: side, bottom: side, right: side }
    }

    fn before(&self) -> [usize; 2] {
        [self.top, self.left]
    }

    fn after(&self) -> [usize; 2] {
        [self.bottom, self.right]
    }
}

/// How a layer pads its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Padding {
    /// TensorFlow's `same`: `⌈n/s⌉` outputs. Where the total padding is odd, the extra row or column comes
    /// after the image.
    Same,
    /// No padding.
    Valid,
    /// The given numbers of rows and columns.
    Explicit(Pads),
}

/// `same`, `valid`, or the pads by side as `t1l0b1r0`.
impl Display for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Padding::Same => f.write_str("same"),
            Padding::Valid => f.write_str("valid"),
            Padding::Explicit(Pads { top, left, bottom, right }) => write!(f, "t{top}l{left}b{bottom}r{right}"),
        }
    }
}

impl FromStr for Padding {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let explicit = || {
            let (top, rest) = text.strip_prefix('t')?.split_once('l')?;
            let (left, rest) = rest.split_once('b')?;
            let (bottom, right) = rest.split_once('r')?;
            let side = |text: &str| text.parse::<usize>().ok();
            Some(Pads { top: side(top)?, left: side(left)?, bottom: side(bottom)?, right: side(right)? })
        };
        match text {
            "same" => Ok(Padding::Same),
            "valid" => Ok(Padding::Valid),
            _ => explicit().map(Padding::Explicit).ok_or_else(|| {
                let what = format!("{:?} is no padding", one_line(text));
                Error::usage(what).advice("write same, valid, or the pads by side as t1l0b1r0")
            }),
        }
    }
}

impl Serialize for Padding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Padding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Padding {
    /// The pads by side for an input of `[height, width]`.
    pub fn pads(self, input: [usize; 2], kernel: [usize; 2], stride: [usize; 2]) -> Pads {
        match self {
            Padding::Valid => Pads::default(),
            Padding::Explicit(pads) => pads,
            Padding::Same => {
                let axis = |a: usize| {
                    let out = input[a].div_ceil(stride[a]);
                    let total = (out.saturating_sub(1) * stride[a] + kernel[a]).saturating_sub(input[a]);
                    (total / 2, total - total / 2)
                };
                let (top, bottom) = axis(0);
                let (left, right) = axis(1);
                Pads { top, left, bottom, right }
            }
        }
    }
}

/// A 2-D convolution (cross-correlation) of `[N, H, W, C]` with `[kh, kw, C, O]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvShape {
    /// Input height and width, in pixels.
    pub input: [usize; 2],
    /// Input channels.
    pub in_channels: usize,
    /// Output channels (filters).
    pub out_channels: usize,
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Vertical and horizontal stride.
    pub stride: [usize; 2],
    /// The padding by side.
    pub pads: Pads,
    /// Output height and width.
    pub output: [usize; 2],
}

impl ConvShape {
    /// Works out the pads and the size of the output.
    ///
    /// # Errors
    /// [`Error::Usage`] where a size is 0, where the kernel is larger than the padded input, and where a
    /// size, a pad or the number of weights is larger than 2³¹ − 1.
    pub fn new(
        input: [usize; 2],
        in_channels: usize,
        out_channels: usize,
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: Padding,
    ) -> Result<Self> {
        positive("channels", [in_channels, out_channels])?;
        let (pads, output) = slide(input, kernel, stride, padding)?;
        elements(&[kernel[0], kernel[1], in_channels, out_channels])?;
        Ok(ConvShape { input, in_channels, out_channels, kernel, stride, pads, output })
    }

    /// Number of elements of one input image.
    pub fn input_len(&self) -> usize {
        self.input[0] * self.input[1] * self.in_channels
    }

    /// Number of elements of one output image.
    pub fn output_len(&self) -> usize {
        self.output[0] * self.output[1] * self.out_channels
    }

    /// Number of elements of the kernel tensor `[kh, kw, C, O]`.
    pub fn weights_len(&self) -> usize {
        self.kernel[0] * self.kernel[1] * self.in_channels * self.out_channels
    }

    /// Number of multiply-accumulates for one image, `oh·ow·kh·kw·C·O`. Products with padding count like any
    /// other.
    pub fn macs(&self) -> u64 {
        (self.output[0] * self.output[1]) as u64 * self.weights_len() as u64
    }
}

/// A 2-D pooling window that slides over `[N, H, W, C]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PoolShape {
    /// Input height and width, in pixels.
    pub input: [usize; 2],
    /// Channels of the input and of the output.
    pub channels: usize,
    /// Window height and width.
    pub kernel: [usize; 2],
    /// Vertical and horizontal stride.
    pub stride: [usize; 2],
    /// The padding by side. A padded position is never the maximum of a window.
    pub pads: Pads,
    /// Output height and width.
    pub output: [usize; 2],
}

impl PoolShape {
    /// Works out the pads and the size of the output.
    ///
    /// # Errors
    /// As [`ConvShape::new`]; also where a window would lie wholly in the padding.
    pub fn new(
        input: [usize; 2],
        channels: usize,
        kernel: [usize; 2],
        stride: [usize; 2],
        padding: Padding,
    ) -> Result<Self> {
        positive("channels", [channels, channels])?;
        let (pads, output) = slide(input, kernel, stride, padding)?;
        for a in 0..2 {
            let last = (output[a] - 1) * stride[a];
            if pads.before()[a] >= kernel[a] || last >= input[a] + pads.before()[a] {
                let window = size(kernel);
                let input = size(input);
                let what =
                    format!("a pooling window of {window} would lie wholly in the padding of an input of {input}");
                return Err(Error::usage(what).advice("use less padding"));
            }
        }
        Ok(PoolShape { input, channels, kernel, stride, pads, output })
    }

    /// Number of elements of one input image.
    pub fn input_len(&self) -> usize {
        self.input[0] * self.input[1] * self.channels
    }

    /// Number of elements of one output image.
    pub fn output_len(&self) -> usize {
        self.output[0] * self.output[1] * self.channels
    }
}

/// The number of elements of a tensor with these sizes. A shader must be able to index them with a signed
/// 32-bit integer.
///
/// # Errors
/// [`Error::Usage`] where there are more than 2³¹ − 1 elements.
pub fn elements(sizes: &[usize]) -> Result<usize> {
    sizes.iter().try_fold(1usize, |product, &n| product.checked_mul(n)).filter(|&n| n <= i32::MAX as usize).ok_or_else(
        || {
            Error::usage(format!("a tensor of shape {sizes:?} has more than 2³¹ − 1 elements"))
                .advice("use smaller sizes")
        },
    )
}

fn size([h, w]: [usize; 2]) -> String {
    format!("{h}×{w}")
}

fn positive(what: &str, sizes: [usize; 2]) -> Result<()> {
    if sizes.contains(&0) {
        return Err(Error::usage(format!("{what} must be at least 1, not {}", size(sizes))));
    }
    Ok(())
}

/// The pads and the output size of a window that slides over an input. All arrays are
/// `[vertical, horizontal]`.
fn slide(input: [usize; 2], kernel: [usize; 2], stride: [usize; 2], padding: Padding) -> Result<(Pads, [usize; 2])> {
    positive("the input size", input)?;
    positive("the kernel", kernel)?;
    positive("the stride", stride)?;
    // With every number below 2³¹, no sum or product below overflows.
    if [input, kernel, stride].concat().iter().any(|&n| n > i32::MAX as usize) {
        return Err(Error::usage("sizes, kernels and strides must be below 2³¹"));
    }
    let pads = padding.pads(input, kernel, stride);
    let mut output = [0; 2];
    for a in 0..2 {
        let padded = elements(&[pads.before()[a]])? + elements(&[pads.after()[a]])? + input[a];
        if kernel[a] > padded {
            let padded = size([pads.top + pads.bottom + input[0], pads.left + pads.right + input[1]]);
            let what = format!("a kernel of {} is larger than its padded input of {padded}", size(kernel));
            return Err(Error::usage(what).remedy(Remedy::SmallerKernel).remedy(Remedy::LargerImages));
        }
        output[a] = (padded - kernel[a]) / stride[a] + 1;
    }
    Ok((pads, output))
}

#[cfg(test)]
mod tests;
