//! Compares a result with what a case wants, with the tolerance of the case.

use serde::Deserialize;

use super::tensor::{Tensor, Values};
use crate::common::{norm_relative, wide};

/// How far a result may be from the wanted one.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum Tolerance {
    /// The number of steps between neighbouring `f32` numbers.
    Ulp { ulp: u32 },
    /// `|got − want| ≤ atol + rtol·|want|`.
    Allclose { rtol: f64, atol: f64 },
    /// `‖got − want‖/‖want‖ ≤ norm_rel`.
    NormRel { norm_rel: f64 },
}

/// The first difference, worded to follow the name of the tensor.
pub(super) fn compare(got: &Tensor, want: &Tensor, tolerance: Tolerance) -> Result<(), String> {
    if got.shape != want.shape {
        return Err(format!(" has shape {:?}, wanted {:?}", got.shape, want.shape));
    }
    match (&got.values, &want.values) {
        (Values::Float(got), Values::Float(want)) => floats(got, want, tolerance),
        (Values::Integer(got), Values::Integer(want)) => {
            match (0..want.len()).find(|&i| got.get(i) != Some(&want[i])) {
                Some(i) => Err(format!("[{i}] is {:?}, wanted {}", got.get(i), want[i])),
                None => Ok(()),
            }
        }
        _ => Err(" has another element type than wanted".into()),
    }
}

#[expect(clippy::neg_cmp_op_on_partial_ord, reason = "a NaN must fail")]
fn floats(got: &[f32], want: &[f32], tolerance: Tolerance) -> Result<(), String> {
    if got.len() != want.len() {
        return Err(format!(" has {} elements, wanted {}", got.len(), want.len()));
    }
    if let Tolerance::NormRel { norm_rel } = tolerance {
        let difference = norm_relative(got, &wide(want));
        return if !(difference <= norm_rel) {
            Err(format!(" is {difference:e} off, norm-relative, allowed {norm_rel:e}"))
        } else {
            Ok(())
        };
    }
    for (i, (&g, &w)) in got.iter().zip(want).enumerate() {
        let (diff, allowed) = match tolerance {
            // An infinity is close to nothing but itself.
            _ if g == w || w.is_infinite() || g.is_infinite() => (if g == w { 0.0 } else { f64::INFINITY }, 0.0),
            Tolerance::Ulp { ulp } => (steps(g, w), f64::from(ulp)),
            Tolerance::Allclose { rtol, atol } => {
                ((f64::from(g) - f64::from(w)).abs(), atol + rtol * f64::from(w).abs())
            }
            Tolerance::NormRel { .. } => unreachable!("compared above"),
        };
        if !(diff <= allowed) {
            return Err(format!("[{i}] is {g:e}, wanted {w:e}: off by {diff:e}, allowed {allowed:e} ({tolerance:?})"));
        }
    }
    Ok(())
}

/// The number of steps from one `f32` to the other; NaN where either is NaN.
fn steps(a: f32, b: f32) -> f64 {
    if a.is_nan() || b.is_nan() {
        return f64::NAN;
    }
    let rank = |x: f32| {
        let magnitude = i64::from(x.to_bits() & 0x7fff_ffff);
        if x.is_sign_negative() { -magnitude } else { magnitude }
    };
    (rank(a) - rank(b)).abs() as f64
}

const TOLERANCES: [Tolerance; 3] =
    [Tolerance::Ulp { ulp: 8 }, Tolerance::Allclose { rtol: 1e-3, atol: 1e-7 }, Tolerance::NormRel { norm_rel: 1e-3 }];

fn sample() -> Vec<f32> {
    (1..=24).map(|i| i as f32 * 0.37 - 3.0).collect()
}

fn verdicts(got: &[f32]) -> [bool; 3] {
    let want = Tensor::float(&[4, 6], sample());
    TOLERANCES.map(|tolerance| compare(&Tensor::float(&[4, 6], got.to_vec()), &want, tolerance).is_ok())
}

#[test]
fn equal_passes() {
    assert_eq!(verdicts(&sample()), [true; 3]);
}

#[test]
fn nan_fails() {
    let mut got = sample();
    got[17] = f32::NAN;
    assert_eq!(verdicts(&got), [false; 3]);
}

#[test]
fn infinity_fails() {
    let mut got = sample();
    got[3] = f32::INFINITY;
    assert_eq!(verdicts(&got), [false; 3]);
    let infinite = Tensor::float(&[1], vec![f32::INFINITY]);
    for tolerance in TOLERANCES {
        assert!(compare(&infinite, &Tensor::float(&[1], vec![f32::MAX]), tolerance).is_err(), "{tolerance:?}");
    }
    for tolerance in TOLERANCES {
        assert!(compare(&Tensor::float(&[1], vec![1.0]), &infinite, tolerance).is_err(), "{tolerance:?}");
    }
}

#[test]
fn shifted_buffer_fails() {
    let mut got = sample();
    got.rotate_right(1);
    assert_eq!(verdicts(&got), [false; 3]);
}

#[test]
fn changed_element_fails() {
    for i in 0..sample().len() {
        let mut got = sample();
        got[i] = got[i] * 1.5 + 0.1;
        assert_eq!(verdicts(&got), [false; 3], "element {i}");
    }
}

#[test]
fn other_shape_fails() {
    let want = Tensor::float(&[4, 6], sample());
    for got in [Tensor::float(&[6, 4], sample()), Tensor::float(&[4, 6], sample()[..23].to_vec())] {
        for tolerance in TOLERANCES {
            assert!(compare(&got, &want, tolerance).is_err(), "{tolerance:?}");
        }
    }
}

#[test]
fn steps_count_across_zero() {
    assert_eq!(steps(0.0, -0.0), 0.0);
    assert_eq!(steps(f32::from_bits(1), -f32::from_bits(1)), 2.0);
    assert_eq!(steps(1.0, 1.0 + f32::EPSILON), 1.0);
}

#[test]
fn other_index_fails() {
    let indices = |values: &[i64]| Tensor { shape: vec![2], values: Values::Integer(values.to_vec()) };
    assert!(compare(&indices(&[3, 5]), &indices(&[3, 5]), TOLERANCES[1]).is_ok());
    assert!(compare(&indices(&[3, 6]), &indices(&[3, 5]), TOLERANCES[1]).is_err());
}
