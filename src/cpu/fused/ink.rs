//! Where an image is empty, as most of a handwritten digit is.

use super::filters::points;
use super::images::Padded;
use crate::cpu::aligned::borrow;
use crate::model::geometry::PoolShape;

/// Which windows of an image read anything but zeros.
pub struct Ink<'a> {
    /// Scratch: the bits of each column, of the rows that a row of windows reads.
    columns: &'a mut [u32],
    /// The bitwise or of the floats that a window reads: 0 where all of them are +0.
    pub windows: &'a mut [u32],
}

impl Ink<'_> {
    /// Room for an image's.
    pub fn borrow<R>(padded: &Padded, pool: &PoolShape, f: impl FnOnce(Ink<'_>) -> R) -> R {
        borrow(padded.row() + pool.output[0] * pool.output[1], |memory| {
            let (columns, windows) = memory.split_at_mut(padded.row());
            f(Ink { columns, windows })
        })
    }

    /// Fills `windows` for a padded image.
    #[inline(always)]
    pub fn find(&mut self, x: &[f32], stride: [usize; 2], pool: &PoolShape) {
        let (row, patch) = (self.columns.len(), stride.map(points));
        for (line, windows) in self.windows.chunks_exact_mut(pool.output[1]).enumerate() {
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
}
