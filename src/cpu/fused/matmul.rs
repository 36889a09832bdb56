//! Matrix products whose left factor may be full of zeros, as what ReLU lets through is: where enough are,
//! only the others are multiplied. The equation stands in [`crate::ops::matmul`].
//!
//! Where `b` holds what is no finite number, the zeros are multiplied too: nothing times infinity is NaN.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::add_in_order;
use super::entry::Entry;
use super::machine::Machine;
use super::tile::{self, Block, Columns, Factor, row};
use super::transpose::transpose;
use crate::cpu::aligned::{Aligned, borrow};
use crate::cpu::{for_each_chunk, for_each_item};
use crate::ops::MatMul;

/// Rows and columns of `y` that one task computes, and terms that it sums before they join the total:
/// so much of `b` stays in the cache while the rows meet it, and short sums lose less to rounding.
const ROWS: usize = 64;
/// Rows where there are few columns: else there would be one task.
const FEW_ROWS: usize = 32;
const COLUMNS: usize = 448;
/// Columns where there are no more than [`COLUMNS`], likewise.
const FEW_COLUMNS: usize = 128;
const TERMS: usize = 64;
/// Terms of a slice: a long sum with few results is shared by tasks.
const SLICE: usize = 448;
/// Results that are few.
const FEW: usize = 1 << 14;
/// Rows that are turned together, where `a` lies on its side.
const LISTED: usize = 16;

/// `y[m,n] = Σ_k a(m,k) · b(k,n)`
pub fn multiply(machine: Machine, op: &MatMul, a: &[f32], b: &[f32], y: &mut [f32], slices: &mut Aligned) {
    if op.inner <= SLICE || y.len() > FEW {
        tiles(machine, op, a, b, y, 0..op.inner);
        return;
    }
    slices.resize(op.inner.div_ceil(SLICE) * y.len());
    let slices = slices.as_mut_slice::<f32>();
    for_each_chunk(slices, y.len(), |slice, part| {
        tiles(machine, op, a, b, part, slice * SLICE..((slice + 1) * SLICE).min(op.inner));
    });
    add_in_order(slices, y.len(), y);
}

/// The product's terms `terms`, in tiles of `y`.
fn tiles(machine: Machine, op: &MatMul, a: &[f32], b: &[f32], y: &mut [f32], terms: Range<usize>) {
    let columns = if op.columns > COLUMNS { COLUMNS } else { FEW_COLUMNS };
    let across = op.columns.div_ceil(columns);
    let rows = if across == 1 && terms.len() == op.inner { FEW_ROWS } else { ROWS };
    let mut tiles: Vec<Vec<&mut [f32]>> = Vec::new();
    for (row, y) in y.chunks_exact_mut(op.columns).enumerate() {
        if row % rows == 0 {
            tiles.extend((0..across).map(|_| Vec::with_capacity(rows)));
        }
        let first = tiles.len() - across;
        tiles[first..].iter_mut().zip(y.chunks_mut(columns)).for_each(|(tile, y)| tile.push(y));
    }
    for_each_item(tiles, |i, y| {
        let (first_row, first_column) = (i / across * rows, i % across * columns);
        borrow(ROWS * TERMS, |lists| {
            borrow(TERMS * BLOCK, |packed| {
                let terms = terms.clone();
                machine.dispatch(Tile { op, a, b, y, first_row, first_column, terms, lists, packed });
            });
        });
    });
}

/// Columns that are packed together.
const BLOCK: usize = 64;

struct Tile<'a> {
    op: &'a MatMul,
    a: &'a [f32],
    b: &'a [f32],
    /// Rows of `y`, from `first_column`.
    y: Vec<&'a mut [f32]>,
    first_row: usize,
    first_column: usize,
    terms: Range<usize>,
    /// `[rows][TERMS]`
    lists: &'a mut [Entry],
    /// `[TERMS][BLOCK]`
    packed: &'a mut [f32],
}

