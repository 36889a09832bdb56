//! Runs of plain operations that a backend may replace by kernels of its own.
//!
//! Here is only what a run is; whether its shapes suit a kernel is the backend's to say.

use crate::model::geometry::{ConvShape, PoolShape};
use crate::ops::bias::BiasPass;
use crate::ops::conv2d::Conv2dPass;
use crate::ops::max_pool::MaxPoolPass;
use crate::ops::relu::ReluPass;
use crate::ops::softmax_cross_entropy::{SoftmaxCrossEntropy, SoftmaxCrossEntropyPass};
use crate::ops::{Bias, Conv2d, MatMul, MaxPool, Op, Relu, View};

/// Convolution, bias, ReLU, pool: `x, w, b → y, argmax`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ConvPool {
    pub conv: ConvShape,
    pub pool: PoolShape,
    pub batch: usize,
    pub x: View,
    pub w: View,
    pub b: View,
    pub y: View,
    pub argmax: View,
}

/// The gradients of a [`ConvPool`]: `dy → dw, db` and, if anybody asks for it, `dx`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct ConvPoolBackward {
    pub forward: ConvPool,
    pub dy: View,
    pub dw: View,
    pub db: View,
    /// The gradient of the convolution's output, which the run need not keep, and `dx`.
    pub unpooled: View,
    pub dx: Option<View>,
}

/// The gradients of a dense layer's ReLU, in place, and bias: `activation, dy → dy, db`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct RectifiedBias {
    pub rows: usize,
    pub channels: usize,
    pub activation: View,
    pub dy: View,
    pub db: View,
}

/// Matrix product, bias and, if `rectified`, ReLU: a dense layer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dense {
    pub product: MatMul,
    pub b: View,
    pub rectified: bool,
}

/// The last two dense layers, ReLU between them, and the loss: `first.product.a, label → losses, predicted`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DenseHead {
    pub first: Dense,
    pub last: Dense,
    pub label: View,
    pub losses: View,
    pub predicted: View,
    pub backward: Option<DenseHeadBackward>,
}

/// A [`DenseHead`]'s gradients: of the logits, of the hidden layer before ReLU, and of the parameters but the
/// first layer's weights.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct DenseHeadBackward {
    pub d_logits: View,
    pub d_hidden: View,
    pub dw2: View,
    pub db1: View,
    pub db2: View,
}

impl ConvPool {
    /// The run that `ops` begins with, and its number of operations.
    pub(crate) fn at(ops: &[Op]) -> Option<(Self, usize)> {
        let [
            Op::Conv2d(Conv2d { shape: conv, batch, pass: Conv2dPass::Forward { x, w, y: convolved } }),
            Op::Bias(Bias { pass: BiasPass::Forward { b, y: biased }, .. }),
            Op::Relu(Relu { pass: ReluPass::Forward { y: rectified }, .. }),
            Op::MaxPool(MaxPool { shape: pool, pass: MaxPoolPass::Forward { x: pooled, y, argmax }, .. }),
            ..,
        ] = ops
        else {
            return None;
        };
        let chained = [biased, rectified, pooled].iter().all(|view| *view == convolved);
        let (conv, pool) = (*conv, *pool);
        let run = ConvPool { conv, pool, batch: *batch, x: *x, w: *w, b: *b, y: *y, argmax: *argmax };
        chained.then_some((run, 4))
    }
}

impl ConvPoolBackward {
    /// The run that `ops` begins with, of one of `forwards`, and its number of operations.
    pub(crate) fn at(ops: &[Op], forwards: &[ConvPool]) -> Option<(Self, usize)> {
        let [
            Op::MaxPool(MaxPool { pass: MaxPoolPass::Backward { dy, argmax, dx: unpooled }, .. }),
            Op::Relu(Relu { pass: ReluPass::Backward { dy: rectified, .. }, .. }),
            Op::Bias(Bias { pass: BiasPass::Backward { dy: biased, db }, .. }),
            Op::Conv2d(Conv2d { pass: Conv2dPass::BackwardWeights { dy: convolved, dw, .. }, .. }),
            rest @ ..,
        ] = ops
        else {
            return None;
        };
        let chained = [rectified, biased, convolved].iter().all(|view| *view == unpooled);
        let forward = *forwards.iter().find(|forward| forward.argmax == *argmax)?;
        let dx = match rest.first() {
            Some(Op::Conv2d(Conv2d { pass: Conv2dPass::BackwardInput { dy, dx, .. }, .. })) if dy == unpooled => {
                Some(*dx)
            }
            _ => None,
        };
        let taken = 4 + usize::from(dx.is_some());
        let run = ConvPoolBackward { forward, dy: *dy, dw: *dw, db: *db, unpooled: *unpooled, dx };
        chained.then_some((run, taken))
    }
}

