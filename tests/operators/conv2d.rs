//! The three passes of the convolution on every backend: golden values, float64 and errors.

use std::sync::{Arc, OnceLock};

use crate::common::fixtures::{Fixture, padding, pads, sizes};
use crate::common::{BACKWARD, FORWARD, backends, close, data, ok, on_all, reference, refused, wide};
use stridelab::backend::Backend;
use stridelab::eager::{conv2d, conv2d_backward_input, conv2d_backward_weights};
use stridelab::model::geometry::{ConvShape, Padding};

struct Values {
    x: Vec<f32>,
    w: Vec<f32>,
    dy: Vec<f32>,
}

/// A GPU whose plain convolutions run the naive shader.
fn naive() -> &'static Backend {
    static NAIVE: OnceLock<Backend> = OnceLock::new();
    NAIVE.get_or_init(|| {
        let mut gpu = ok(stridelab::gpu::open(None, true));
        gpu.tuning_mut().set("naive_conv2d", "1").expect("a choice");
        Backend::Gpu(Arc::new(gpu))
    })
}

/// On all backends, the GPU with the tiled and with the naive shader.
#[track_caller]
fn on_all_and_naive(name: &str, want: &[f64], bound: f64, call: impl Fn(&'static Backend) -> Vec<f32>) {
    on_all(name, want, bound, &call);
    let cpu = stridelab::parity::norm_relative(&call(&Backend::Cpu), want);
    close(&format!("{name} on gpu, naive"), &call(naive()), want, bound.max(2.0 * cpu));
}

fn check(name: &str, s: &ConvShape, batch: usize, v: &Values, [y, dx, dw]: [&[f64]; 3]) {
    on_all_and_naive(&format!("{name} y"), y, FORWARD, |b| ok(conv2d(b, s, batch, &v.x, &v.w)));
    on_all_and_naive(&format!("{name} dx"), dx, BACKWARD, |b| ok(conv2d_backward_input(b, s, batch, &v.dy, &v.w)));
    on_all_and_naive(&format!("{name} dw"), dw, BACKWARD, |b| ok(conv2d_backward_weights(b, s, batch, &v.x, &v.dy)));
}

fn golden(file: &str) {
    let fixture = Fixture::open(&format!("{file}/operators"));
    for (number, case) in fixture.cases("conv2d").iter().enumerate() {
        let read = |name: &str| fixture.f32(&format!("conv2d/{number}/{name}"));
        let x = fixture.shape(&format!("conv2d/{number}/x"));
        let w = fixture.shape(&format!("conv2d/{number}/w"));
        let kernel = sizes(case, "kernel");
        let stride = sizes(case, "stride");
        let s = ConvShape::new([x[1], x[2]], x[3], w[3], kernel, stride, padding(case)).expect("a shape");
        assert_eq!(s.pads, pads(case), "{file} {number}");
        let y = fixture.shape(&format!("conv2d/{number}/y"));
        assert_eq!(y, [x[0], s.output[0], s.output[1], w[3]], "{file} {number}");
        let values = Values { x: read("x"), w: read("w"), dy: read("dy") };
        let want = ["y", "dx", "dw"].map(|name| wide(&read(name)));
        // The tests of the bias check its gradient, so only its addition is undone here.
        let b = wide(&read("b"));
        let unbiased: Vec<f64> = want[0].iter().enumerate().map(|(i, v)| v - b[i % b.len()]).collect();
        check(&format!("{file} {number}"), &s, x[0], &values, [&unbiased, &want[1], &want[2]]);
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

fn explicit(pads: [usize; 4]) -> Padding {
    Padding::Explicit(crate::common::pads(pads))
}

/// The input, the channels and filters, the kernel, the stride, the padding and the batch.
type Case = ([usize; 2], [usize; 2], [usize; 2], [usize; 2], Padding, usize);

fn against_float64(shapes: &[Case]) {
    for &(input, [channels, filters], kernel, stride, padding, batch) in shapes {
        let s = ConvShape::new(input, channels, filters, kernel, stride, padding).expect("a shape");
        let name = format!("{s:?} batch {batch}");
        let v = Values {
            x: data("x", batch * s.input_len()),
            w: data("w", s.weights_len()),
            dy: data("dy", batch * s.output_len()),
        };
        let x = wide(&v.x);
        let w = wide(&v.w);
        let dy = wide(&v.dy);
        let y = reference::conv2d(&s, batch, &x, &w);
        let dx = reference::conv2d_backward_input(&s, batch, &dy, &w);
        let dw = reference::conv2d_backward_weights(&s, batch, &x, &dy);
        check(&name, &s, batch, &v, [&y, &dx, &dw]);
    }
}

#[test]
fn float64_at_equal_strides() {
    against_float64(&[
        ([1, 1], [1, 1], [1, 1], [1, 1], Padding::Valid, 1),
        ([1, 1], [2, 3], [3, 3], [1, 1], Padding::Same, 2),
        ([7, 5], [1, 8], [3, 3], [1, 1], Padding::Same, 3),
        ([7, 5], [8, 9], [3, 3], [1, 1], Padding::Valid, 2),
        ([13, 11], [3, 5], [3, 3], [2, 2], Padding::Same, 2),
        ([12, 9], [9, 2], [3, 3], [2, 2], Padding::Same, 1),
        ([11, 13], [2, 9], [5, 5], [3, 3], Padding::Valid, 3),
        ([11, 7], [5, 3], [4, 4], [3, 3], explicit([3, 0, 1, 2]), 2),
        ([6, 17], [3, 8], [2, 2], [2, 2], explicit([0, 1, 1, 0]), 1),
        ([9, 8], [8, 8], [1, 1], [3, 3], Padding::Same, 2),
        ([5, 5], [2, 2], [5, 5], [1, 1], Padding::Valid, 3),
        ([4, 3], [1, 3], [5, 5], [1, 1], Padding::Same, 2),
    ]);
}

/// Shapes whose stride or kernel differs between the axes, or whose padding is larger than the kernel.
#[test]
fn float64_at_unequal_strides_and_kernels() {
    against_float64(&[
        ([13, 7], [3, 2], [3, 3], [1, 2], Padding::Same, 2),
        ([13, 7], [2, 3], [3, 3], [3, 1], Padding::Valid, 1),
        ([10, 11], [5, 8], [2, 5], [2, 3], Padding::Same, 2),
        ([11, 10], [8, 1], [5, 2], [3, 2], Padding::Same, 3),
        ([17, 3], [1, 5], [4, 1], [1, 1], explicit([2, 0, 1, 0]), 2),
        ([3, 19], [9, 3], [1, 4], [2, 1], explicit([0, 3, 0, 1]), 1),
        ([5, 7], [2, 5], [3, 2], [2, 3], explicit([1, 0, 2, 1]), 3),
        ([5, 4], [3, 9], [2, 2], [1, 3], explicit([3, 1, 0, 4]), 2),
        ([23, 2], [1, 2], [3, 2], [3, 2], explicit([0, 0, 2, 1]), 1),
        ([8, 8], [5, 5], [3, 5], [2, 1], Padding::Same, 2),
    ]);
}

#[test]
fn wrong_lengths_are_errors() {
    let s = ConvShape::new([5, 4], 2, 3, [3, 3], [1, 1], Padding::Same).expect("a shape");
    let x = vec![0.0; 2 * s.input_len()];
    let w = vec![0.0; s.weights_len()];
    let y = vec![0.0; 2 * s.output_len()];
    for (_, b) in backends() {
        refused("short x", conv2d(b, &s, 2, &x[1..], &w));
        refused("long x", conv2d(b, &s, 1, &x, &w));
        refused("short w", conv2d(b, &s, 2, &x, &w[1..]));
        refused("no batch", conv2d(b, &s, 0, &[], &w));
        refused("short dy", conv2d_backward_input(b, &s, 2, &y[1..], &w));
        refused("empty w", conv2d_backward_input(b, &s, 2, &y, &[]));
        refused("short x", conv2d_backward_weights(b, &s, 2, &x[1..], &y));
        refused("short dy", conv2d_backward_weights(b, &s, 2, &x, &y[1..]));
    }
}
