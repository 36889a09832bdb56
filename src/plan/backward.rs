//! The operations of a training step's backward half.

use super::build::{Builder, Tape};
use super::{Element, Op, Plan, View};
use crate::error::Result;
use crate::model::network::LayerKind;
use crate::ops::MatMul;
use crate::ops::bias::{Bias, BiasPass};
use crate::ops::conv2d::{Conv2d, Conv2dPass};
use crate::ops::global_average_pool::{GlobalAveragePool, GlobalAveragePoolPass};
use crate::ops::max_pool::{MaxPool, MaxPoolPass};
use crate::ops::relu::{Relu, ReluPass};

impl Builder<'_> {
    /// Gradients of every parameter, from the gradient `dy` of the logits; last layer first.
    pub(super) fn backward(
        &mut self,
        name: &str,
        batch: usize,
        tapes: &[Tape],
        mut dy: View,
        ops: &mut Vec<Op>,
    ) -> Result<()> {
        for (i, tape) in tapes.iter().enumerate().rev() {
            let Tape { layer, input: x, output: y, argmax } = *tape;
            // The first layer's input is data and needs no gradient.
            let dx = if i == 0 {
                None
            } else {
                Some(self.plan.buffer(format!("{name} d {}", tapes[i - 1].layer.name), Element::F32, &[x.len])?)
            };
            let gradient = |suffix| self.plan.parameter(&format!("{}.{suffix}", layer.name), self.state.gradients);
            let weight = |plan: &Plan| plan.parameter(&format!("{}.weight", layer.name), self.state.parameters);
            let relu = Op::Relu(Relu { len: y.len, pass: ReluPass::Backward { activation: y, dy } });
            let channels = layer.output()[2];
            let bias = |db| Op::Bias(Bias { rows: y.len / channels, channels, pass: BiasPass::Backward { dy, db } });
            match layer.kind {
                LayerKind::Conv(shape) => {
                    ops.extend([relu, bias(gradient("bias"))]);
                    let dw = gradient("weight");
                    ops.push(Op::Conv2d(Conv2d { shape, batch, pass: Conv2dPass::BackwardWeights { x, dy, dw } }));
                    if let Some(dx) = dx {
                        let w = weight(&self.plan);
                        ops.push(Op::Conv2d(Conv2d { shape, batch, pass: Conv2dPass::BackwardInput { dy, w, dx } }));
                    }
                }
                LayerKind::Pool(shape) => {
                    if let (Some(dx), Some(argmax)) = (dx, argmax) {
                        ops.push(Op::MaxPool(MaxPool { shape, batch, pass: MaxPoolPass::Backward { dy, argmax, dx } }));
                    }
                }
                LayerKind::GlobalAveragePool(shape) => {
                    if let Some(dx) = dx {
                        let pass = GlobalAveragePoolPass::Backward { dy, dx };
                        ops.push(Op::GlobalAveragePool(GlobalAveragePool { shape, batch, pass }));
                    }
                }
                LayerKind::Dense { inputs, outputs, relu: rectified } => {
                    if rectified {
                        ops.push(relu);
                    }
                    ops.push(bias(gradient("bias")));
                    let product = |rows, columns, inner, transpose_a, transpose_b, a, b, y| {
                        Op::MatMul(MatMul { rows, columns, inner, transpose_a, transpose_b, a, b, y })
                    };
                    ops.push(product(inputs, outputs, batch, true, false, x, dy, gradient("weight")));
                    if let Some(dx) = dx {
                        ops.push(product(batch, inputs, outputs, false, true, dy, weight(&self.plan), dx));
                    }
                }
            }
            if let Some(dx) = dx {
                dy = dx;
            }
        }
        Ok(())
    }
}
