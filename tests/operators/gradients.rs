//! Every backward pass of the CPU against central finite differences of the float64 forward pass.
//!
//! The differentiated scalar is `Σ forward(x)·dy`, and its derivative with respect to each input is what the
//! backward pass computes. No index and no sign here comes from the code of a backward pass.

use crate::common::{close, data, integers, ok, reference, wide};
use stridelab::backend::Backend;
use stridelab::eager::{self, Product};
use stridelab::model::geometry::{ConvShape, GlobalPoolShape, Padding, Pads, PoolShape};

const CPU: Backend = Backend::Cpu;

/// Bound of the norm-relative error, for the rounding in float32 and the error of the differences together.
const BOUND: f64 = 2e-6;

/// `∂ Σ f(x)·dy / ∂x[i]` for every `i`, by central differences.
fn differences(x: &[f32], dy: &[f64], f: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    /// The truncation error is of the order h² (1e-8), and the cancellation error of the order 1e-16/h (1e-12).
    const H: f64 = 1e-4;
    let x = wide(x);
    let scalar_at = |i: usize, by: f64| {
        let mut x = x.clone();
        x[i] += by;
        f(&x).iter().zip(dy).map(|(y, dy)| y * dy).sum::<f64>()
    };
    (0..x.len()).map(|i| (scalar_at(i, H) - scalar_at(i, -H)) / (2.0 * H)).collect()
}

fn conv_shapes() -> [ConvShape; 5] {
    [
        ([5, 4], [2, 3], [3, 3], [1, 1], Padding::Same),
        ([6, 5], [3, 2], [3, 3], [2, 2], Padding::Same),
        ([7, 6], [1, 2], [2, 3], [3, 2], Padding::Valid),
        ([5, 7], [2, 1], [4, 2], [2, 1], Padding::Explicit(Pads { top: 3, left: 0, bottom: 1, right: 2 })),
        ([4, 5], [2, 2], [5, 1], [1, 3], Padding::Same),
    ]
    .map(|(input, [c, o], kernel, stride, padding)| {
        ConvShape::new(input, c, o, kernel, stride, padding).expect("a shape")
    })
}

/// Catches a kernel that is not mirrored, values in the gaps of a stride, pads after the image in place of those
/// before it, and channels and filters swapped.
#[test]
fn conv2d_input() {
    for s in conv_shapes() {
        let x = data("x", 2 * s.input_len());
        let w = data("w", s.weights_len());
        let dy = data("dy", 2 * s.output_len());
        let want = differences(&x, &wide(&dy), |x| reference::conv2d(&s, 2, x, &wide(&w)));
        close(&format!("{s:?}"), &ok(eager::conv2d_backward_input(&CPU, &s, 2, &dy, &w)), &want, BOUND);
    }
}

/// Catches a sum over one sample instead of the batch, padding that is not zero, a stride applied to the index of
/// the kernel, and height and width swapped.
#[test]
fn conv2d_weights() {
    for s in conv_shapes() {
        let x = data("x", 2 * s.input_len());
        let w = data("w", s.weights_len());
        let dy = data("dy", 2 * s.output_len());
        let want = differences(&w, &wide(&dy), |w| reference::conv2d(&s, 2, &wide(&x), w));
        close(&format!("{s:?}"), &ok(eager::conv2d_backward_weights(&CPU, &s, 2, &x, &dy)), &want, BOUND);
    }
}

/// Catches a mean in place of a sum, and rows and channels swapped.
#[test]
fn bias() {
    for (rows, channels) in [(1, 1), (7, 3), (2, 9), (13, 5)] {
        let y = data("y", rows * channels);
        let b = data("b", channels);
        let dy = data("dy", rows * channels);
        let want = differences(&b, &wide(&dy), |b| reference::bias(&wide(&y), b));
        close(&format!("{rows} of {channels}"), &ok(eager::bias_backward(&CPU, channels, &dy)), &want, BOUND);
    }
}

/// Catches a mask that is inverted, or that comes from the sign of the gradient.
#[test]
fn relu() {
    // The inputs stay away from 0, where the rectifier has no derivative.
    let x: Vec<f32> = data("x", 67).iter().map(|x| x + 0.01f32.copysign(*x)).collect();
    let dy = data("dy", x.len());
    let want = differences(&x, &wide(&dy), reference::relu);
    let y = ok(eager::relu(&CPU, &x));
    close("relu", &ok(eager::relu_backward(&CPU, &y, &dy)), &want, BOUND);
}

