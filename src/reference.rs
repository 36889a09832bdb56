//! Every operator in `f64`, written as plain loops over its definition. Both backends are compared with
//! these functions.
//!
//! The shapes are those of the functions of the same names in [`crate::eager`], which also state the
//! equations in full. Nothing here is tuned for speed.

use crate::eager::{AdamState, Product};
use crate::model::geometry::{ConvShape, GlobalPoolShape, Pads, PoolShape};
use crate::ops::adam::AdamParameters;

/// The same numbers in `f64`.
pub fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

/// The L2 norm `‖values‖ = √(Σ values[i]²)`.
pub fn norm(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
}

/// The input row or column at position `k` of window `out`, unless it lies in the padding.
fn input_index(out: usize, stride: usize, k: usize, before: usize, size: usize) -> Option<usize> {
    (out * stride + k).checked_sub(before).filter(|&i| i < size)
}

/// A window that slides over an image. Every array is `[vertical, horizontal]`.
struct Sliding {
    input: [usize; 2],
    kernel: [usize; 2],
    stride: [usize; 2],
    pads: Pads,
    output: [usize; 2],
}

impl Sliding {
    /// Calls `f(output pixel, window position, input pixel)` for every window and every position in it
    /// that lies inside the image, row by row.
    fn each(&self, mut f: impl FnMut([usize; 2], [usize; 2], [usize; 2])) {
        let Sliding { input, kernel, stride, pads, output } = *self;
        for oh in 0..output[0] {
            for ow in 0..output[1] {
                for i in 0..kernel[0] {
                    for j in 0..kernel[1] {
                        let ih = input_index(oh, stride[0], i, pads.top, input[0]);
                        let iw = input_index(ow, stride[1], j, pads.left, input[1]);
                        if let (Some(ih), Some(iw)) = (ih, iw) {
                            f([oh, ow], [i, j], [ih, iw]);
                        }
                    }
                }
            }
        }
    }
}

impl From<&ConvShape> for Sliding {
    fn from(s: &ConvShape) -> Self {
        Sliding { input: s.input, kernel: s.kernel, stride: s.stride, pads: s.pads, output: s.output }
    }
}

impl From<&PoolShape> for Sliding {
    fn from(s: &PoolShape) -> Self {
        Sliding { input: s.input, kernel: s.kernel, stride: s.stride, pads: s.pads, output: s.output }
    }
}

/// Calls `f(y index, x index, w index)` for every product `x·w` that a convolution adds to an element of `y`.
fn products(s: &ConvShape, batch: usize, mut f: impl FnMut(usize, usize, usize)) {
    for n in 0..batch {
        Sliding::from(s).each(|[oh, ow], [i, j], [ih, iw]| {
            for c in 0..s.in_channels {
                for o in 0..s.out_channels {
                    f(
                        ((n * s.output[0] + oh) * s.output[1] + ow) * s.out_channels + o,
                        ((n * s.input[0] + ih) * s.input[1] + iw) * s.in_channels + c,
                        ((i * s.kernel[1] + j) * s.in_channels + c) * s.out_channels + o,
                    );
                }
            }
        });
    }
}

/// The convolution `y[n,oh,ow,o] = Σ_{i,j,c} x[n, oh·sh + i − top, ow·sw + j − left, c] · w[i,j,c,o]`.
///
/// `x` is `[N,H,W,C]` with `N = batch`, and `w` is `[kh,kw,C,O]`. Returns `y`, `[N,oh,ow,O]`.
pub fn conv2d(s: &ConvShape, batch: usize, x: &[f64], w: &[f64]) -> Vec<f64> {
    let mut y = vec![0.0; batch * s.output_len()];
    products(s, batch, |yi, xi, wi| y[yi] += x[xi] * w[wi]);
    y
}

/// The gradient of [`conv2d`] with respect to `x`.
///
/// `dy` is `[N,oh,ow,O]` with `N = batch`, and `w` is `[kh,kw,C,O]`. Returns `dx`, `[N,H,W,C]`.
pub fn conv2d_backward_input(s: &ConvShape, batch: usize, dy: &[f64], w: &[f64]) -> Vec<f64> {
    let mut dx = vec![0.0; batch * s.input_len()];
    products(s, batch, |yi, xi, wi| dx[xi] += dy[yi] * w[wi]);
    dx
}

