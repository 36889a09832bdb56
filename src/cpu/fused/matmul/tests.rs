//! The kernels of every instruction set against the plain product.

use super::*;
use crate::cpu::fused::test_support::{assert_close, instruction_sets, random};
use crate::cpu::matmul;
use crate::ops::{BufferId, View};

#[derive(Clone, Copy)]
struct Shape {
    rows: usize,
    columns: usize,
    inner: usize,
    transpose_a: bool,
    transpose_b: bool,
}

impl Shape {
    /// The product of this shape. Its views mean nothing: the tests pass slices.
    fn product(self) -> MatMul {
        let Shape { rows, columns, inner, transpose_a, transpose_b } = self;
        let view = View { buffer: BufferId(0), offset: 0, len: 0 };
        MatMul { rows, columns, inner, transpose_a, transpose_b, a: view, b: view, y: view }
    }
}

fn plain(op: &MatMul, a: &[f32], b: &[f32]) -> Vec<f32> {
    let mut y = vec![f32::NAN; op.rows * op.columns];
    matmul::multiply(op, a, b, &mut y);
    y
}

fn fused(isa: InstructionSet, op: &MatMul, a: &[f32], b: &[f32]) -> Vec<f32> {
    let mut y = vec![f32::NAN; op.rows * op.columns];
    multiply(isa, op, a, b, &mut y, &mut Default::default());
    y
}

/// Zeros are not skipped where they meet NaN or an infinity.
#[test]
fn zeros_times_infinity_are_nan() {
    // Many zeros, and a single one; 70 columns are packed, 128 are read where they lie.
    let cases = [0.9, 0.01].map(|share| [70, 128].map(|columns| [false, true].map(|t| (share, columns, t))));
    for (share, columns, transpose_a) in cases.into_iter().flatten().flatten() {
        let shape = Shape { rows: 3, columns, inner: 5, transpose_a, transpose_b: false };
        let op = shape.product();
        let [a_row, a_term] = op.strides_a();
        let mut a = random("a", shape.rows * shape.inner);
        let mut b = random("b", shape.inner * columns);
        let zeros = (share * a.len() as f32).ceil() as usize;
        a[..zeros].fill(0.0);
        // Infinities meet a zero in row 0 and a one in row 1; NaN meets every row.
        a[0] = 0.0;
        a[a_row + a_term] = 1.0;
        b[65] = f32::INFINITY;
        b[columns + 66] = f32::NEG_INFINITY;
        b[4 * columns + 67] = f32::NAN;
        let want = plain(&op, &a, &b);
        let kind = |y: &[f32]| y.iter().map(|y| (y.is_nan(), y.is_infinite())).collect::<Vec<_>>();
        assert!(want[65].is_nan() && want[columns + 66].is_infinite() && want[67].is_nan());
        for isa in instruction_sets() {
            assert_eq!(kind(&fused(isa, &op, &a, &b)), kind(&want), "{isa:?}, {share} zeros, {op:?}");
        }
    }
}

/// A single infinity, in the first block of columns or a later one, at the first term, between or at the last.
#[test]
fn one_infinity_is_enough() {
    for (columns, term, column) in [(70, 0, 5), (70, 4, 5), (70, 0, 65), (70, 2, 69), (128, 0, 0), (128, 4, 127)] {
        let op = Shape { rows: 3, columns, inner: 5, transpose_a: false, transpose_b: false }.product();
        let mut a = random("a", 15);
        a[..13].fill(0.0);
        let mut b = random("b", 5 * columns);
        b[term * columns + column] = f32::INFINITY;
        for isa in instruction_sets() {
            let y = fused(isa, &op, &a, &b);
            let found: Vec<usize> = (0..y.len()).filter(|&i| y[i].is_nan()).collect();
            // Rows 0 and 1 are zero, row 2 is but for its last two terms.
            let rows = if term < 3 { 3 } else { 2 };
            let want: Vec<usize> = (0..rows).map(|row| row * columns + column).collect();
            assert_eq!(found, want, "{isa:?}, {columns} columns, term {term}");
        }
    }
}

#[test]
fn every_instruction_set_agrees_with_the_plain_product() {
    let shape =
        |rows, columns, inner, transpose_a, transpose_b| Shape { rows, columns, inner, transpose_a, transpose_b };
    let shapes = [
        shape(18, 48, 304, false, false),
        shape(70, 10, 130, true, false),
        shape(18, 19, 304, false, true),
        shape(5, 460, 3, false, true),
        shape(7, 33, 1000, false, false),
        shape(130, 200, 500, true, false),
        shape(33, 128, 100, false, false),
        shape(6, 1, 40, true, true),
        shape(3, 20, 1, false, true),
    ];
    // Once with zeros, as behind a ReLU, and once without.
    for (shape, least) in shapes.into_iter().flat_map(|shape| [0.0, f32::NEG_INFINITY].map(|least| (shape, least))) {
        let op = shape.product();
        let mut a = random("a", shape.rows * shape.inner);
        a.iter_mut().for_each(|a| *a = a.max(least));
        let b = random("b", shape.inner * shape.columns);
        let want = plain(&op, &a, &b);
        for isa in instruction_sets() {
            assert_close(&format!("{isa:?}, {op:?}"), &fused(isa, &op, &a, &b), &want);
        }
    }
}

/// In one product some tiles are sparse and others are dense.
#[test]
fn sparse_and_dense_tiles_meet() {
    let shape = Shape { rows: 70, columns: 90, inner: 200, transpose_a: false, transpose_b: false };
    let op = shape.product();
    let mut a = random("a", shape.rows * shape.inner);
    for (i, a) in a.iter_mut().enumerate() {
        let row = i / shape.inner;
        let term = i % shape.inner;
        if (row < 35) == (term < 100) {
            *a = 0.0;
        } else if i % 7 == 0 {
            *a = 1.0;
        }
    }
    let b = random("b", shape.inner * shape.columns);
    let want = plain(&op, &a, &b);
    for isa in instruction_sets() {
        assert_close(&format!("{isa:?}"), &fused(isa, &op, &a, &b), &want);
    }
}
