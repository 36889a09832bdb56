//! Matrix products with sums in registers; the equation stands in [`crate::ops::matmul`].

use pulp::{Arch, Simd, WithSimd};

use crate::ops::MatMul;

/// Rows of `y` that one task computes.
const TASK_ROWS: usize = 16;

/// Terms summed before they join the total: short sums lose less to rounding, and so much of `b`
/// stays in the cache while a task's rows meet it.
const BLOCK: usize = 256;

/// Whether [`multiply`] can compute it: whole vectors of up to 16 lanes along the inner loop.
pub fn fits(op: &MatMul) -> bool {
    if op.transpose_b { !op.transpose_a && op.inner.is_multiple_of(16) } else { op.columns.is_multiple_of(16) }
}

/// `y[m,n] = Σ_k a(m,k) · b(k,n)`
pub fn multiply(arch: Arch, op: &MatMul, a: &[f32], b: &[f32], y: &mut [f32]) {
    crate::cpu::for_each_chunk(y, TASK_ROWS * op.columns, |task, y| {
        let first = task * TASK_ROWS;
        if op.transpose_b {
            arch.dispatch(Dots { a: &a[first * op.inner..], b, y, inner: op.inner, columns: op.columns });
        } else {
            arch.dispatch(Rows { op, a, b, y, first });
        }
    });
}

/// Rows of `y` from rows of `b`.
struct Rows<'a> {
    op: &'a MatMul,
    a: &'a [f32],
    b: &'a [f32],
    y: &'a mut [f32],
    first: usize,
}

impl WithSimd for Rows<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        self.y.fill(0.0);
        let row = self.op.columns / S::F32_LANES;
        if S::REGISTER_COUNT >= 32 && row.is_multiple_of(4) {
            rows::<S, 4>(simd, self);
        } else if row.is_multiple_of(2) {
            rows::<S, 2>(simd, self);
        } else {
            rows::<S, 1>(simd, self);
        }
    }
}

#[inline(always)]
fn rows<S: Simd, const V: usize>(simd: S, task: Rows<'_>) {
    let Rows { op, a, b, y, first } = task;
    let row = op.columns / S::F32_LANES;
    let [a_row, a_column] = op.strides_a();
    let (b, y) = (S::as_simd_f32s(b).0, S::as_mut_simd_f32s(y).0);
    let count = y.len() / row;
    for start in (0..op.inner).step_by(BLOCK) {
        let end = (start + BLOCK).min(op.inner);
        for m in (0..count).step_by(4) {
            // Past the last row, that row again: computed and not stored.
            let at = [0, 1, 2, 3].map(|r| (first + (m + r).min(count - 1)) * a_row);
            for block in (0..row).step_by(V) {
                let mut sums = [[simd.splat_f32s(0.0); V]; 4];
                for (k, b) in (start..end).zip(b[start * row..].chunks_exact(row)) {
                    let b = &b[block..block + V];
                    for r in 0..4 {
                        let a = simd.splat_f32s(a[at[r] + k * a_column]);
                        for v in 0..V {
                            sums[r][v] = simd.mul_add_f32s(a, b[v], sums[r][v]);
                        }
                    }
                }
                for r in 0..(count - m).min(4) {
                    for v in 0..V {
                        let y = &mut y[(m + r) * row + block + v];
                        *y = simd.add_f32s(*y, sums[r][v]);
                    }
                }
            }
        }
    }
}

/// Dot products of rows of `a` with rows of a transposed `b`.
struct Dots<'a> {
    a: &'a [f32],
    b: &'a [f32],
    y: &'a mut [f32],
    inner: usize,
    columns: usize,
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Dots { a, b, y, inner, columns } = self;
        let length = inner / S::F32_LANES;
        let (a, b) = (S::as_simd_f32s(a).0, S::as_simd_f32s(b).0);
        let count = y.len() / columns;
        for n in (0..columns).step_by(4) {
            let [b0, b1, b2, b3] = [0, 1, 2, 3].map(|c| &b[(n + c).min(columns - 1) * length..][..length]);
            for m in (0..count).step_by(4) {
                let [a0, a1, a2, a3] = [0, 1, 2, 3].map(|r| &a[(m + r).min(count - 1) * length..][..length]);
                let mut sums = [[simd.splat_f32s(0.0); 4]; 4];
                for k in 0..length {
                    let b = [b0[k], b1[k], b2[k], b3[k]];
                    for (r, a) in [a0[k], a1[k], a2[k], a3[k]].into_iter().enumerate() {
                        for c in 0..4 {
                            sums[r][c] = simd.mul_add_f32s(a, b[c], sums[r][c]);
                        }
                    }
                }
                for r in 0..(count - m).min(4) {
                    for c in 0..(columns - n).min(4) {
                        y[(m + r) * columns + n + c] = simd.reduce_sum_f32s(sums[r][c]);
                    }
                }
            }
        }
    }
}