/// The gradient of [`conv2d`] with respect to `w`, summed over the batch.
///
/// `x` is `[N,H,W,C]` with `N = batch`, and `dy` is `[N,oh,ow,O]`. Returns `dw`, `[kh,kw,C,O]`.
pub fn conv2d_backward_weights(s: &ConvShape, batch: usize, x: &[f64], dy: &[f64]) -> Vec<f64> {
    let mut dw = vec![0.0; s.weights_len()];
    products(s, batch, |yi, xi, wi| dw[wi] += x[xi] * dy[yi]);
    dw
}

/// Max pooling: the maximum of each window, and the position `i·kw + j` of its first maximum in row-major
/// order.
///
/// `x` is `[N,H,W,C]` with `N = batch`. Returns `y` and the positions, both `[N,oh,ow,C]`.
pub fn max_pool(s: &PoolShape, batch: usize, x: &[f64]) -> (Vec<f64>, Vec<u32>) {
    let mut y = vec![f64::NEG_INFINITY; batch * s.output_len()];
    let mut argmax = vec![u32::MAX; y.len()];
    windows(s, batch, |yi, position, xi| {
        if x[xi] > y[yi] {
            (y[yi], argmax[yi]) = (x[xi], position);
        }
    });
    (y, argmax)
}

/// The gradient of [`max_pool`]: each window's `dy` goes to the pixel at the position `argmax`.
///
/// `dy` and `argmax` are `[N,oh,ow,C]` with `N = batch`. Returns `dx`, `[N,H,W,C]`.
pub fn max_pool_backward(s: &PoolShape, batch: usize, dy: &[f64], argmax: &[u32]) -> Vec<f64> {
    let mut dx = vec![0.0; batch * s.input_len()];
    windows(s, batch, |yi, position, xi| {
        if argmax[yi] == position {
            dx[xi] += dy[yi];
        }
    });
    dx
}

/// Calls `f(y index, window position, x index)` for every position of every pooling window that lies inside
/// its image, in row-major order within a window.
pub fn windows(s: &PoolShape, batch: usize, mut f: impl FnMut(usize, u32, usize)) {
    for n in 0..batch {
        Sliding::from(s).each(|[oh, ow], [i, j], [ih, iw]| {
            for c in 0..s.channels {
                let out = ((n * s.output[0] + oh) * s.output[1] + ow) * s.channels + c;
                let pixel = ((n * s.input[0] + ih) * s.input[1] + iw) * s.channels + c;
                f(out, (i * s.kernel[1] + j) as u32, pixel);
            }
        });
    }
}

/// Global average pooling, the mean of each channel over all positions of an image.
///
/// `x` is `[N,H,W,C]`. Returns `[N,C]`.
pub fn global_average_pool(s: &GlobalPoolShape, x: &[f64]) -> Vec<f64> {
    let images = x.chunks(s.input_len());
    let mean = |image: &[f64], c: usize| image.iter().skip(c).step_by(s.channels).sum::<f64>() / s.positions() as f64;
    images.flat_map(|image| (0..s.channels).map(move |c| mean(image, c))).collect()
}

/// The gradient of [`global_average_pool`].
///
/// `dy` is `[N,C]`. Returns `dx`, `[N,H,W,C]`.
pub fn global_average_pool_backward(s: &GlobalPoolShape, dy: &[f64]) -> Vec<f64> {
    let image = |dy: &[f64]| dy.iter().map(|dy| dy / s.positions() as f64).collect::<Vec<_>>().repeat(s.positions());
    dy.chunks(s.channels).flat_map(image).collect()
}

/// The bias over the last axis, `y[r,c] + b[c]`; `b` is `[channels]`.
pub fn bias(y: &[f64], b: &[f64]) -> Vec<f64> {
    y.iter().enumerate().map(|(i, v)| v + b[i % b.len()]).collect()
}

/// The gradient of [`bias()`] with respect to `b`, the sums `Σ_r dy[r,c]` of the columns.
pub fn bias_backward(channels: usize, dy: &[f64]) -> Vec<f64> {
    (0..channels).map(|c| dy.iter().skip(c).step_by(channels).sum()).collect()
}

