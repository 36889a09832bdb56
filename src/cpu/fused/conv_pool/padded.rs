//! Images with their zero padding written out, so that inner loops need no test for the border.

use crate::model::geometry::ConvShape;

/// Where the pixels of an input image lie in its padded copy.
pub(super) struct PaddedLayout {
    /// Height and width of the image.
    input: [usize; 2],
    channels: usize,
    stride: [usize; 2],
    /// Padding above and to the left of the image.
    before: [usize; 2],
    /// Height and width of the padded copy.
    size: [usize; 2],
}

impl PaddedLayout {
    /// The layout for a convolution's input. The copy holds the whole image and every pixel of padding that an
    /// output reads.
    pub(super) fn new(conv: &ConvShape) -> Self {
        let before = [conv.pads.top, conv.pads.left];
        let size = [0, 1].map(|axis| {
            let read = (conv.output[axis] - 1) * conv.stride[axis] + conv.kernel[axis];
            read.max(before[axis] + conv.input[axis])
        });
        PaddedLayout { input: conv.input, channels: conv.in_channels, stride: conv.stride, before, size }
    }

    /// Elements of one padded image.
    pub(super) fn len(&self) -> usize {
        self.pixels() * self.channels
    }

    /// Pixels of one padded image.
    pub(super) fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Pixels of one row of a padded image.
    pub(super) fn row(&self) -> usize {
        self.size[1]
    }

    /// The first pixel that the pool window numbered `window` reads, of `width` windows a row.
    #[inline(always)]
    pub(super) fn window(&self, window: usize, width: usize) -> usize {
        (window / width * 2 * self.stride[0]) * self.size[1] + window % width * 2 * self.stride[1]
    }

    /// The first pixel that each of a window's four convolution outputs reads, counted from
    /// [`PaddedLayout::window`].
    #[inline(always)]
    pub(super) fn output_offsets(&self) -> [usize; 4] {
        let down = self.stride[0] * self.size[1];
        let right = self.stride[1];
        [0, right, down, down + right]
    }

    /// The first pixel of each row of an image, and where it lies in the padded copy.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let width = self.input[1];
        let start = self.before[0] * self.size[1] + self.before[1];
        let padded_width = self.size[1];
        (0..self.input[0]).map(move |h| (h * width, start + h * padded_width))
    }

    /// Copies an image into its padded copy, whose padding stays as it is.
    pub(super) fn fill(&self, image: &[f32], padded: &mut [f32]) {
        let row = self.input[1] * self.channels;
        for (from, to) in self.rows() {
            copy(&image[from * self.channels..][..row], &mut padded[to * self.channels..][..row]);
        }
    }

    /// Copies an image, each pixel of which is several vectors of channels, into one padded copy for each
    /// vector; the copies are `group_stride` vectors apart. Their padding stays as it is.
    #[inline(always)]
    pub(super) fn fill_groups<V: Copy>(&self, image: &[V], padded: &mut [V], group_stride: usize) {
        let groups = image.len() / (self.input[0] * self.input[1]);
        for (from, to) in self.rows() {
            for column in 0..self.input[1] {
                for group in 0..groups {
                    padded[group * group_stride + to + column] = image[(from + column) * groups + group];
                }
            }
        }
    }

    /// Copies the image out of its padded copy; a pixel is `width` elements.
    pub(super) fn extract<V: Copy>(&self, padded: &[V], width: usize, image: &mut [V]) {
        for (to, from) in self.rows() {
            let row = self.input[1] * width;
            image[to * width..][..row].copy_from_slice(&padded[from * width..][..row]);
        }
    }
}

/// Copies a row. A short one is copied by inlined vector instructions, as a call of the library's `memcpy`
/// costs more than the copy; its last part may overlap the one before.
fn copy(from: &[f32], to: &mut [f32]) {
    const PART: usize = 16;
    let len = from.len();
    if !(PART..=4 * PART).contains(&len) {
        to.copy_from_slice(from);
        return;
    }
    let mut part = |start: usize| to[start..start + PART].copy_from_slice(&from[start..start + PART]);
    (0..len - PART).step_by(PART).for_each(&mut part);
    part(len - PART);
}
