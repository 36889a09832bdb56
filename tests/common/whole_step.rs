//! The gradients of a whole training step in float64, and how they change where a near-tie is decided the other way.
//!
//! Two elements of a pooling window, or an activation and zero, can be closer than the rounding error of float32. Two
//! correct implementations may then choose different winners, and the gradients of the layers below differ by up to
//! 1 %. Gradients can only be compared once both sides have made the same choices. A training step does not show its
//! choices, so [`Step::ties`] finds the near-ties in float64, and [`settle`] subtracts from a difference of gradients
//! the effect of those that were decided differently, and nothing else.

use stridelab::eager::Product;
use stridelab::model::geometry::{ConvShape, PoolShape};
use stridelab::model::network::{LayerKind, Network};

use super::reference;

/// The rounding error of a sum of products in float32, relative to the sum of their magnitudes.
const ROUNDING: f64 = 3e-7;

/// A pooling window whose gradient may as well go to the position `winner` in the window or, where that is `None`, be
/// dropped.
pub(crate) struct Tie {
    conv: usize,
    window: usize,
    winner: Option<u32>,
}

/// A convolution, its bias, pooling and ReLU. ReLU after pooling gives the same values as ReLU before it.
struct Conv {
    shape: ConvShape,
    pool: PoolShape,
    input: Vec<f64>,
    /// Before ReLU.
    y: Vec<f64>,
    /// Before ReLU.
    pooled: Vec<f64>,
    argmax: Vec<u32>,
}

/// The forward pass of one batch, with what the backward pass needs.
pub(crate) struct Step {
    batch: usize,
    weights: Vec<Vec<f64>>,
    convs: Vec<Conv>,
    features: Vec<f64>,
    hidden: Vec<f64>,
    logits: Vec<f64>,
    labels: Vec<u32>,
}

impl Step {
    /// Runs the tutorial's network with these eight tensors on images of bytes.
    pub(crate) fn new(network: &Network, weights: Vec<Vec<f64>>, images: &[u8], labels: &[u8]) -> Self {
        let batch = labels.len();
        let mut x: Vec<f64> = images.iter().map(|&byte| f64::from(f32::from(byte) / 255.0)).collect();
        let mut convs = Vec::new();
        for (i, layers) in network.layers[..4].chunks(2).enumerate() {
            let [LayerKind::Conv(shape), LayerKind::Pool(pool)] = [layers[0].kind, layers[1].kind] else {
                panic!("convolution and pooling expected: {layers:?}");
            };
            let y = reference::bias(&reference::conv2d(&shape, batch, &x, &weights[2 * i]), &weights[2 * i + 1]);
            let (pooled, argmax) = reference::max_pool(&pool, batch, &y);
            let next = reference::relu(&pooled);
            convs.push(Conv { shape, pool, input: x, y, pooled, argmax });
            x = next;
        }
        let dense = |rows: &[f64], i: usize| {
            let inputs = rows.len() / batch;
            let units = weights[i + 1].len();
            let product = Product::new(batch, units, inputs);
            reference::bias(&reference::matmul(product, rows, &weights[i]), &weights[i + 1])
        };
        let hidden = reference::relu(&dense(&x, 4));
        let logits = dense(&hidden, 6);
        let labels = labels.iter().map(|&label| u32::from(label)).collect();
        Step { batch, convs, features: x, hidden, logits, labels, weights }
    }

