//! The bias and its gradient on every backend.

use crate::common::fixtures::Fixture;
use crate::common::{BACKWARD, FORWARD, backends, data, ok, on_all, reference, refused, wide};
use stridelab::eager::{bias, bias_backward};

/// The recorded gradients of the layers' biases. The tests of the layers check the outputs.
#[test]
fn golden_gradients() {
    for (file, op) in [("keras", "conv2d"), ("torch", "conv2d"), ("keras", "dense")] {
        let fixture = Fixture::open(&format!("{file}/operators"));
        for number in 0..fixture.cases(op).len() {
            let read = |name: &str| fixture.f32(&format!("{op}/{number}/{name}"));
            let dy = read("dy");
            let db = wide(&read("db"));
            on_all(&format!("{file} {op} {number} db"), &db, BACKWARD, |b| ok(bias_backward(b, db.len(), &dy)));
        }
    }
}

#[test]
fn float64() {
    for (rows, channels) in
        [(1, 1), (1, 9), (2, 3), (7, 5), (31, 8), (64, 10), (127, 2), (257, 1), (1000, 13), (3 * 28 * 28, 8), (5, 300)]
    {
        let y = data("y", rows * channels);
        let b = data("b", channels);
        let dy = data("dy", rows * channels);
        let name = format!("{rows} rows of {channels}");
        let want = reference::bias(&wide(&y), &wide(&b));
        on_all(&name, &want, FORWARD, |backend| ok(bias(backend, &y, &b)));
        let want = reference::bias_backward(channels, &wide(&dy));
        on_all(&format!("{name} db"), &want, BACKWARD, |backend| ok(bias_backward(backend, channels, &dy)));
    }
}

#[test]
fn wrong_lengths_are_errors() {
    for (_, b) in backends() {
        refused("half a row", bias(b, &[0.0; 7], &[0.0; 3]));
        refused("no bias", bias(b, &[0.0; 6], &[]));
        refused("no rows", bias(b, &[], &[0.0; 3]));
        refused("half a row", bias_backward(b, 3, &[0.0; 7]));
        refused("no channels", bias_backward(b, 0, &[0.0; 7]));
        refused("no rows", bias_backward(b, 3, &[]));
    }
}
