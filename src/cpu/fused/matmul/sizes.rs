//! How a matrix product is cut into tasks, blocks and partial sums.

/// Rows of `y` that one task computes.
pub(super) const ROWS: usize = 64;
/// The same where `y` is only one tile wide: with [`ROWS`] there would be too few tasks.
pub(super) const ROWS_OF_NARROW: usize = 32;
/// Columns of `y` that one task computes. [`TERMS`] × [`COLUMNS`] elements of `b` stay in the cache while all
/// rows of the tile are multiplied by them.
pub(super) const COLUMNS: usize = 448;
/// The same where `y` has no more than [`COLUMNS`] columns: with [`COLUMNS`] there would be too few tasks.
pub(super) const COLUMNS_OF_NARROW: usize = 128;
/// Terms that are summed before they are added to the total. Rounding errors of short sums are smaller.
pub(super) const TERMS: usize = 64;
/// Terms of a slice of a split-K product.
pub(super) const SLICE: usize = 448;
/// A product of at most this many elements and more terms than [`SLICE`] is computed split-K.
pub(super) const FEW_ELEMENTS: usize = 1 << 14;
/// Columns of `b` that are packed together.
pub(super) const BLOCK: usize = 64;