/// The rectifier `max(x, 0)`.
pub fn relu(x: &[f64]) -> Vec<f64> {
    x.iter().map(|&v| if v > 0.0 { v } else { 0.0 }).collect()
}

/// The gradient of [`relu`]: `dy` where `x > 0`, else 0.
pub fn relu_backward(x: &[f64], dy: &[f64]) -> Vec<f64> {
    x.iter().zip(dy).map(|(&x, &dy)| if x > 0.0 { dy } else { 0.0 }).collect()
}

/// The matrix product `y[m,n] = Σ_k a(m,k) · b(k,n)`; `product` says how the factors are stored.
pub fn matmul(product: Product, a: &[f64], b: &[f64]) -> Vec<f64> {
    let Product { rows, columns, inner, transpose_a, transpose_b } = product;
    let a_at = |m: usize, k: usize| if transpose_a { a[k * rows + m] } else { a[m * inner + k] };
    let b_at = |k: usize, n: usize| if transpose_b { b[n * inner + k] } else { b[k * columns + n] };
    let element = |m: usize, n: usize| (0..inner).map(|k| a_at(m, k) * b_at(k, n)).sum();
    (0..rows * columns).map(|at| element(at / columns, at % columns)).collect()
}

/// The logarithm of the softmax of each row, `x[r,c] − m − ln Σ_j exp(x[r,j] − m)` with the row's maximum `m`.
pub fn log_softmax(classes: usize, x: &[f64]) -> Vec<f64> {
    let row = |row: &[f64]| {
        let max = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let log_sum = row.iter().map(|v| (v - max).exp()).sum::<f64>().ln();
        row.iter().map(|v| v - max - log_sum).collect::<Vec<_>>()
    };
    x.chunks_exact(classes).flat_map(row).collect()
}

/// The softmax of each row, `exp(x[r,c]) / Σ_j exp(x[r,j])`.
pub fn softmax(classes: usize, x: &[f64]) -> Vec<f64> {
    log_softmax(classes, x).into_iter().map(f64::exp).collect()
}

/// The cross-entropy of each row, `−log_softmax(x)[r, labels[r]]`.
pub fn cross_entropy(classes: usize, x: &[f64], labels: &[u32]) -> Vec<f64> {
    let y = log_softmax(classes, x);
    labels.iter().enumerate().map(|(r, &label)| -y[r * classes + label as usize]).collect()
}

/// The gradient of the mean of [`cross_entropy`] over the first `active` rows with respect to `x`:
/// `(softmax(x)[r,c] − [c = labels[r]]) / active` for `r < active`, else 0.
pub fn cross_entropy_backward(classes: usize, x: &[f64], labels: &[u32], active: usize) -> Vec<f64> {
    let mut dx = softmax(classes, x);
    for (r, &label) in labels.iter().enumerate() {
        dx[r * classes + label as usize] -= 1.0;
    }
    let scale = |(i, v): (usize, f64)| if i < active * classes { v / active as f64 } else { 0.0 };
    dx.into_iter().enumerate().map(scale).collect()
}

/// One step of Adam: `m' = β₁·m + (1 − β₁)·g`, `v' = β₂·v + (1 − β₂)·g²`, `w' = w − α·m'/(√v' + ε)`.
///
/// Returns `w'`, `m'` and `v'`.
pub fn adam(parameters: AdamParameters, alpha: f64, state: AdamState<&[f64]>, g: &[f64]) -> AdamState<Vec<f64>> {
    let AdamParameters { beta1, beta2, epsilon } = parameters;
    let m: Vec<f64> = state.m.iter().zip(g).map(|(m, g)| beta1 * m + (1.0 - beta1) * g).collect();
    let v: Vec<f64> = state.v.iter().zip(g).map(|(v, g)| beta2 * v + (1.0 - beta2) * g * g).collect();
    let w = state.w.iter().zip(m.iter().zip(&v)).map(|(w, (m, v))| w - alpha * m / (v.sqrt() + epsilon)).collect();
    AdamState { w, m, v }
}
