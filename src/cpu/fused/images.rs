//! Images with their zero padding written out, so that inner loops need not ask where they are.

use crate::model::geometry::ConvShape;

/// Where the pixels of an input image lie once its zero padding is written out.
pub struct Padded {
    input: [usize; 2],
    channels: usize,
    stride: [usize; 2],
    before: [usize; 2],
    size: [usize; 2],
}

impl Padded {
    /// The padded input of `conv`, cut to what its outputs read.
    pub fn new(conv: &ConvShape) -> Self {
        let size = [0, 1].map(|a| {
            let read = (conv.output[a] - 1) * conv.stride[a] + conv.kernel[a];
            read.max([conv.pads.top, conv.pads.left][a] + conv.input[a])
        });
        Padded {
            input: conv.input,
            channels: conv.in_channels,
            stride: conv.stride,
            before: [conv.pads.top, conv.pads.left],
            size,
        }
    }

    /// Elements of one image.
    pub fn len(&self) -> usize {
        self.pixels() * self.channels
    }

    /// Pixels of one image.
    pub fn pixels(&self) -> usize {
        self.size[0] * self.size[1]
    }

    /// Pixels of one row.
    pub fn row(&self) -> usize {
        self.size[1]
    }

    /// The first pixel that a 2×2 block of outputs reads, blocks being counted `width` to a row.
    #[inline(always)]
    pub fn window(&self, block: usize, width: usize) -> usize {
        (block / width * 2 * self.stride[0]) * self.size[1] + block % width * 2 * self.stride[1]
    }

    /// The first pixels that the four outputs of such a block read, as steps from [`Padded::window`].
    #[inline(always)]
    pub fn steps(&self) -> [usize; 4] {
        let (down, right) = (self.stride[0] * self.size[1], self.stride[1]);
        [0, right, down, down + right]
    }

    /// The pixels of an image and of its padded copy, row by row.
    fn rows(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (width, start, padded) = (self.input[1], self.before[0] * self.size[1] + self.before[1], self.size[1]);
        (0..self.input[0]).map(move |h| (h * width, start + h * padded))
    }

    /// Copies an image into a padded one, whose padding stays as it is.
    pub fn fill(&self, image: &[f32], padded: &mut [f32]) {
        let (channels, row) = (self.channels, self.input[1] * self.channels);
        for (from, to) in self.rows() {
            copy(&image[from * channels..][..row], &mut padded[to * channels..][..row]);
        }
    }

    /// [`Padded::fill`] with the channels in groups of one vector, `group_len` pixels apart.
    #[inline(always)]
    pub fn fill_groups<V: Copy>(&self, image: &[V], padded: &mut [V], group_len: usize) {
        let groups = image.len() / (self.input[0] * self.input[1]);
        for (from, to) in self.rows() {
            for column in 0..self.input[1] {
                for group in 0..groups {
                    padded[group * group_len + to + column] = image[(from + column) * groups + group];
                }
            }
        }
    }

    /// Copies a padded image's inside out; a pixel is `width` elements.
    pub fn extract<V: Copy>(&self, padded: &[V], width: usize, image: &mut [V]) {
        for (to, from) in self.rows() {
            let row = self.input[1] * width;
            image[to * width..][..row].copy_from_slice(&padded[from * width..][..row]);
        }
    }
}

/// Copies a row of numbers: a short one in place, since a call of the library's copy costs more.
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