impl WithSimd for Tile<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Tile { op, a, b, mut y, first_row, first_column, terms, lists, packed } = self;
        let mut counts = [0u32; ROWS];
        let (columns, [a_row, a_column], [b_row, b_column]) = (y[0].len(), op.strides_a(), op.strides_b());
        for start in terms.clone().step_by(TERMS) {
            let part = start..(start + TERMS).min(terms.end);
            let (counts, fresh) = (&mut counts[..y.len()], start == terms.start);
            let dense = columns <= S::F32_LANES || dense(op, a, first_row..first_row + y.len(), part.clone());
            if !dense {
                list(op, a, first_row, part.clone(), false, lists, counts);
            }
            for column in (0..columns).step_by(BLOCK) {
                let width = BLOCK.min(columns - column);
                // Whole vectors: one, two, or all of a block.
                let padded = if width > 2 * S::F32_LANES { BLOCK } else { width.next_multiple_of(S::F32_LANES) };
                let b = if b_column == 1 && width == padded && b_row.is_multiple_of(S::F32_LANES) {
                    let rows = &b[part.start * b_row + first_column + column..];
                    Block { b: S::as_simd_f32s(rows).0, stride: b_row / S::F32_LANES, vectors: padded / S::F32_LANES }
                } else {
                    pack(op, b, part.clone(), first_column + column, width, padded, packed);
                    let vectors = padded / S::F32_LANES;
                    Block { b: S::as_simd_f32s(&packed[..part.len() * padded]).0, stride: vectors, vectors }
                };
                if dense {
                    let a = Factor { a: &a[first_row * a_row + part.start * a_column..], row: a_row, term: a_column };
                    let y = Columns { y: &mut y, columns: column..column + width, fresh };
                    tile::multiply(simd, a, b, part.len(), y);
                    continue;
                }
                if !b.finite(part.len()) {
                    list(op, a, first_row, part.clone(), true, lists, counts);
                }
                for ((y, list), &count) in y.iter_mut().zip(lists.chunks_exact(TERMS)).zip(&*counts) {
                    let (y, list) = (&mut y[column..column + width], &list[..count as usize]);
                    match b.vectors {
                        1 => row::<S, 1>(simd, list, b, y, fresh),
                        2 => row::<S, 2>(simd, list, b, y, fresh),
                        4 => row::<S, 4>(simd, list, b, y, fresh),
                        8 => row::<S, 8>(simd, list, b, y, fresh),
                        16 => row::<S, 16>(simd, list, b, y, fresh),
                        BLOCK => row::<S, BLOCK>(simd, list, b, y, fresh),
                        n => unreachable!("a block of {n} vectors"),
                    }
                }
            }
        }
    }
}

/// Whether so few numbers of `a` are zero that to leave them out costs more than it saves.
#[inline(always)]
fn dense(op: &MatMul, a: &[f32], rows: Range<usize>, terms: Range<usize>) -> bool {
    let [a_row, a_column] = op.strides_a();
    let (lines, line, stride) = if a_column == 1 { (rows, terms, a_row) } else { (terms, rows, a_column) };
    let (mut zeros, all) = (0, lines.len() * line.len());
    for i in lines {
        for value in &a[i * stride..][line.clone()] {
            zeros += u32::from(*value == 0.0);
        }
    }
    zeros as usize * 5 < all * 2
}

/// Lists the terms of each row of `a` that are not zero, or `all`, counted from the first.
#[inline(always)]
fn list(
    op: &MatMul,
    a: &[f32],
    first_row: usize,
    terms: Range<usize>,
    all: bool,
    lists: &mut [Entry],
    counts: &mut [u32],
) {
    let [a_row, a_column] = op.strides_a();
    for ((group, counts), lists) in counts.chunks_mut(LISTED).enumerate().zip(lists.chunks_mut(LISTED * TERMS)) {
        let first = first_row + group * LISTED;
        let mut turned = [0.0; LISTED * TERMS];
        let (values, row) = if a_column == 1 {
            (&a[first * a_row + terms.start..], a_row)
        } else {
            let from = (&a[terms.start * a_column + first..], a_column);
            transpose(from, (&mut turned, TERMS), terms.len(), counts.len());
            (&turned[..], TERMS)
        };
        for (r, (count, list)) in counts.iter_mut().zip(lists.chunks_exact_mut(TERMS)).enumerate() {
            let mut n = 0;
            for (k, &value) in values[r * row..][..terms.len()].iter().enumerate() {
                list[n % TERMS] = Entry::new(k as u32, value);
                n += usize::from(all | (value != 0.0));
            }
            *count = n as u32;
        }
    }
}

/// Copies terms of `width` columns of `b` into rows of `padded`, zeros behind them.
#[inline(always)]
fn pack(op: &MatMul, b: &[f32], terms: Range<usize>, column: usize, width: usize, padded: usize, packed: &mut [f32]) {
    let [b_row, b_column] = op.strides_b();
    if b_column == 1 {
        for (term, packed) in terms.zip(packed.chunks_exact_mut(padded)) {
            let (values, rest) = packed.split_at_mut(width);
            values.copy_from_slice(&b[term * b_row + column..][..width]);
            rest.fill(0.0);
        }
        return;
    }
    if padded > width {
        packed[..terms.len() * padded].fill(0.0);
    }
    transpose((&b[column * b_column + terms.start..], b_column), (packed, padded), width, terms.len());
}
