//! Which pool windows of an image read a pixel that is not zero. Most of a handwritten digit is empty.

use super::padded::PaddedLayout;
use super::winograd_matrices::points;
use crate::cpu::aligned::borrow;
use crate::model::geometry::PoolShape;

/// The windows of one image that do not read zeros only.
pub(super) struct NonzeroWindows<'a> {
    /// For each column of the image: the bitwise or of the pixels that one row of windows reads.
    columns: &'a mut [u32],
    /// For each window: the bitwise or of its pixels. It is 0 exactly where all of them are +0.
    windows: &'a mut [u32],
}

impl NonzeroWindows<'_> {
    /// Lends `f` memory for one image.
    pub(super) fn borrow<R>(padded: &PaddedLayout, pool: &PoolShape, f: impl FnOnce(NonzeroWindows<'_>) -> R) -> R {
        borrow(padded.row() + pool.output[0] * pool.output[1], |memory| {
            let (columns, windows) = memory.split_at_mut(padded.row());
            // In tests every window seems empty until it is looked at: a kernel that forgets to look skips all.
            #[cfg(test)]
            windows.fill(0);
            f(NonzeroWindows { columns, windows })
        })
    }

    /// Finds them for the padded image `x` of one channel.
    #[inline(always)]
    pub(super) fn find(&mut self, x: &[f32], stride: [usize; 2], pool: &PoolShape) {
        let row = self.columns.len();
        let patch = stride.map(points);
        for (line, windows) in self.windows.chunks_exact_mut(pool.output[1]).enumerate() {
            // A row of windows shares its rows of pixels: columns first, then windows from the columns.
            self.columns.fill(0);
            for x in x[line * 2 * stride[0] * row..].chunks_exact(row).take(patch[0]) {
                for (bits, x) in self.columns.iter_mut().zip(x) {
                    *bits |= x.to_bits();
                }
            }
            for (window, bits) in windows.iter_mut().enumerate() {
                *bits = 0;
                for column in &self.columns[window * 2 * stride[1]..][..patch[1]] {
                    *bits |= column;
                }
            }
        }
    }

    /// Whether a window reads only zeros.
    #[inline(always)]
    pub(super) fn is_zero(&self, window: usize) -> bool {
        self.windows[window] == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::fused::conv_pool::tests::shapes;
    use crate::model::geometry::Padding;

    /// Of an image with one pixel that is not zero, the windows are found that read this pixel, even after one
    /// without zeros.
    #[test]
    fn the_windows_that_read_a_pixel_are_found() {
        for stride in [[1, 1], [2, 1], [1, 3]] {
            let (conv, pool) = shapes([9, 11], [1, 16], stride, Padding::Same);
            let padded = PaddedLayout::new(&conv);
            let full = vec![-1.0; padded.len()];
            NonzeroWindows::borrow(&padded, &pool, |mut nonzero| {
                for pixel in 0..padded.len() {
                    let mut x = vec![0.0; padded.len()];
                    x[pixel] = f32::MIN_POSITIVE;
                    nonzero.find(&full, stride, &pool);
                    nonzero.find(&x, stride, &pool);
                    for window in 0..pool.output[0] * pool.output[1] {
                        let corner = padded.window(window, pool.output[1]);
                        let reads =
                            |offset| (0..9).any(|tap| corner + offset + tap / 3 * padded.row() + tap % 3 == pixel);
                        let read = padded.output_offsets().into_iter().any(reads);
                        assert_eq!(nonzero.is_zero(window), !read, "stride {stride:?}, pixel {pixel}, window {window}");
                    }
                }
            });
        }
    }
}
