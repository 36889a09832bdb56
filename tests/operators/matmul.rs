//! The matrix product, in all four layouts, on every backend.

use crate::common::fixtures::Fixture;
use crate::common::{BACKWARD, FORWARD, backends, data, ok, on_all, reference, refused, wide};
use stridelab::eager::matmul;

fn golden(file: &str, op: &str) {
    let fixture = Fixture::open(&format!("{file}/operators"));
    for number in 0..fixture.cases(op).len() {
        let key = |name: &str| format!("{op}/{number}/{name}");
        let [x, w, dy] = ["x", "w", "dy"].map(|name| fixture.f32(&key(name)));
        let [y, dx, dw] = ["y", "dx", "dw"].map(|name| wide(&fixture.f32(&key(name))));
        let rows = fixture.shape(&key("x"))[0];
        let shape = fixture.shape(&key("w"));
        let [inputs, outputs] = [shape[0], shape[1]];
        let b = if op == "dense" { wide(&fixture.f32(&key("b"))) } else { vec![0.0] };
        let y: Vec<f64> = y.iter().enumerate().map(|(i, v)| v - b[i % b.len()]).collect();
        let name = |tensor| format!("{file} {number} {tensor}");
        on_all(&name("y"), &y, FORWARD, |b| ok(matmul(b, [rows, outputs, inputs], [false; 2], &x, &w)));
        on_all(&name("dx"), &dx, BACKWARD, |b| ok(matmul(b, [rows, inputs, outputs], [false, true], &dy, &w)));
        on_all(&name("dw"), &dw, BACKWARD, |b| ok(matmul(b, [inputs, outputs, rows], [true, false], &x, &dy)));
    }
}

#[test]
fn keras_golden_values() {
    golden("keras", "dense");
}

#[test]
fn torch_golden_values() {
    golden("torch", "matmul");
}

#[test]
fn float64() {
    for sizes in [
        [1, 1, 1],
        [1, 10, 3],
        [3, 1, 7],
        [2, 3, 1],
        [7, 5, 13],
        [16, 16, 16],
        [17, 31, 16],
        [8, 9, 65],
        [64, 10, 64],
        [33, 63, 127],
        [5, 64, 784],
    ] {
        let [m, n, k] = sizes;
        let a = data("a", m * k);
        let b = data("b", k * n);
        for transpose in [[false, false], [true, false], [false, true], [true, true]] {
            let want = reference::matmul(sizes, transpose, &wide(&a), &wide(&b));
            let name = format!("{sizes:?} transposed {transpose:?}");
            on_all(&name, &want, FORWARD, |backend| ok(matmul(backend, sizes, transpose, &a, &b)));
        }
    }
}

#[test]
fn wrong_lengths_are_errors() {
    for (_, b) in backends() {
        for transpose in [[false, false], [true, true]] {
            refused("short a", matmul(b, [2, 3, 4], transpose, &[0.0; 7], &[0.0; 12]));
            refused("long b", matmul(b, [2, 3, 4], transpose, &[0.0; 8], &[0.0; 13]));
            refused("no rows", matmul(b, [0, 3, 4], transpose, &[], &[0.0; 12]));
            refused("no sum", matmul(b, [2, 3, 0], transpose, &[], &[]));
            refused("overflow", matmul(b, [usize::MAX, 3, 2], transpose, &[0.0], &[0.0; 6]));
        }
    }
}
