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

/// Rows of `y` that are in registers together.
const TOGETHER: usize = 4;

/// `y[r, columns] += Σ_t a[r · row + t · term] · b[t]` for all rows, or `y =` where nothing was summed before
/// (`fresh`); [`TOGETHER`] rows and `V` vectors at a time.
#[inline(always)]
pub fn tile<S: Simd, const V: usize>(
    simd: S,
    a: Factor<'_>,
    b: Block<'_, S::f32s>,
    terms: usize,
    (y, columns): (&mut [&mut [f32]], Range<usize>),
    fresh: bool,
) {
    for first in (0..y.len()).step_by(TOGETHER) {
        // Past the last row, that one again: computed and not stored.
        let mut rows = [a.a; TOGETHER];
        for r in 0..TOGETHER {
            rows[r] = &a.a[(first + r).min(y.len() - 1) * a.row..];
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
            let start = (columns.start + block * S::F32_LANES).min(columns.end);
            let end = (start + V * S::F32_LANES).min(columns.end);
            for r in 0..TOGETHER.min(y.len() - first) {
                store(simd, sums[r], &mut y[first + r][start..end], fresh);
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
