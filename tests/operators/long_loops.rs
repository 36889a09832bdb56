//! Sums longer than the loops of one invocation may be. Mesa's software driver ends all loops of an invocation at
//! 65,535 iterations, in silence; see `src/gpu/kernels/loops.rs`.

use std::sync::Arc;

use crate::common::{BACKWARD, FORWARD, close, data, exact, integers, levels, ok, reference, wide};
use stridelab::backend::Backend;
use stridelab::eager::{self, Product};
use stridelab::model::geometry::{ConvShape, GlobalPoolShape, Padding, Pads, PoolShape};

/// What the software adapter allows.
const MOST: usize = 64_512;

fn gpu(choices: &[(&str, &str)]) -> Backend {
    let mut gpu = ok(stridelab::gpu::open(None, true));
    for (name, value) in choices {
        gpu.tuning_mut().set(name, value).expect("a choice");
    }
    Backend::Gpu(Arc::new(gpu))
}

/// On the adapter as it is, and with a bound of [`MOST`] where the adapter's is another.
fn bounded() -> &'static Backend {
    static BOUNDED: std::sync::OnceLock<Backend> = std::sync::OnceLock::new();
    BOUNDED.get_or_init(|| gpu(&[("loop_iterations", &MOST.to_string())]))
}

pub(super) fn conv2d(b: &Backend, s: &ConvShape, batch: usize) {
    let x = data("x", batch * s.input_len());
    let w = data("w", s.weights_len());
    let dy = data("dy", batch * s.output_len());
    let (x64, w64, dy64) = (wide(&x), wide(&w), wide(&dy));
    let name = |what| format!("{what} of {s:?}");
    close(&name("y"), &ok(eager::conv2d(b, s, batch, &x, &w)), &reference::conv2d(s, batch, &x64, &w64), FORWARD);
    let dx = ok(eager::conv2d_backward_input(b, s, batch, &dy, &w));
    close(&name("dx"), &dx, &reference::conv2d_backward_input(s, batch, &dy64, &w64), BACKWARD);
    let dw = ok(eager::conv2d_backward_weights(b, s, batch, &x, &dy));
    close(&name("dw"), &dw, &reference::conv2d_backward_weights(s, batch, &x64, &dy64), BACKWARD);
}

pub(super) fn max_pool(b: &Backend, s: &PoolShape, batch: usize, x: &[f32]) {
    // Sums of these values are exact in any order.
    let dy = levels("dy", batch * s.output_len());
    let (y, argmax) = reference::max_pool(s, batch, &wide(x));
    let (got, winners) = ok(eager::max_pool(b, s, batch, x));
    exact(&format!("y of {s:?}"), &wide(&got), &y);
    exact(&format!("argmax of {s:?}"), &winners, &argmax);
    let dx = reference::max_pool_backward(s, batch, &wide(&dy), &argmax);
    exact(&format!("dx of {s:?}"), &wide(&ok(eager::max_pool_backward(b, s, batch, &dy, &argmax))), &dx);
}

/// `allowed` is for a sum that one invocation adds up.
pub(super) fn softmax(b: &Backend, rows: usize, classes: usize, allowed: f64) {
    let mut x: Vec<f32> = data("x", rows * classes).iter().map(|v| 5.0 * v).collect();
    // The maximum of the last row is there twice.
    let last = (rows - 1) * classes;
    x[last + classes / 2] = 6.0;
    x[last + classes - 1] = 6.0;
    let labels = integers("labels", rows, classes as u32);
    let logits = wide(&x);
    let name = |what| format!("{what} of {classes} classes");
    close(&name("softmax"), &ok(eager::softmax(b, classes, &x)), &reference::softmax(classes, &logits), allowed);
    let logs = ok(eager::log_softmax(b, classes, &x));
    close(&name("log-softmax"), &logs, &reference::log_softmax(classes, &logits), allowed);
    let (losses, predicted) = ok(eager::softmax_cross_entropy(b, classes, &x, &labels));
    close(&name("losses"), &losses, &reference::cross_entropy(classes, &logits, &labels), allowed);
    let first = |row: &[f32]| (0..classes).rev().max_by(|&i, &j| row[i].total_cmp(&row[j])).unwrap_or(0) as u32;
    exact(&name("predicted"), &predicted, &x.chunks(classes).map(first).collect::<Vec<_>>());
    for active in [rows, rows.div_ceil(2)] {
        let dx = ok(eager::softmax_cross_entropy_backward(b, classes, &x, &labels, active));
        close(&name("dx"), &dx, &reference::cross_entropy_backward(classes, &logits, &labels, active), allowed);
    }
}

