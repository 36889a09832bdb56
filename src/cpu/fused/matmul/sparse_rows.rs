//! Rows of a product's left factor as lists of their nonzero elements, and the product of such a row.

use std::ops::Range;

use pulp::Simd;

use super::register_tile::{RightFactor, store};
use super::sizes::{ROWS, TERMS};
use super::sparse_entry::SparseEntry;
use super::transpose::{Matrix, MatrixMut, transpose};
use crate::ops::MatMul;

/// Rows that are transposed together where `a` is stored transposed.
const TRANSPOSED_ROWS: usize = 16;

/// The nonzero elements of up to [`ROWS`] rows and [`TERMS`] terms of `a`.
pub(super) struct SparseRows<'a> {
    /// `[ROWS][TERMS]`: a row's entries stand at the beginning of its part.
    entries: &'a mut [SparseEntry],
    /// Entries of each row.
    counts: [u32; ROWS],
}

impl<'a> SparseRows<'a> {
    /// `entries` has room for [`ROWS`] × [`TERMS`] entries.
    #[inline(always)]
    pub(super) fn new(entries: &'a mut [SparseEntry]) -> Self {
        SparseRows { entries, counts: [0; ROWS] }
    }

    /// Lists the elements of `a` in these rows and terms: those that are not zero, or, if `zeros`, all. An
    /// entry's index counts from the first of `terms`.
    #[inline(always)]
    pub(super) fn list(&mut self, op: &MatMul, a: &[f32], rows: Range<usize>, terms: Range<usize>, zeros: bool) {
        let [a_row, a_term] = op.strides_a();
        let counts = self.counts[..rows.len()].chunks_mut(TRANSPOSED_ROWS).enumerate();
        for ((group, counts), entries) in counts.zip(self.entries.chunks_mut(TRANSPOSED_ROWS * TERMS)) {
            let first = rows.start + group * TRANSPOSED_ROWS;
            let mut transposed = [0.0; TRANSPOSED_ROWS * TERMS];
            let (values, stride) = if a_term == 1 {
                (&a[first * a_row + terms.start..], a_row)
            } else {
                let from = Matrix { values: &a[terms.start * a_term + first..], stride: a_term };
                let to = MatrixMut { values: &mut transposed, stride: TERMS };
                transpose(from, to, terms.len(), counts.len());
                (&transposed[..], TERMS)
            };
            for (r, (count, entries)) in counts.iter_mut().zip(entries.chunks_exact_mut(TERMS)).enumerate() {
                // Without a branch, as zeros come at random: each element is written behind the list's end,
                // which moves past it only if it is to be kept.
                let mut n = 0;
                for (term, &value) in values[r * stride..][..terms.len()].iter().enumerate() {
                    entries[n % TERMS] = SparseEntry::new(term as u32, value);
                    n += usize::from(zeros | (value != 0.0));
                }
                *count = n as u32;
            }
        }
    }

    /// The entries of the first `rows` rows, row by row.
    #[inline(always)]
    pub(super) fn rows(&self, rows: usize) -> impl Iterator<Item = &[SparseEntry]> {
        let lists = self.entries.chunks_exact(TERMS).zip(&self.counts[..rows]);
        lists.map(|(entries, &count)| &entries[..count as usize])
    }
}

/// `y = Σ value · b[index]` over the entries of one row if `fresh`, and otherwise `y += …`; `V` is the number
/// of vectors of `b`.
#[inline(always)]
pub(super) fn multiply_row<S: Simd, const V: usize>(
    simd: S,
    entries: &[SparseEntry],
    b: RightFactor<'_, S::f32s>,
    y: &mut [f32],
    fresh: bool,
) {
    let mut sums = [simd.splat_f32s(0.0); V];
    for entry in entries {
        let value = simd.splat_f32s(entry.value());
        let b = &b.b[entry.index() * b.stride..][..V];
        for v in 0..V {
            sums[v] = simd.mul_add_f32s(value, b[v], sums[v]);
        }
    }
    store(simd, sums, y, fresh);
}
