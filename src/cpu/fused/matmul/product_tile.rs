//! One tile of a product.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::register_tile::{self, LeftFactor, OutputColumns, RightFactor};
use super::sizes::{BLOCK, TERMS};
use super::sparse_entry::SparseEntry;
use super::sparse_rows::{SparseRows, multiply_row};
use super::transpose::{Matrix, MatrixMut, transpose};
use crate::ops::MatMul;

/// Computes a tile of `y`, the sum of the terms `terms`.
pub(super) struct ProductTile<'a> {
    pub op: &'a MatMul,
    pub a: &'a [f32],
    pub b: &'a [f32],
    /// The tile's rows of `y`, from `first_column` on.
    pub y: Vec<&'a mut [f32]>,
    pub first_row: usize,
    pub first_column: usize,
    pub terms: Range<usize>,
    /// Scratch memory, `[ROWS][TERMS]`.
    pub entries: &'a mut [SparseEntry],
    /// Scratch memory, `[TERMS][BLOCK]`.
    pub packed: &'a mut [f32],
}

impl WithSimd for ProductTile<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let ProductTile { op, a, b, mut y, first_row, first_column, terms, entries, packed } = self;
        let [a_row, a_term] = op.strides_a();
        let [b_term, b_column] = op.strides_b();
        let columns = y[0].len();
        let rows = first_row..first_row + y.len();
        let mut sparse = SparseRows::new(entries);
        for start in terms.clone().step_by(TERMS) {
            let part = start..(start + TERMS).min(terms.end);
            let fresh = start == terms.start;
            let dense = columns <= S::F32_LANES || is_dense(op, a, rows.clone(), part.clone());
            if !dense {
                sparse.list(op, a, rows.clone(), part.clone(), false);
            }
            for column in (0..columns).step_by(BLOCK) {
                let width = BLOCK.min(columns - column);
                // In whole vectors: one, two, or those of a whole block.
                let padded = if width > 2 * S::F32_LANES { BLOCK } else { width.next_multiple_of(S::F32_LANES) };
                let vectors = padded / S::F32_LANES;
                let in_place = b_column == 1 && width == padded && b_term.is_multiple_of(S::F32_LANES);
                let b = if in_place {
                    let b = S::as_simd_f32s(&b[part.start * b_term + first_column + column..]).0;
                    RightFactor { b, stride: b_term / S::F32_LANES, vectors }
                } else {
                    let columns = first_column + column..first_column + column + width;
                    pack(op, b, part.clone(), columns, padded, packed);
                    let b = S::as_simd_f32s(&packed[..part.len() * padded]).0;
                    RightFactor { b, stride: vectors, vectors }
                };
                if dense {
                    let a = &a[first_row * a_row + part.start * a_term..];
                    let a = LeftFactor { a, row: a_row, term: a_term };
                    let y = OutputColumns { y: &mut y, columns: column..column + width, fresh };
                    register_tile::multiply(simd, a, b, part.len(), y);
                    continue;
                }
                if !b.all_finite(part.len()) {
                    sparse.list(op, a, rows.clone(), part.clone(), true);
                }
                for (y, entries) in y.iter_mut().zip(sparse.rows(rows.len())) {
                    let y = &mut y[column..column + width];
                    match vectors {
                        1 => multiply_row::<S, 1>(simd, entries, b, y, fresh),
                        2 => multiply_row::<S, 2>(simd, entries, b, y, fresh),
                        4 => multiply_row::<S, 4>(simd, entries, b, y, fresh),
                        8 => multiply_row::<S, 8>(simd, entries, b, y, fresh),
                        16 => multiply_row::<S, 16>(simd, entries, b, y, fresh),
                        BLOCK => multiply_row::<S, BLOCK>(simd, entries, b, y, fresh),
                        n => unreachable!("a block of {n} vectors"),
                    }
                }
            }
        }
    }
}

/// Whether fewer than 40 % of these elements of `a` are zero: then leaving zeros out costs more than it saves.
#[inline(always)]
fn is_dense(op: &MatMul, a: &[f32], rows: Range<usize>, terms: Range<usize>) -> bool {
    let [a_row, a_term] = op.strides_a();
    // Along the axis whose elements are neighbours in memory.
    let (lines, line, stride) = if a_term == 1 { (rows, terms, a_row) } else { (terms, rows, a_term) };
    let all = lines.len() * line.len();
    let mut zeros = 0;
    for i in lines {
        for value in &a[i * stride..][line.clone()] {
            zeros += u32::from(*value == 0.0);
        }
    }
    zeros as usize * 5 < all * 2
}

/// Copies terms of some columns of `b` to `packed` `[terms, padded]`, zeros behind the columns.
#[inline(always)]
fn pack(op: &MatMul, b: &[f32], terms: Range<usize>, columns: Range<usize>, padded: usize, packed: &mut [f32]) {
    let [b_term, b_column] = op.strides_b();
    let width = columns.len();
    if b_column == 1 {
        for (term, packed) in terms.zip(packed.chunks_exact_mut(padded)) {
            let (values, padding) = packed.split_at_mut(width);
            values.copy_from_slice(&b[term * b_term + columns.start..][..width]);
            padding.fill(0.0);
        }
        return;
    }
    if padded > width {
        packed[..terms.len() * padded].fill(0.0);
    }
    let from = Matrix { values: &b[columns.start * b_column + terms.start..], stride: b_column };
    transpose(from, MatrixMut { values: packed, stride: padded }, width, terms.len());
}
