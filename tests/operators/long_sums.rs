//! The plain operations of the CPU add any number of terms without losing some: they judge everything else.

use crate::common::{close, data, integers, ok, reference, wide};
use stridelab::backend::Backend;
use stridelab::eager::{self, Product};
use stridelab::model::geometry::{ConvShape, GlobalPoolShape, Padding, PoolShape};

/// Far below the error of a sum of so many terms in f32, and not far above the rounding of its result.
const BOUND: f64 = 2e-7;

/// Numbers from 0 to 1, so that nothing cancels.
fn positive(name: &str, len: usize) -> Vec<f32> {
    data(name, len).iter().map(|v| v.abs()).collect()
}

#[test]
fn a_million_classes() {
    let classes = 1 << 20;
    let x = data("logits", classes);
    let logits = wide(&x);
    let got = ok(eager::softmax(&Backend::Cpu, classes, &x));
    close("softmax", &got, &reference::softmax(classes, &logits), BOUND);
    let labels = integers("label", 1, classes as u32);
    let (losses, _) = ok(eager::softmax_cross_entropy(&Backend::Cpu, classes, &x, &labels));
    close("loss", &losses, &reference::cross_entropy(classes, &logits, &labels), BOUND);
    let got = ok(eager::softmax_cross_entropy_backward(&Backend::Cpu, classes, &x, &labels, 1));
    let want = reference::cross_entropy_backward(classes, &logits, &labels, 1);
    // The label's own element is 1 less and would hide the others.
    let others = |values: &[f64]| -> Vec<f64> {
        values.iter().enumerate().filter(|(c, _)| *c != labels[0] as usize).map(|(_, v)| *v).collect()
    };
    let got: Vec<f32> = others(&wide(&got)).into_iter().map(|v| v as f32).collect();
    close("dx", &got, &others(&want), BOUND);
}

#[test]
fn a_million_rows_and_terms() {
    let len = 1 << 20;
    let (a, b) = (positive("a", len), positive("b", len));
    let (wide_a, wide_b) = (wide(&a), wide(&b));
    close("db", &ok(eager::bias_backward(&Backend::Cpu, 1, &a)), &reference::bias_backward(1, &wide_a), BOUND);
    let image = GlobalPoolShape::new([1, len], 1).unwrap();
    let got = ok(eager::global_average_pool(&Backend::Cpu, &image, 1, &a));
    close("mean", &got, &reference::global_average_pool(&image, &wide_a), BOUND);
    for (transpose_a, transpose_b) in [(false, false), (true, true)] {
        let product = Product { transpose_a, transpose_b, ..Product::new(1, 1, len) };
        let got = ok(eager::matmul(&Backend::Cpu, product, &a, &b));
        close("matmul", &got, &reference::matmul(product, &wide_a, &wide_b), BOUND);
    }
    // A row of pixels for the weights' gradient, channels for the output, filters for the input's gradient.
    let row = ConvShape::new([1, len], 1, 1, [1, 1], [1, 1], Padding::Valid).unwrap();
    let got = ok(eager::conv2d_backward_weights(&Backend::Cpu, &row, 1, &a, &b));
    close("dw", &got, &reference::conv2d_backward_weights(&row, 1, &wide_a, &wide_b), BOUND);
    let channels = ConvShape::new([1, 1], len, 1, [1, 1], [1, 1], Padding::Valid).unwrap();
    let got = ok(eager::conv2d(&Backend::Cpu, &channels, 1, &a, &b));
    close("y", &got, &reference::conv2d(&channels, 1, &wide_a, &wide_b), BOUND);
    let filters = ConvShape::new([1, 1], 1, len, [1, 1], [1, 1], Padding::Valid).unwrap();
    let got = ok(eager::conv2d_backward_input(&Backend::Cpu, &filters, 1, &a, &b));
    close("dx", &got, &reference::conv2d_backward_input(&filters, 1, &wide_a, &wide_b), BOUND);
}

#[test]
fn many_taps_and_windows() {
    // A kernel of 1×8192 over 8192 windows, one channel.
    let conv = ConvShape::new([1, 16383], 1, 1, [1, 8192], [1, 1], Padding::Valid).unwrap();
    let (w, dy) = (positive("w", conv.weights_len()), positive("dy", conv.output_len()));
    let x = positive("x", conv.input_len());
    let got = ok(eager::conv2d_backward_input(&Backend::Cpu, &conv, 1, &dy, &w));
    close("dx", &got, &reference::conv2d_backward_input(&conv, 1, &wide(&dy), &wide(&w)), BOUND);
    let got = ok(eager::conv2d(&Backend::Cpu, &conv, 1, &x, &w));
    close("y", &got, &reference::conv2d(&conv, 1, &wide(&x), &wide(&w)), BOUND);
    // All windows have the same maximum.
    let pool = PoolShape::new([1, 16383], 1, [1, 8192], [1, 1], Padding::Valid).unwrap();
    let mut x = vec![0.0; 16383];
    x[8191] = 1.0;
    let (_, argmax) = ok(eager::max_pool(&Backend::Cpu, &pool, 1, &x));
    let got = ok(eager::max_pool_backward(&Backend::Cpu, &pool, 1, &dy, &argmax));
    close("pool dx", &got, &reference::max_pool_backward(&pool, 1, &wide(&dy), &argmax), BOUND);
}
