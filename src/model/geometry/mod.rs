//! All shape arithmetic of the crate: output sizes and padding of convolution and pooling.
//!
//! For one axis of `n` input elements, a kernel of `k` and a stride of `s`:
//!
//! - explicit padding `(before, after)`: `out = ⌊(n + before + after − k)/s⌋ + 1`;
//! - `valid` is explicit padding of zero;
//! - `same` (TensorFlow's): `out = ⌈n/s⌉`, `total = max((out − 1)·s + k − n, 0)`,
//!   `before = ⌊total/2⌋`, `after = total − before`. It is asymmetric where `total` is odd;
//! - `symmetric` (PyTorch's `padding=1` of a 3×3 kernel): `before = after = ⌊(k − 1)/2⌋`.
//!
//! Source: TensorFlow's "Notes on padding" of `tf.nn`; Dumoulin and Visin, "A guide to
//! convolution arithmetic for deep learning", 2016.
//!
//! # Limits
//!
//! Shaders index tensors with 32-bit integers, some of them signed, and add a stride or a kernel to a position before
//! they ask whether it lies in the image. Therefore a tensor, padded or not, has at most [`MAX_ELEMENTS`] = 2³¹ − 1
//! elements, and along each axis the padded input, the kernel and the stride come to no more than that together.
//! Every constructor here refuses what is larger, so that no product or sum of sizes overflows behind it.

mod padding;

use crate::error::{Error, Remedy, Result};
pub use padding::{Padding, Pads};

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
    /// [`Error::Usage`] where a size is 0, where the kernel is larger than the padded input, and where a size or a
    /// tensor of one image is past the [limits](self#limits).
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
        tensor("the input", &[input[0], input[1], in_channels])?;
        tensor("the padded input", &pads.around(input, in_channels))?;
        tensor("the kernel", &[kernel[0], kernel[1], in_channels, out_channels])?;
        tensor("the output", &[output[0], output[1], out_channels])?;
        Ok(ConvShape { input, in_channels, out_channels, kernel, stride, pads, output })
    }

    /// Checks a shape that was not made by [`ConvShape::new`].
    ///
    /// # Errors
    /// As [`ConvShape::new`]; also where the output is not what it would have worked out.
    pub fn check(&self) -> Result<()> {
        let ConvShape { input, in_channels, out_channels, kernel, stride, pads, output } = *self;
        let made = Self::new(input, in_channels, out_channels, kernel, stride, Padding::Explicit(pads))?;
        same_output(output, made.output)
    }

    /// Number of elements of one input image.
    pub fn input_len(&self) -> usize {
        product(&[self.input[0], self.input[1], self.in_channels])
    }

    /// Number of elements of one output image.
    pub fn output_len(&self) -> usize {
        product(&[self.output[0], self.output[1], self.out_channels])
    }

    /// Number of elements of the kernel tensor `[kh, kw, C, O]`.
    pub fn weights_len(&self) -> usize {
        product(&[self.kernel[0], self.kernel[1], self.in_channels, self.out_channels])
    }

    /// Number of multiply-accumulates for one image, `oh·ow·kh·kw·C·O`. Products with padding count like any
    /// other.
    pub fn macs(&self) -> u64 {
        (product(&self.output) as u64).saturating_mul(self.weights_len() as u64)
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
        tensor("the input", &[input[0], input[1], channels])?;
        tensor("the padded input", &pads.around(input, channels))?;
        // The winner of a window is stored as its position in the window.
        tensor("the window", &kernel)?;
        // Windows may overlap, so that the output can be larger than the input.
        tensor("the output", &[output[0], output[1], channels])?;
        Ok(PoolShape { input, channels, kernel, stride, pads, output })
    }

    /// Checks a shape that was not made by [`PoolShape::new`].
    ///
    /// # Errors
    /// As [`PoolShape::new`]; also where the output is not what it would have worked out.
    pub fn check(&self) -> Result<()> {
        let PoolShape { input, channels, kernel, stride, pads, output } = *self;
        let made = Self::new(input, channels, kernel, stride, Padding::Explicit(pads))?;
        same_output(output, made.output)
    }

    /// Number of elements of one input image.
    pub fn input_len(&self) -> usize {
        product(&[self.input[0], self.input[1], self.channels])
    }

    /// Number of elements of one output image.
    pub fn output_len(&self) -> usize {
        product(&[self.output[0], self.output[1], self.channels])
    }
}

