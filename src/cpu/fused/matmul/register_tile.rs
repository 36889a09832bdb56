//! A matrix product in register tiles: sums of a few rows and a few vectors of columns stay in registers over
//! all terms. Every loaded vector of the right factor serves all rows of the tile, and every value of the
//! left factor all its vectors.

use std::ops::Range;

use bytemuck::Pod;
use pulp::Simd;

use crate::cpu::fused::arithmetic::all_finite;
use crate::cpu::fused::vector_block::{VectorBlockKernel, run_in_blocks};

/// Terms of some columns of the right factor `b` `[terms, columns]`, columns in whole vectors.
#[derive(Clone, Copy)]
pub(crate) struct RightFactor<'a, V> {
    pub b: &'a [V],
    /// Vectors from one term to the next.
    pub stride: usize,
    /// Vectors of one term.
    pub vectors: usize,
}

impl<V: Pod> RightFactor<'_, V> {
    /// Whether all values of the first `terms` terms are finite.
    #[inline(always)]
    pub(crate) fn all_finite(&self, terms: usize) -> bool {
        let mut all = true;
        for term in 0..terms {
            all &= all_finite(bytemuck::cast_slice(&self.b[term * self.stride..][..self.vectors]));
        }
        all
    }
}

/// Rows and terms of the left factor `a`, transposed or not.
#[derive(Clone, Copy)]
pub(crate) struct LeftFactor<'a> {
    pub a: &'a [f32],
    /// Elements from one row to the next.
    pub row: usize,
    /// Elements from one term to the next.
    pub term: usize,
}

/// Where the sums of a product go.
pub(crate) trait SumSink<S: Simd> {
    /// Rows of the product.
    fn rows(&self) -> usize;

    /// Takes the sums of `V` vectors of a row, the first of which is numbered `first`.
    fn put<const V: usize>(&mut self, simd: S, row: usize, first: usize, sums: [S::f32s; V]);
}

/// The columns `columns` of rows of a matrix. Sums are stored there if `fresh`, and otherwise added to what is
/// there.
pub(crate) struct OutputColumns<'a, 'y> {
    pub y: &'a mut [&'y mut [f32]],
    pub columns: Range<usize>,
    pub fresh: bool,
}

impl<S: Simd> SumSink<S> for OutputColumns<'_, '_> {
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

/// A contiguous matrix with rows of `vectors` vectors. Sums are stored there.
pub(crate) struct OutputMatrix<'a, V> {
    pub y: &'a mut [V],
    pub vectors: usize,
}

impl<S: Simd> SumSink<S> for OutputMatrix<'_, S::f32s> {
    #[inline(always)]
    fn rows(&self) -> usize {
        self.y.len() / self.vectors
    }

    #[inline(always)]
    fn put<const V: usize>(&mut self, _: S, row: usize, first: usize, sums: [S::f32s; V]) {
        self.y[row * self.vectors + first..][..V].copy_from_slice(&sums);
    }
}

/// `y[r] = Σ_t a[r, t] · b[t]` for all rows `r` of `y` and `t < terms`.
#[inline(always)]
pub(crate) fn multiply<S: Simd>(
    simd: S,
    a: LeftFactor<'_>,
    b: RightFactor<'_, S::f32s>,
    terms: usize,
    y: impl SumSink<S>,
) {
    run_in_blocks(simd, b.vectors, RegisterTiles::<S, _> { a, b, terms, y });
}

/// Rows of a register tile.
const TILE_ROWS: usize = 4;

struct RegisterTiles<'a, S: Simd, Y> {
    a: LeftFactor<'a>,
    b: RightFactor<'a, S::f32s>,
    terms: usize,
    y: Y,
}

impl<S: Simd, Y: SumSink<S>> VectorBlockKernel<S> for RegisterTiles<'_, S, Y> {
    /// A sum of each row, and a vector of `b`.
    const REGISTERS: usize = TILE_ROWS + 1;

    #[inline(always)]
    fn run<const V: usize>(self, simd: S) {
        let RegisterTiles { a, b, terms, mut y } = self;
        for first in (0..y.rows()).step_by(TILE_ROWS) {
            // A tile that ends past the last row computes that row again and does not store it.
            let mut rows = [a.a; TILE_ROWS];
            for r in 0..TILE_ROWS {
                rows[r] = &a.a[(first + r).min(y.rows() - 1) * a.row..];
            }
            for block in (0..b.vectors).step_by(V) {
                let mut sums = [[simd.splat_f32s(0.0); V]; TILE_ROWS];
                for term in 0..terms {
                    let b = &b.b[term * b.stride + block..][..V];
                    for r in 0..TILE_ROWS {
                        let value = simd.splat_f32s(rows[r][term * a.term]);
                        for v in 0..V {
                            sums[r][v] = simd.mul_add_f32s(value, b[v], sums[r][v]);
                        }
                    }
                }
                for r in 0..TILE_ROWS.min(y.rows() - first) {
                    y.put(simd, first + r, block, sums[r]);
                }
            }
        }
    }
}

/// Stores the first `y.len()` of the sums in `y` if `fresh`, and otherwise adds them to `y`.
#[inline(always)]
pub(crate) fn store<S: Simd, const V: usize>(simd: S, sums: [S::f32s; V], y: &mut [f32], fresh: bool) {
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