pub(super) fn matmul(b: &Backend, product: Product) {
    let x = levels("a", product.rows * product.inner);
    let y = levels("b", product.inner * product.columns);
    let want = reference::matmul(product, &wide(&x), &wide(&y));
    exact(&format!("{product:?}"), &wide(&ok(eager::matmul(b, product, &x, &y))), &want);
}

fn bias(b: &Backend, rows: usize, channels: usize) {
    let dy = levels("dy", rows * channels);
    let want = reference::bias_backward(channels, &wide(&dy));
    exact(&format!("db of {rows} rows"), &wide(&ok(eager::bias_backward(b, channels, &dy))), &want);
}

fn global_average_pool(b: &Backend, positions: usize, channels: usize) {
    let s = GlobalPoolShape::new([1, positions], channels).expect("a shape");
    let x = levels("x", s.input_len());
    let want = reference::global_average_pool(&s, &wide(&x));
    close(&format!("mean of {positions}"), &ok(eager::global_average_pool(b, &s, 1, &x)), &want, FORWARD);
}

/// With the smallest bound every operator is cut into many dispatches.
#[test]
fn small_bounds_cut_every_sum() {
    let uneven = Padding::Explicit(Pads { top: 2, left: 0, bottom: 1, right: 3 });
    for (choices, input, channels, kernel, stride, padding) in [
        (&[("loop_iterations", "16")][..], [11, 7], [13, 5], [5, 2], [3, 2], uneven),
        (&[("loop_iterations", "16"), ("naive_conv2d", "1")], [11, 7], [13, 5], [5, 2], [3, 2], uneven),
        (&[("loop_iterations", "20")], [9, 12], [3, 17], [1, 7], [2, 3], Padding::Same),
        (&[("loop_iterations", "16")], [45, 50], [2, 3], [3, 3], [1, 1], Padding::Same),
    ] {
        let s = ConvShape::new(input, channels[0], channels[1], kernel, stride, padding).expect("a shape");
        conv2d(&gpu(choices), &s, 2);
    }
    let b = &gpu(&[("loop_iterations", "16")]);
    for (input, kernel, stride, padding) in [
        ([12, 11], [2, 2], [2, 2], Padding::Valid),
        ([12, 11], [5, 6], [3, 2], Padding::Same),
        ([4, 20], [3, 20], [1, 1], Padding::Valid),
        ([9, 6], [4, 5], [1, 2], Padding::Explicit(Pads { top: 3, left: 2, bottom: 1, right: 4 })),
    ] {
        let s = PoolShape::new(input, 3, kernel, stride, padding).expect("a shape");
        max_pool(b, &s, 2, &data("x", 2 * s.input_len()).iter().map(|v| v - 5.0).collect::<Vec<_>>());
        max_pool(b, &s, 2, &levels("x", 2 * s.input_len()));
    }
    for product in [Product::new(9, 18, 100), Product::new(3, 5, 5000), Product::new(1, 1, 15)] {
        matmul(b, product);
        matmul(b, Product { transpose_a: true, transpose_b: true, ..product });
    }
    for (rows, channels) in [(1, 1), (959, 2), (960, 3), (961, 2), (5000, 7)] {
        bias(b, rows, channels);
    }
    for (positions, channels) in [(1, 1), (959, 2), (960, 3), (961, 2), (5000, 7)] {
        global_average_pool(b, positions, channels);
    }
    for (rows, classes) in [(5, 4), (5, 5), (3, 10), (2, 5000), (70, 3)] {
        softmax(b, rows, classes, FORWARD);
    }
}

/// NaN in a part of a window is not lost to the next part.
#[test]
fn parts_of_windows_keep_nan() {
    let b = &gpu(&[("loop_iterations", "16")]);
    let s = PoolShape::new([6, 6], 1, [6, 6], [6, 6], Padding::Valid).expect("a shape");
    for place in [0, 17, 35] {
        let mut x = data("x", 36);
        x[place] = f32::NAN;
        let (y, argmax) = ok(eager::max_pool(b, &s, 1, &x));
        assert!(y[0].is_nan() && argmax == [place as u32], "{place}: {y:?} {argmax:?}");
    }
}