/// Global average pooling of `[N, H, W, C]`, the mean of each channel over all positions, `[N, C]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GlobalPoolShape {
    /// Input height and width, in pixels.
    pub input: [usize; 2],
    /// Channels of the input and of the output.
    pub channels: usize,
}

impl GlobalPoolShape {
    /// Of an input of that size.
    ///
    /// # Errors
    /// [`Error::Usage`] where a size is 0, and where the input is past the [limits](self#limits).
    pub fn new(input: [usize; 2], channels: usize) -> Result<Self> {
        let shape = GlobalPoolShape { input, channels };
        shape.check()?;
        Ok(shape)
    }

    /// Checks a shape that was not made by [`GlobalPoolShape::new`].
    ///
    /// # Errors
    /// As there.
    pub fn check(&self) -> Result<()> {
        positive("channels", [self.channels; 2])?;
        positive("the input size", self.input)?;
        tensor("the input", &[self.input[0], self.input[1], self.channels]).map(drop)
    }

    /// Number of positions that a mean is taken over.
    pub fn positions(&self) -> usize {
        product(&self.input)
    }

    /// Number of elements of one input image.
    pub fn input_len(&self) -> usize {
        product(&[self.input[0], self.input[1], self.channels])
    }

    /// Number of elements of one output.
    pub fn output_len(&self) -> usize {
        self.channels
    }
}

/// The size of an image of `[height, width]` after `crop` rows or columns are cut from each of its four sides.
///
/// # Errors
/// [`Error::Usage`] where nothing is left.
pub fn cropped(image: [usize; 2], crop: usize) -> Result<[usize; 2]> {
    let left = image.map(|side| side.saturating_sub(crop.saturating_mul(2)));
    if crop > 0 && left.contains(&0) {
        let what = format!("a crop of {crop} pixels from each side leaves nothing of images of {}", size(image));
        return Err(Error::usage(what));
    }
    Ok(left)
}

/// The largest number of elements of a tensor, 2³¹ − 1; see the [limits](self#limits).
pub const MAX_ELEMENTS: usize = i32::MAX as usize;

/// The number of elements of a tensor with these sizes.
///
/// # Errors
/// [`Error::Usage`] where there are more than [`MAX_ELEMENTS`].
pub fn elements(sizes: &[usize]) -> Result<usize> {
    let refused = || {
        let what = format!("a tensor of shape {sizes:?} has more than 2³¹ − 1 elements");
        Error::usage(what).advice("use smaller sizes")
    };
    Some(product(sizes)).filter(|&n| n <= MAX_ELEMENTS).ok_or_else(refused)
}

/// The product of sizes, or the largest `usize` where it is larger than that.
fn product(sizes: &[usize]) -> usize {
    if sizes.contains(&0) { 0 } else { sizes.iter().fold(1, |product, &n| product.saturating_mul(n)) }
}

/// [`elements`], with the tensor's name in the message.
fn tensor(name: &str, sizes: &[usize]) -> Result<usize> {
    elements(sizes).map_err(|error| error.at(name))
}

fn same_output(stated: [usize; 2], worked_out: [usize; 2]) -> Result<()> {
    if stated == worked_out {
        return Ok(());
    }
    let what = format!("an output of {} is stated, but it has {}", size(stated), size(worked_out));
    Err(Error::usage(what).advice("let the shape's constructor work it out"))
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
    let limit = |n: usize| {
        let what = "an axis's padded input, kernel and stride must together be below 2³¹";
        if n <= MAX_ELEMENTS { Ok(n) } else { Err(Error::usage(what).advice("use smaller sizes")) }
    };
    // With every number below 2³¹, the padding can be worked out.
    [input, kernel, stride].as_flattened().iter().try_for_each(|&n| limit(n).map(drop))?;
    let pads = padding.pads(input, kernel, stride);
    let mut padded = [0; 2];
    for a in 0..2 {
        let parts = [input[a], pads.before()[a], pads.after()[a]];
        padded[a] = parts.into_iter().fold(0, usize::saturating_add);
        limit(padded[a].saturating_add(kernel[a]).saturating_add(stride[a]))?;
    }
    if (0..2).any(|a| kernel[a] > padded[a]) {
        let what = format!("a kernel of {} is larger than its padded input of {}", size(kernel), size(padded));
        return Err(Error::usage(what).remedy(Remedy::SmallerKernel).remedy(Remedy::LargerImages));
    }
    Ok((pads, std::array::from_fn(|a| (padded[a] - kernel[a]) / stride[a] + 1)))
}

#[cfg(test)]
mod tests;
