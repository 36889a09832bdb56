//! Sums of a tile of a product: over a list of what is not zero, a row at a time, or over all terms, some
//! rows at a time in the registers.

use std::ops::Range;

use bytemuck::Pod;
use pulp::Simd;

use super::entry::Entry;
use super::finite;

/// Some terms of some columns of `b`.
#[derive(Clone, Copy)]
pub struct Block<'a, V> {
    pub b: &'a [V],
    /// Vectors from one term to the next.
    pub stride: usize,
    /// Vectors of a term.
    pub vectors: usize,
}

impl<V: Pod> Block<'_, V> {
    /// Whether all numbers of so many terms are finite.
    #[inline(always)]
    pub fn finite(&self, terms: usize) -> bool {
        let mut all = true;
        for term in 0..terms {
            all &= finite(bytemuck::cast_slice(&self.b[term * self.stride..][..self.vectors]));
        }
        all
    }
}

/// Some rows and terms of `a`.
#[derive(Clone, Copy)]
pub struct Factor<'a> {
    pub a: &'a [f32],
    /// Elements from one row to the next.
    pub row: usize,
    /// Elements from one term to the next.
    pub term: usize,
}

/// `y += Σ value · b[place]` over a row's list, or `y =` where nothing was summed before.
#[inline(always)]
pub fn row<S: Simd, const V: usize>(simd: S, list: &[Entry], b: Block<'_, S::f32s>, y: &mut [f32], fresh: bool) {
    let mut sums = [simd.splat_f32s(0.0); V];
    for entry in list {
        let value = simd.splat_f32s(entry.value());
        let b = &b.b[entry.place() * b.stride..][..V];
        for v in 0..V {
            sums[v] = simd.mul_add_f32s(value, b[v], sums[v]);
        }
    }
    store(simd, sums, y, fresh);
}

/// Where the sums of a product's rows go.
pub trait Sums<S: Simd> {
    /// Rows of the product.
    fn rows(&self) -> usize;

    /// Takes sums of a row, from the vector numbered `first` on.
    fn put<const V: usize>(&mut self, simd: S, row: usize, first: usize, sums: [S::f32s; V]);
}

/// Some columns of rows that lie anywhere: sums are added to them, or put there where nothing was summed
/// before (`fresh`).
pub struct Columns<'a, 'y> {
    pub y: &'a mut [&'y mut [f32]],
    pub columns: Range<usize>,
    pub fresh: bool,
}

impl<S: Simd> Sums<S> for Columns<'_, '_> {
    #[inline(always)]
    fn rows(&self) -> usize {
        self.y.len()
    }

    #[inline(always)]
    fn put<const V: usize>(&mut self, simd: S, row: usize, first: usize, sums: [S::f32s; V]) {
        let start = (self.columns.start + first * S::F32_LANES).min(self.columns.end);
        let end = (start + V * S::F32_LANES).min(self.columns.end);
        store(simd, sums, &mut self.y[row][start..end], self.fresh);
    }
}

/// Rows of so many vectors that lie one after the other; sums are put there.
pub struct Plane<'a, V> {
    pub y: &'a mut [V],
    pub vectors: usize,
}

impl<S: Simd> Sums<S> for Plane<'_, S::f32s> {
    #[inline(always)]
    fn rows(&self) -> usize {
        self.y.len() / self.vectors
    }

    #[inline(always)]
    fn put<const V: usize>(&mut self, _: S, row: usize, first: usize, sums: [S::f32s; V]) {
        self.y[row * self.vectors + first..][..V].copy_from_slice(&sums);
    }
}

/// `y[r] = Σ_t a[r · row + t · term] · b[t]` for all rows of `y`, over `terms` terms.
#[inline(always)]
pub fn multiply<S: Simd>(simd: S, a: Factor<'_>, b: Block<'_, S::f32s>, terms: usize, y: impl Sums<S>) {
    match b.vectors {
        n if S::REGISTER_COUNT >= 32 && n.is_multiple_of(4) => tile::<S, 4>(simd, a, b, terms, y),
        n if n.is_multiple_of(2) => tile::<S, 2>(simd, a, b, terms, y),
        _ => tile::<S, 1>(simd, a, b, terms, y),
    }
}

/// Rows of `y` that are in registers together.
const TOGETHER: usize = 4;

/// [`multiply`], [`TOGETHER`] rows and `V` vectors at a time.
#[inline(always)]
fn tile<S: Simd, const V: usize>(simd: S, a: Factor<'_>, b: Block<'_, S::f32s>, terms: usize, mut y: impl Sums<S>) {
    for first in (0..y.rows()).step_by(TOGETHER) {
        // Past the last row, that one again: computed and not stored.
        let mut rows = [a.a; TOGETHER];
        for r in 0..TOGETHER {
            rows[r] = &a.a[(first + r).min(y.rows() - 1) * a.row..];
        }
        for block in (0..b.vectors).step_by(V) {
            let mut sums = [[simd.splat_f32s(0.0); V]; TOGETHER];
            for term in 0..terms {
                let b = &b.b[term * b.stride + block..][..V];
                for r in 0..TOGETHER {
                    let value = simd.splat_f32s(rows[r][term * a.term]);
                    for v in 0..V {
                        sums[r][v] = simd.mul_add_f32s(value, b[v], sums[r][v]);
                    }
                }
            }
            for r in 0..TOGETHER.min(y.rows() - first) {
                y.put(simd, first + r, block, sums[r]);
            }
        }
    }
}

/// Adds sums to as many numbers, or puts them there; what is more than `y` is dropped.
#[inline(always)]
fn store<S: Simd, const V: usize>(simd: S, sums: [S::f32s; V], y: &mut [f32], fresh: bool) {
    let (whole, rest) = S::as_mut_simd_f32s(y);
    for (v, y) in whole.iter_mut().enumerate() {
        *y = if fresh { sums[v] } else { simd.add_f32s(*y, sums[v]) };
    }
    if !rest.is_empty() {
        let sums: &[f32] = bytemuck::cast_slice(std::slice::from_ref(&sums[whole.len()]));
        for (y, &sum) in rest.iter_mut().zip(sums) {
            *y = if fresh { sum } else { *y + sum };
        }
    }
}