/// Catches a window position that is read as an image position, overlapping windows that overwrite instead of
/// adding, and a winner displaced by the padding.
#[test]
fn max_pool() {
    for (input, kernel, stride, padding) in [
        ([5, 4], [2, 2], [2, 2], Padding::Valid),
        ([5, 7], [3, 3], [2, 2], Padding::Same),
        ([6, 5], [3, 2], [1, 1], Padding::Same),
        ([7, 4], [2, 3], [3, 1], Padding::Explicit(Pads { top: 1, left: 2, bottom: 0, right: 1 })),
    ] {
        let s = PoolShape::new(input, 2, kernel, stride, padding).expect("a shape");
        // A shuffled ramp, whose values differ by more than the step, so that no difference crosses a tie.
        let len = 2 * s.input_len();
        let mut x: Vec<f32> = (0..len).map(|i| i as f32 / 16.0 - 2.0).collect();
        integers("order", len, len as u32).iter().enumerate().for_each(|(i, &j)| x.swap(i, j as usize));
        let dy = data("dy", 2 * s.output_len());
        let want = differences(&x, &wide(&dy), |x| reference::max_pool(&s, 2, x).0);
        let (_, argmax) = ok(eager::max_pool(&CPU, &s, 2, &x));
        close(&format!("{s:?}"), &ok(eager::max_pool_backward(&CPU, &s, 2, &dy, &argmax)), &want, BOUND);
    }
}

/// Catches a sum in place of the mean, a mean over the batch as well, and positions and channels swapped.
#[test]
fn global_average_pool() {
    for (input, channels) in [([1, 1], 2), ([5, 4], 3), ([2, 7], 1)] {
        let s = GlobalPoolShape::new(input, channels).expect("a shape");
        let x = data("x", 2 * s.input_len());
        let dy = data("dy", 2 * s.output_len());
        let want = differences(&x, &wide(&dy), |x| reference::global_average_pool(&s, x));
        close(&format!("{s:?}"), &ok(eager::global_average_pool_backward(&CPU, &s, 2, &dy)), &want, BOUND);
    }
}

/// Catches, for the gradient of each factor, the wrong factor transposed and the two factors swapped.
#[test]
fn matmul() {
    for [m, n, k] in [[1, 1, 1], [3, 5, 7], [2, 9, 4], [8, 1, 5]] {
        let a = data("a", m * k);
        let b = data("b", k * n);
        let dy = data("dy", m * n);
        let forward = |a: &[f64], b: &[f64]| reference::matmul(Product::new(m, n, k), a, b);
        let want = differences(&a, &wide(&dy), |a| forward(a, &wide(&b)));
        let by_a = Product { transpose_b: true, ..Product::new(m, k, n) };
        close("da", &ok(eager::matmul(&CPU, by_a, &dy, &b)), &want, BOUND);
        let want = differences(&b, &wide(&dy), |b| forward(&wide(&a), b));
        let by_b = Product { transpose_a: true, ..Product::new(k, n, m) };
        close("db", &ok(eager::matmul(&CPU, by_b, &a, &dy)), &want, BOUND);
    }
}

/// Catches a sum in place of the mean, a mean over the capacity instead of the active rows, the −1 of the label left
/// out or put on another class, and a gradient in rows that are not active.
#[test]
fn softmax_cross_entropy() {
    for (rows, classes, active) in [(1, 2, 1), (5, 10, 5), (7, 3, 4), (4, 13, 1)] {
        let x: Vec<f32> = data("x", rows * classes).iter().map(|v| v * 3.0).collect();
        let labels = integers("labels", rows, classes as u32);
        let mean: Vec<f64> = (0..rows).map(|r| if r < active { 1.0 / active as f64 } else { 0.0 }).collect();
        let want = differences(&x, &mean, |x| reference::cross_entropy(classes, x, &labels));
        let got = ok(eager::softmax_cross_entropy_backward(&CPU, classes, &x, &labels, active));
        close(&format!("{active} of {rows} rows of {classes}"), &got, &want, BOUND);
    }
}
