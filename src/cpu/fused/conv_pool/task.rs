//! What one call of a kernel works on: some images of the batch.

use super::padded::PaddedLayout;
use crate::model::geometry::{ConvShape, PoolShape};

/// Images whose forward pass a kernel computes together.
pub(super) struct ForwardTask<'a> {
    pub conv: &'a ConvShape,
    pub pool: &'a PoolShape,
    pub padded: &'a PaddedLayout,
    /// The images with their padding, as `padded` says.
    pub x: &'a [f32],
    /// `[kh, kw, C, O]`, or what [`super::winograd::transform_weights`] made of it.
    pub w: &'a [f32],
    pub b: &'a [f32],
    pub y: &'a mut [f32],
    pub argmax: &'a mut [u32],
}

impl ForwardTask<'_> {
    /// Pool windows of all images.
    pub(super) fn windows(&self) -> usize {
        self.y.len() / self.conv.out_channels
    }

    /// The first pixel that a window reads, windows being counted over all images.
    #[inline(always)]
    pub(super) fn corner(&self, window: usize) -> usize {
        let windows_of_image = self.pool.output[0] * self.pool.output[1];
        let image = window / windows_of_image * self.padded.pixels();
        image + self.padded.window(window % windows_of_image, self.pool.output[1])
    }
}

/// Images whose backward pass a kernel computes together.
pub(super) struct BackwardTask<'a> {
    pub conv: &'a ConvShape,
    pub pool: &'a PoolShape,
    pub padded: &'a PaddedLayout,
    /// The images, without padding.
    pub x: &'a [f32],
    /// Weights as [`super::weight_layout::arrange_weights`] lays them out; empty for one input channel.
    pub w: &'a [f32],
    pub argmax: &'a [u32],
    pub dy: &'a [f32],
    /// To be written: the gradient of `x`, or empty where it is not wanted.
    pub dx: &'a mut [f32],
    /// To be written: this task's sums of the weights' gradients, in the kernel's own layout, then of the bias's.
    pub partial: &'a mut [f32],
}
