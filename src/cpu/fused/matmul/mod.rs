//! Matrix products. The equation stands in [`crate::ops::matmul`].
//!
//! The left factor is often the output of a ReLU or a gradient that a ReLU has cut, and then many of its
//! elements are zero. A product is computed tile by tile of `y`, and each tile chooses for each block of terms:
//!
//! - where at least 40 % of the left factor's elements are zero, its rows become lists of sparse entries, and
//!   only these are multiplied (`sparse_rows`);
//! - elsewhere, the product is computed in register tiles (`register_tile`).
//!
//! Zeros are multiplied as well where the right factor holds NaN or an infinity, since 0 · ∞ is NaN.

mod product_tile;
pub(super) mod register_tile;
mod sizes;
pub(super) mod sparse_entry;
mod sparse_rows;
#[cfg(test)]
mod tests;
pub(super) mod transpose;

use std::ops::Range;

use super::arithmetic::add_in_order;
use crate::cpu::aligned::{Aligned, borrow};
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::threads::{for_each_chunk, for_each_item};
use crate::ops::MatMul;
use product_tile::ProductTile;
use sizes::{BLOCK, COLUMNS, COLUMNS_OF_NARROW, FEW_ELEMENTS, ROWS, ROWS_OF_NARROW, SLICE, TERMS};

/// `y[m, n] = Σ_k a(m, k) · b(k, n)`.
///
/// A product with few elements and many terms is split along `k`: tasks compute partial products of
/// [`SLICE`] terms each in `slices`, and these are added in order.
pub(super) fn multiply(isa: InstructionSet, op: &MatMul, a: &[f32], b: &[f32], y: &mut [f32], slices: &mut Aligned) {
    if op.inner <= SLICE || y.len() > FEW_ELEMENTS {
        multiply_terms(isa, op, a, b, y, 0..op.inner);
        return;
    }
    slices.resize(op.inner.div_ceil(SLICE) * y.len());
    let slices = slices.as_mut_slice::<f32>();
    for_each_chunk(slices, y.len(), |slice, partial| {
        let terms = slice * SLICE..((slice + 1) * SLICE).min(op.inner);
        multiply_terms(isa, op, a, b, partial, terms);
    });
    add_in_order(slices, y.len(), y);
}

/// `y[m, n] = Σ_k a(m, k) · b(k, n)` over the terms `k` in `terms`, one task a tile of `y`.
fn multiply_terms(isa: InstructionSet, op: &MatMul, a: &[f32], b: &[f32], y: &mut [f32], terms: Range<usize>) {
    let columns = if op.columns > COLUMNS { COLUMNS } else { COLUMNS_OF_NARROW };
    let across = op.columns.div_ceil(columns);
    let rows = if across == 1 && terms.len() == op.inner { ROWS_OF_NARROW } else { ROWS };
    let mut tiles: Vec<Vec<&mut [f32]>> = Vec::new();
    for (row, y) in y.chunks_exact_mut(op.columns).enumerate() {
        if row % rows == 0 {
            tiles.extend((0..across).map(|_| Vec::with_capacity(rows)));
        }
        let first = tiles.len() - across;
        tiles[first..].iter_mut().zip(y.chunks_mut(columns)).for_each(|(tile, y)| tile.push(y));
    }
    for_each_item(tiles, |i, y| {
        let first_row = i / across * rows;
        let first_column = i % across * columns;
        borrow(ROWS * TERMS, |entries| {
            borrow(TERMS * BLOCK, |packed| {
                let terms = terms.clone();
                isa.dispatch(ProductTile { op, a, b, y, first_row, first_column, terms, entries, packed });
            });
        });
    });
}
