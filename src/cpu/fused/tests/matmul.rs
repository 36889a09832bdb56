//! Matrix products.

use super::*;
use crate::cpu::fused::matmul::multiply;

/// A product of these rows, columns and terms; the tests hand over its numbers themselves.
fn product([rows, columns, inner]: [usize; 3], transpose_a: bool, transpose_b: bool) -> MatMul {
    let view = View { buffer: crate::plan::BufferId(0), offset: 0, len: 0 };
    MatMul { rows, columns, inner, transpose_a, transpose_b, a: view, b: view, y: view }
}

/// Zeros are left out where there are many, but not where they would meet what is no finite number.
#[test]
fn nothing_times_infinity_is_not_nothing() {
    // Many zeros and a single one; right factors that are packed and such that are read where they lie.
    let cases = [0.9, 0.01].map(|share| [70, 128].map(|columns| [false, true].map(|turned| (share, columns, turned))));
    for (share, columns, transpose_a) in cases.into_iter().flatten().flatten() {
        let (rows, inner) = (3, 5);
        let op = product([rows, columns, inner], transpose_a, false);
        let [a_row, a_column] = op.strides_a();
        let (mut a, mut b) = (random("a", rows * inner), random("b", inner * columns));
        for i in 0..(share * (rows * inner) as f32).ceil() as usize {
            a[i] = 0.0;
        }
        // A row whose factor is zero, one whose is not, and NaN for all rows.
        a[0] = 0.0;
        a[a_row + a_column] = 1.0;
        (b[65], b[columns + 66], b[4 * columns + 67]) = (f32::INFINITY, f32::NEG_INFINITY, f32::NAN);
        let mut want = vec![0.0; rows * columns];
        crate::cpu::matmul::multiply(&op, &a, &b, &mut want);
        let kind = |y: &[f32]| y.iter().map(|y| (y.is_nan(), y.is_infinite())).collect::<Vec<_>>();
        assert!(want[65].is_nan() && want[columns + 66].is_infinite() && want[67].is_nan());
        for machine in machines() {
            let mut y = vec![0.0; rows * columns];
            multiply(machine, &op, &a, &b, &mut y, &mut Default::default());
            assert_eq!(kind(&y), kind(&want), "{machine:?}, {share} zeros, {op:?}");
        }
    }
}

#[test]
fn every_instruction_set_multiplies_the_same() {
    let shapes = [
        // rows, columns, inner, transposed a, transposed b
        (18, 48, 304, false, false),
        (70, 10, 130, true, false),
        (18, 19, 304, false, true),
        (5, 460, 3, false, true),
        (7, 33, 1000, false, false),
        (130, 200, 500, true, false),
        (37, 128, 100, false, false),
        (6, 1, 40, true, true),
        (3, 20, 1, false, true),
    ];
    // As behind ReLU, and without a zero.
    for ((rows, columns, inner, transpose_a, transpose_b), least) in
        shapes.into_iter().flat_map(|shape| [0.0, f32::NEG_INFINITY].map(|least| (shape, least)))
    {
        let op = product([rows, columns, inner], transpose_a, transpose_b);
        let (mut a, b) = (random("a", rows * inner), random("b", inner * columns));
        a.iter_mut().for_each(|a| *a = a.max(least));
        let mut want = vec![f32::NAN; rows * columns];
        crate::cpu::matmul::multiply(&op, &a, &b, &mut want);
        for machine in machines() {
            let mut y = vec![f32::NAN; rows * columns];
            multiply(machine, &op, &a, &b, &mut y, &mut Default::default());
            close(&format!("{machine:?}, {op:?}"), &y, &want);
        }
    }
}

/// Tiles of one product may be full of zeros, or not.
#[test]
fn sparse_and_dense_tiles_meet() {
    let (rows, columns, inner) = (70, 90, 200);
    let op = product([rows, columns, inner], false, false);
    let (mut a, b) = (random("a", rows * inner), random("b", inner * columns));
    for (i, a) in a.iter_mut().enumerate() {
        let (row, term) = (i / inner, i % inner);
        if (row < 35) == (term < 100) {
            *a = 0.0;
        }
    }
    let mut want = vec![f32::NAN; rows * columns];
    crate::cpu::matmul::multiply(&op, &a, &b, &mut want);
    for machine in machines() {
        let mut y = vec![f32::NAN; rows * columns];
        multiply(machine, &op, &a, &b, &mut y, &mut Default::default());
        close(&format!("{machine:?}"), &y, &want);
    }
}
