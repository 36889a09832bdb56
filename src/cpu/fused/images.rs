//! Images with their zero padding written out, so that inner loops need not ask where they are.

use crate::geometry::ConvShape;

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
        self.size[0] * self.size[1] * self.channels
    }

    /// Elements of one row.
    pub fn row(&self) -> usize {
        self.size[1] * self.channels
    }

    /// The pixel that an output pixel reads through a tap.
    pub fn pixel(&self, [oh, ow]: [usize; 2], [i, j]: [usize; 2]) -> usize {
        (oh * self.stride[0] + i) * self.size[1] + ow * self.stride[1] + j
    }

    fn rows(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let row = self.input[1] * self.channels;
        let start = (self.before[0] * self.size[1] + self.before[1]) * self.channels;
        let padded = self.row();
        (0..self.input[0]).map(move |h| (h * row, start + h * padded))
    }

    /// Copies an image into a padded one, whose padding stays as it is.
    pub fn fill(&self, image: &[f32], padded: &mut [f32]) {
        let row = self.input[1] * self.channels;
        for (from, to) in self.rows() {
            padded[to..to + row].copy_from_slice(&image[from..from + row]);
        }
    }

    /// Copies a padded image's inside out.
    pub fn extract(&self, padded: &[f32], image: &mut [f32]) {
        let row = self.input[1] * self.channels;
        for (to, from) in self.rows() {
            image[to..to + row].copy_from_slice(&padded[from..from + row]);
        }
    }
}
