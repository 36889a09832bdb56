//! Runs of plain operations that a backend may replace by kernels of its own.
//!
//! Here is only what a run is; whether its shapes suit a kernel is the backend's to say.

use crate::geometry::{ConvShape, PoolShape};
use crate::ops::bias::BiasPass;
use crate::ops::conv2d::Conv2dPass;
use crate::ops::max_pool::MaxPoolPass;
use crate::ops::relu::ReluPass;
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

impl ConvPool {
    /// The run that `ops` begins with, and its number of operations.
    pub fn at(ops: &[Op]) -> Option<(Self, usize)> {
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
    pub fn at(ops: &[Op], forwards: &[ConvPool]) -> Option<(Self, usize)> {
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
    pub fn at(ops: &[Op]) -> Option<(Self, usize)> {
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
    pub fn at(ops: &[Op]) -> Option<(Self, usize)> {
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
