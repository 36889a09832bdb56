//! Softmax, log-softmax and cross-entropy on every backend.

use crate::common::fixtures::Fixture;
use crate::common::{BACKWARD, FORWARD, backends, data, exact, integers, ok, on_all, reference, refused, wide};
use stridelab::eager::{
    log_softmax, negative_log_likelihood, softmax, softmax_cross_entropy, softmax_cross_entropy_backward,
};

fn golden(file: &str) {
    let fixture = Fixture::open(&format!("{file}/operators"));
    for number in 0..fixture.cases("cross_entropy").len() {
        let key = |name: &str| format!("cross_entropy/{number}/{name}");
        let x = fixture.f32(&key("x"));
        let classes = fixture.shape(&key("x"))[1];
        let labels: Vec<u32> = fixture.i32(&key("labels")).iter().map(|&label| label as u32).collect();
        let losses = wide(&fixture.f32(&key("losses")));
        let name = |what| format!("{file} {number} {what}");
        on_all(&name("losses"), &losses, FORWARD, |b| ok(softmax_cross_entropy(b, classes, &x, &labels)).0);
        on_all(&name("losses by parts"), &losses, FORWARD, |b| {
            ok(negative_log_likelihood(b, classes, &ok(log_softmax(b, classes, &x)), &labels))
        });
        on_all(&name("dx"), &wide(&fixture.f32(&key("dx"))), BACKWARD, |b| {
            ok(softmax_cross_entropy_backward(b, classes, &x, &labels, labels.len()))
        });
    }
}

#[test]
fn keras_golden_values() {
    golden("keras");
}

#[test]
fn torch_golden_values() {
    golden("torch");
}

/// The columns are rows, classes and the largest magnitude of the logits.
#[test]
fn float64() {
    for (rows, classes, scale) in [
        (1, 1, 1.0),
        (1, 2, 1.0),
        (3, 10, 3.0),
        (7, 10, 30.0),
        (64, 10, 1.0),
        (65, 3, 0.01),
        (13, 101, 5.0),
        (257, 7, 10.0),
    ] {
        let x: Vec<f32> = data("x", rows * classes).iter().map(|v| v * scale).collect();
        let logits = wide(&x);
        let labels = integers("labels", rows, classes as u32);
        let name = |what| format!("{what} of {rows} rows of {classes} up to {scale}");
        on_all(&name("softmax"), &reference::softmax(classes, &logits), FORWARD, |b| ok(softmax(b, classes, &x)));
        on_all(&name("log-softmax"), &reference::log_softmax(classes, &logits), FORWARD, |b| {
            ok(log_softmax(b, classes, &x))
        });
        let losses = reference::cross_entropy(classes, &logits, &labels);
        on_all(&name("losses"), &losses, FORWARD, |b| ok(softmax_cross_entropy(b, classes, &x, &labels)).0);
        for active in [1, rows.div_ceil(2), rows] {
            let dx = reference::cross_entropy_backward(classes, &logits, &labels, active);
            on_all(&name("dx"), &dx, BACKWARD, |b| ok(softmax_cross_entropy_backward(b, classes, &x, &labels, active)));
        }
    }
}

/// The predicted class is the first maximum.
#[test]
fn predictions() {
    let x = [0.0, 2.0, 1.0, 3.0, 3.0, 3.0, -2.0, -1.0, -1.0, -5.0, -6.0, -4.0];
    for (backend, b) in backends() {
        let (_, predicted) = ok(softmax_cross_entropy(b, 3, &x, &[0, 1, 2, 0]));
        exact(backend, &predicted, &[1, 0, 1, 2]);
    }
}

/// Log-probabilities are read and not computed, so the comparison is exact.
#[test]
fn negative_log_likelihood_picks_the_label() {
    let x = data("x", 7 * 5);
    let labels = integers("labels", 7, 5);
    let want: Vec<f32> = labels.iter().enumerate().map(|(r, &label)| -x[r * 5 + label as usize]).collect();
    for (backend, b) in backends() {
        exact(backend, &ok(negative_log_likelihood(b, 5, &x, &labels)), &want);
    }
}

/// The exponentials overflow unless the maximum is subtracted first.
#[test]
fn huge_logits_stay_finite() {
    let x = [1e30, -1e30, 0.0, 600.0, 400.0, 200.0];
    for (backend, b) in backends() {
        exact(backend, &ok(softmax(b, 3, &x)), &[1.0, 0.0, 0.0, 1.0, 0.0, 0.0]);
        let (losses, _) = ok(softmax_cross_entropy(b, 3, &x, &[0, 1]));
        exact(backend, &losses, &[0.0, 200.0]);
    }
}

#[test]
fn wrong_lengths_and_labels_are_errors() {
    for (_, b) in backends() {
        refused("half a row", softmax(b, 3, &[0.0; 7]));
        refused("no classes", softmax(b, 0, &[0.0; 7]));
        refused("nothing", log_softmax(b, 3, &[]));
        refused("short x", negative_log_likelihood(b, 3, &[0.0; 5], &[0, 1]));
        refused("a label of 3", negative_log_likelihood(b, 3, &[0.0; 6], &[0, 3]));
        refused("long x", softmax_cross_entropy(b, 3, &[0.0; 7], &[0, 1]));
        refused("a label of 3", softmax_cross_entropy(b, 3, &[0.0; 6], &[3, 0]));
        refused("no rows", softmax_cross_entropy(b, 3, &[], &[]));
        refused("short x", softmax_cross_entropy_backward(b, 3, &[0.0; 5], &[0, 1], 2));
        refused("a label of 3", softmax_cross_entropy_backward(b, 3, &[0.0; 6], &[3, 0], 2));
        refused("3 active of 2", softmax_cross_entropy_backward(b, 3, &[0.0; 6], &[1, 0], 3));
    }
}