impl Dense {
    /// The run that `ops` begins with, and its number of operations.
    pub(crate) fn at(ops: &[Op]) -> Option<(Self, usize)> {
        let [Op::MatMul(product), Op::Bias(Bias { pass: BiasPass::Forward { b, y: biased }, .. }), rest @ ..] = ops
        else {
            return None;
        };
        let rectified = matches!(rest.first(),
            Some(Op::Relu(Relu { pass: ReluPass::Forward { y }, .. })) if *y == product.y);
        let run = Dense { product: *product, b: *b, rectified };
        (*biased == product.y).then_some((run, 2 + usize::from(rectified)))
    }
}

impl RectifiedBias {
    /// The run that `ops` begins with, and its number of operations.
    pub(crate) fn at(ops: &[Op]) -> Option<(Self, usize)> {
        let [
            Op::Relu(Relu { pass: ReluPass::Backward { activation, dy: rectified }, .. }),
            Op::Bias(Bias { rows, channels, pass: BiasPass::Backward { dy, db } }),
            ..,
        ] = ops
        else {
            return None;
        };
        let run = RectifiedBias { rows: *rows, channels: *channels, activation: *activation, dy: *dy, db: *db };
        (rectified == dy).then_some((run, 2))
    }
}

impl DenseHead {
    /// The run that `ops` begins with, and its number of operations.
    pub(crate) fn at(ops: &[Op]) -> Option<(Self, usize)> {
        let (first, taken) = Dense::at(ops)?;
        let (last, more) = Dense::at(&ops[taken..])?;
        let taken = taken + more;
        let Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy {
            pass: SoftmaxCrossEntropyPass::Forward { x, label, losses, predicted },
            ..
        }) = *ops.get(taken)?
        else {
            return None;
        };
        let hidden = first.product.y;
        let chained = first.rectified && !last.rectified && last.product.a == hidden && last.product.y == x;
        // The kernels find both layers' biases in the buffer of the last one's weights.
        let together = [first.b, last.b].iter().all(|b| b.buffer == last.product.b.buffer);
        let as_they_lie = !last.product.transpose_a && !last.product.transpose_b;
        let mut run = DenseHead { first, last, label, losses, predicted, backward: None };
        run.backward = run.backward(&ops[taken + 1..]);
        let taken = taken + 1 + if run.backward.is_some() { 6 } else { 0 };
        (chained && together && as_they_lie).then_some((run, taken))
    }

    /// The gradients, where the operations after the loss begin with them.
    fn backward(&self, ops: &[Op]) -> Option<DenseHeadBackward> {
        let [
            Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy {
                pass: SoftmaxCrossEntropyPass::Backward { x, label, dx: d_logits },
                ..
            }),
            Op::Bias(Bias { pass: BiasPass::Backward { dy: d1, db: db2 }, .. }),
            Op::MatMul(weights),
            Op::MatMul(input),
            Op::Relu(Relu { pass: ReluPass::Backward { activation, dy: rectified }, .. }),
            Op::Bias(Bias { pass: BiasPass::Backward { dy: d2, db: db1 }, .. }),
            ..,
        ] = ops
        else {
            return None;
        };
        let (hidden, d_hidden) = (self.first.product.y, input.y);
        let loss = (*x, *label) == (self.last.product.y, self.label);
        let layer = (weights.a, weights.b, input.a, input.b) == (hidden, *d_logits, *d_logits, self.last.product.b)
            && (weights.transpose_a, weights.transpose_b, input.transpose_a, input.transpose_b)
                == (true, false, false, true);
        let chained = (*d1, *activation, *rectified, *d2) == (*d_logits, hidden, d_hidden, d_hidden);
        let together = [db1, db2].iter().all(|db| db.buffer == weights.y.buffer);
        let run = DenseHeadBackward { d_logits: *d_logits, d_hidden, dw2: weights.y, db1: *db1, db2: *db2 };
        (loss && layer && chained && together).then_some(run)
    }
}
