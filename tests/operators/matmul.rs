//! The matrix product, in all four layouts, on every backend.

use crate::common::fixtures::Fixture;
use crate::common::{BACKWARD, FORWARD, backends, data, ok, on_all, reference, refused, wide};
use stridelab::eager::{Product, matmul};

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
        let forward = Product::new(rows, outputs, inputs);
        let backward_input = Product { transpose_b: true, ..Product::new(rows, inputs, outputs) };
        let backward_weights = Product { transpose_a: true, ..Product::new(inputs, outputs, rows) };
        on_all(&name("y"), &y, FORWARD, |b| ok(matmul(b, forward, &x, &w)));
        on_all(&name("dx"), &dx, BACKWARD, |b| ok(matmul(b, backward_input, &dy, &w)));
        on_all(&name("dw"), &dw, BACKWARD, |b| ok(matmul(b, backward_weights, &x, &dy)));
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
    // Rows, columns, length of the sums.
    for [rows, columns, inner] in [
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
        let a = data("a", rows * inner);
        let b = data("b", inner * columns);
        for [transpose_a, transpose_b] in [[false, false], [true, false], [false, true], [true, true]] {
            let product = Product { rows, columns, inner, transpose_a, transpose_b };
            let want = reference::matmul(product, &wide(&a), &wide(&b));
            on_all(&format!("{product:?}"), &want, FORWARD, |backend| ok(matmul(backend, product, &a, &b)));
        }
    }
}

#[test]
fn wrong_lengths_are_errors() {
    for (_, b) in backends() {
        for transposed in [false, true] {
            let sound = Product { transpose_a: transposed, transpose_b: transposed, ..Product::new(2, 3, 4) };
            refused("short a", matmul(b, sound, &[0.0; 7], &[0.0; 12]));
            refused("long b", matmul(b, sound, &[0.0; 8], &[0.0; 13]));
            refused("no rows", matmul(b, Product { rows: 0, ..sound }, &[], &[0.0; 12]));
            refused("no sum", matmul(b, Product { inner: 0, ..sound }, &[], &[]));
            refused("overflow", matmul(b, Product { rows: usize::MAX, inner: 2, ..sound }, &[0.0], &[0.0; 6]));
        }
    }
}