    /// The gradients of the mean loss by tensor. With `tie`, that window is decided the other way.
    pub(crate) fn gradients(&self, tie: Option<&Tie>) -> Vec<Vec<f64>> {
        let batch = self.batch;
        let w = &self.weights;
        // The gradients of a dense layer with respect to its weights and bias, and to its input.
        let dense = |x: &[f64], w: &[f64], dy: &[f64]| {
            let inputs = x.len() / batch;
            let units = dy.len() / batch;
            let backward_weights = Product { transpose_a: true, ..Product::new(inputs, units, batch) };
            let backward_input = Product { transpose_b: true, ..Product::new(batch, inputs, units) };
            let dw = reference::matmul(backward_weights, x, dy);
            let dx = reference::matmul(backward_input, dy, w);
            ([dw, reference::bias_backward(units, dy)], dx)
        };
        let dy = reference::cross_entropy_backward(10, &self.logits, &self.labels, batch);
        let (dense2, dy) = dense(&self.hidden, &w[6], &dy);
        let (dense1, mut dy) = dense(&self.features, &w[4], &reference::relu_backward(&self.hidden, &dy));
        let mut gradients = vec![dense1, dense2];
        for (i, conv) in self.convs.iter().enumerate().rev() {
            let mut argmax = conv.argmax.clone();
            let mut masked = reference::relu_backward(&conv.pooled, &dy);
            if let Some(tie) = tie.filter(|tie| tie.conv == i) {
                masked[tie.window] = if tie.winner.is_some() { dy[tie.window] } else { 0.0 };
                argmax[tie.window] = tie.winner.unwrap_or(0);
            }
            dy = reference::max_pool_backward(&conv.pool, batch, &masked, &argmax);
            let dw = reference::conv2d_backward_weights(&conv.shape, batch, &conv.input, &dy);
            gradients.insert(0, [dw, reference::bias_backward(conv.shape.out_channels, &dy)]);
            if i > 0 {
                dy = reference::conv2d_backward_input(&conv.shape, batch, &dy, &w[2 * i]);
            }
        }
        gradients.into_iter().flatten().collect()
    }

    /// Every window whose winner may depend on rounding in float32.
    pub(crate) fn ties(&self) -> Vec<Tie> {
        let mut ties = Vec::new();
        for (i, conv) in self.convs.iter().enumerate() {
            let magnitudes = |values: &[f64]| values.iter().map(|v| v.abs()).collect::<Vec<_>>();
            let input = magnitudes(&conv.input);
            let weights = magnitudes(&self.weights[2 * i]);
            let rounding = reference::conv2d(&conv.shape, self.batch, &input, &weights);
            reference::windows(&conv.pool, self.batch, |window, position, at| {
                let max = conv.pooled[window];
                let first = conv.argmax[window] == position;
                let near = ROUNDING * rounding[at];
                // Exact ties, such as windows of zeros, are exact in every implementation.
                let other = !first && max > 0.0 && conv.y[at] < max && max - conv.y[at] <= near;
                let gate = first && max != 0.0 && max.abs() <= near;
                if other || gate {
                    let winner = (other || max < 0.0).then_some(position);
                    ties.push(Tie { conv: i, window, winner });
                }
            });
        }
        ties
    }
}

/// Subtracts from `difference` the effect of every tie that the two sides decided differently, and returns the sum
/// of these effects on the whole gradients. `part` picks from whole gradients the elements that `difference` holds.
///
/// Each effect is subtracted once, added once, or left out, so that it can explain a tie and no other error.
pub(crate) fn settle(
    step: &Step,
    difference: &mut [Vec<f64>],
    part: impl Fn(&[Vec<f64>]) -> Vec<Vec<f64>>,
) -> Vec<Vec<f64>> {
    let dot = |a: &[Vec<f64>], b: &[Vec<f64>]| a.iter().flatten().zip(b.iter().flatten()).map(|(a, b)| a * b).sum();
    let add = |to: &mut [Vec<f64>], times: f64, values: &[Vec<f64>]| {
        to.iter_mut().flatten().zip(values.iter().flatten()).for_each(|(to, v)| *to += times * v);
    };
    let exact = step.gradients(None);
    let mut settled: Vec<_> = exact.iter().map(|g| vec![0.0; g.len()]).collect();
    for tie in step.ties() {
        let effect = minus(&step.gradients(Some(&tie)), &exact);
        let seen = part(&effect);
        let held: f64 = dot(difference, &seen);
        let size: f64 = dot(&seen, &seen);
        let times = if size > 0.0 { (held / size).round().clamp(-1.0, 1.0) } else { 0.0 };
        add(difference, -times, &seen);
        add(&mut settled, times, &effect);
    }
    settled
}

/// The differences `a − b`, tensor by tensor.
pub(crate) fn minus(a: &[Vec<f64>], b: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let one = |(a, b): (&Vec<f64>, &Vec<f64>)| {
        assert_eq!(a.len(), b.len());
        a.iter().zip(b).map(|(a, b)| a - b).collect()
    };
    a.iter().zip(b).map(one).collect()
}