/// A stated number of iterations is not below the true one: at the bound the driver ends no loop early. One step past
/// it the work is cut.
#[test]
fn rows_of_as_many_classes_as_one_invocation_may_take_and_more() {
    for classes in [MOST / 3 - 1, 21_845, MOST / 2 - 1, MOST / 2] {
        // A single class that is left out makes a difference of 2e-5.
        softmax(bounded(), 2, classes, 1e-5);
    }
}

#[test]
fn sums_of_as_many_rows_as_one_workgroup_may_take_and_more() {
    let most = 64 * (MOST - 1);
    for rows in [most, most + 1, 8_400_000] {
        bias(bounded(), rows, 1);
        global_average_pool(bounded(), rows, 1);
    }
    for inner in [most, most + 64] {
        matmul(bounded(), Product::new(1, 1, inner));
    }
}

#[test]
fn weight_gradients_of_large_images() {
    for input in [[MOST - 1, 64], [2049, 2047]] {
        let s = ConvShape::new(input, 1, 1, [1, 1], [1, 1], Padding::Valid).expect("a shape");
        let (x, dy) = (levels("x", s.input_len()), levels("dy", s.output_len()));
        let want: f64 = x.iter().zip(&dy).map(|(x, dy)| f64::from(x * dy)).sum();
        exact(&format!("{input:?}"), &wide(&ok(eager::conv2d_backward_weights(bounded(), &s, 1, &x, &dy))), &[want]);
    }
}

#[test]
fn many_channels_and_large_windows() {
    // A loop of n iterations counts n + 1, and three are nested.
    let most = MOST - 5;
    for channels in [most, most + 1, 70_000] {
        let s = ConvShape::new([1, 1], channels, 2, [1, 1], [1, 1], Padding::Valid).expect("a shape");
        let (x, w) = (levels("x", channels), levels("w", 2 * channels));
        exact(
            "y",
            &wide(&ok(eager::conv2d(bounded(), &s, 1, &x, &w))),
            &reference::conv2d(&s, 1, &wide(&x), &wide(&w)),
        );
        let s = ConvShape::new([1, 1], 2, channels, [1, 1], [1, 1], Padding::Valid).expect("a shape");
        let want = reference::conv2d_backward_input(&s, 1, &wide(&x), &wide(&w));
        exact("dx", &wide(&ok(eager::conv2d_backward_input(bounded(), &s, 1, &x, &w))), &want);
    }
    for kernel in [[1, most], [1, most + 1], [256, 256], [300, 300]] {
        let s = PoolShape::new(kernel, 1, kernel, [1, 1], Padding::Valid).expect("a shape");
        let mut x = data("x", s.input_len());
        max_pool(bounded(), &s, 1, &x);
        // The maximum is in the last part.
        let last = x.len() - 1;
        x[last] = 2.0;
        max_pool(bounded(), &s, 1, &x);
    }
}

/// No option lets loops run further than the adapter does.
#[test]
fn the_bound_cannot_be_raised() {
    let mut gpu = ok(stridelab::gpu::open(None, true));
    let set = |value: &str, gpu: &mut stridelab::gpu::Gpu| gpu.tuning_mut().set("loop_iterations", value);
    assert!(set("15", &mut gpu).is_err() && set("2000000", &mut gpu).is_err());
    set("16", &mut gpu).expect("the smallest");
    assert!(gpu.tuning().to_string().ends_with("loop_iterations=16"), "{}", gpu.tuning());
    // What cannot be cut further is refused before anything runs.
    let b = Backend::Gpu(Arc::new(gpu));
    let x = data("x", 20_000);
    let error = pollster::block_on(eager::softmax(&b, 20_000, &x)).unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, stridelab::Error::Failure(_)) && !text.contains('\n'), "{text}");
    for words in ["plain/softmax_wide.softmax would loop 33 times", "allows 16", "CLASSES 20000", "CPU backend"] {
        assert!(text.contains(words), "{words}: {text}");
    }
}
