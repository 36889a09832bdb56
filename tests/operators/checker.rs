//! Tests of the checker that compares every operator: it must refuse what is wrong.

use crate::common::{compare, data, norm_relative, wide};

const BOUND: f64 = 5e-6;

#[test]
fn equal_and_rounded_values_pass() {
    let got = data("checker", 1000);
    assert_eq!(compare("x", &got, &wide(&got), 0.0), Ok(()));
    let rounded: Vec<f64> = got.iter().map(|&v| f64::from(v) * (1.0 + 1e-7)).collect();
    assert_eq!(compare("x", &got, &rounded, BOUND), Ok(()));
    assert_eq!(compare("zeros", &[0.0, -0.0], &[0.0, 0.0], 0.0), Ok(()));
}

/// A comparison that is written `difference > bound` accepts NaN.
#[test]
fn nan_fails_on_either_side() {
    let want = wide(&data("checker", 1000));
    let mut got = data("checker", 1000);
    got[17] = f32::NAN;
    let report = compare("x", &got, &want, BOUND).expect_err("NaN");
    assert!(report.contains("x:") && report.contains("[17]: NaN"), "{report}");
    let mut want = want;
    want[17] = f64::NAN;
    assert!(compare("x", &data("checker", 1000), &want, f64::MAX).is_err());
    assert!(compare("x", &[f32::INFINITY], &[f64::INFINITY], BOUND).is_err());
}

#[test]
fn a_shifted_buffer_fails() {
    let want = wide(&data("checker", 1000));
    let mut got = data("checker", 1000);
    got.rotate_right(1);
    assert!(compare("x", &got, &want, BOUND).is_err());
    assert!(norm_relative(&got, &want) > 1.0);
}

/// The change is about a thousandth of the norm, so that the element is small beside the rest.
#[test]
fn one_changed_element_fails_and_is_named() {
    let want = wide(&data("checker", 1000));
    for i in [0, 499, 999] {
        let mut got = data("checker", 1000);
        got[i] += 0.02;
        let report = compare("x", &got, &want, BOUND).expect_err("a changed element");
        assert!(report.contains(&format!("[{i}]: {:e}, expected {:e}", got[i], want[i])), "{report}");
    }
}

#[test]
fn other_lengths_and_a_wrong_zero_fail() {
    assert!(compare("x", &[1.0], &[1.0, 2.0], BOUND).is_err());
    assert!(compare("x", &[1e-30], &[0.0], BOUND).is_err());
    assert_eq!(norm_relative(&[1e-30], &[0.0]), f64::INFINITY);
    assert_eq!(norm_relative(&[0.0, -0.0], &[-0.0, 0.0]), 0.0);
}
