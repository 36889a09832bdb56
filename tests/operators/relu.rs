//! ReLU and its gradient on every backend. All comparisons are exact.

use crate::common::fixtures::Fixture;
use crate::common::{backends, data, exact, levels, ok, reference, refused, same_bits, wide};
use stridelab::eager::{relu, relu_backward};

#[test]
fn keras_golden_values() {
    let fixture = Fixture::open("keras/operators");
    for number in 0..fixture.cases("relu").len() {
        let read = |name: &str| fixture.f32(&format!("relu/{number}/{name}"));
        for (backend, b) in backends() {
            let y = ok(relu(b, &read("x")));
            exact(&format!("{number} y on {backend}"), &y, &read("y"));
            let dx = ok(relu_backward(b, &y, &read("dy")));
            exact(&format!("{number} dx on {backend}"), &dx, &read("dx"));
        }
    }
}

#[test]
fn float64() {
    for len in [1, 2, 63, 64, 65, 255, 257, 1009, 70_001] {
        for (kind, x) in [("numbers", data("x", len)), ("zeros among", levels("x", len))] {
            let dy = data("dy", len);
            let y = reference::relu(&wide(&x));
            let dx = reference::relu_backward(&wide(&x), &wide(&dy));
            for (backend, b) in backends() {
                let name = format!("{len} {kind} on {backend}");
                let got = ok(relu(b, &x));
                exact(&format!("{name}: y"), &wide(&got), &y);
                same_bits(&name, &got, &ok(relu(b, &x)));
                let got_dx = ok(relu_backward(b, &got, &dy));
                exact(&format!("{name}: dx"), &wide(&got_dx), &dx);
                same_bits(&name, &got_dx, &ok(relu_backward(b, &got, &dy)));
            }
        }
    }
}

/// A ReLU that turned NaN into 0 would hide that training has diverged.
#[test]
fn extremes() {
    let x = [f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, f32::MIN_POSITIVE, -0.0];
    for (backend, b) in backends() {
        let y = ok(relu(b, &x));
        exact(backend, &y, &[f32::INFINITY, 0.0, f32::MAX, 0.0, f32::MIN_POSITIVE, 0.0]);
        assert!(y[5].is_sign_positive(), "{backend}: −0 is not 0");
        let y = ok(relu(b, &[f32::NAN, 1.0]));
        assert!(y[0].is_nan() && y[1] == 1.0, "{backend}: {y:?}");
    }
}

#[test]
fn wrong_lengths_are_errors() {
    for (_, b) in backends() {
        refused("nothing", relu(b, &[]));
        refused("nothing", relu_backward(b, &[], &[]));
        refused("short dy", relu_backward(b, &[1.0; 5], &[1.0; 4]));
    }
}

/// A dispatch of more than 65,535 workgroups has several rows, which all count: of invocations here.
#[test]
fn more_workgroups_than_one_row_of_a_dispatch_holds() {
    let mut y: Vec<f32> = (0..65_535 * 64 + 65).map(|i| (i % 7) as f32 - 3.0).collect();
    let want: Vec<f32> = y.iter().map(|v| v.max(0.0)).collect();
    for (name, b) in crate::common::backends() {
        crate::common::exact(name, &crate::common::ok(stridelab::eager::relu(b, &y)), &want);
    }
    // And of workgroups: one for each channel.
    y.truncate(2 * 65_600);
    let want: Vec<f32> = (0..65_600).map(|c| y[c] + y[65_600 + c]).collect();
    for (name, b) in crate::common::backends() {
        crate::common::exact(name, &crate::common::ok(stridelab::eager::bias_backward(b, 65_600, &y)), &want);
    }
}
