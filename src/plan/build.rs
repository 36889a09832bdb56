//! Network → plan: which operations a layer becomes, forward and backward.

use super::{ALIGNMENT, Element, Op, Parameter, Plan, Program, ProgramId, Samples, State, View};
use crate::error::{Error, Remedy, Result};
use crate::model::geometry::elements;
use crate::model::network::{Layer, LayerKind, Network};
use crate::ops::bias::{Bias, BiasPass};
use crate::ops::conv2d::{Conv2d, Conv2dPass};
use crate::ops::global_average_pool::{GlobalAveragePool, GlobalAveragePoolPass};
use crate::ops::max_pool::{MaxPool, MaxPoolPass};
use crate::ops::relu::{Relu, ReluPass};
use crate::ops::softmax_cross_entropy::{SoftmaxCrossEntropy, SoftmaxCrossEntropyPass};
use crate::ops::{Adam, Gather, MatMul, adam::AdamParameters};

/// The program whose activations are read.
const FEATURES: &str = "features";
/// The program that trains, and the samples that it trains on: their buffers' names begin so.
const TRAIN_STEP: &str = "train_step";
const TRAIN: &str = "train";

/// The largest buffer of validation: wider batches are no faster, and large images would fill the
/// memory.
const EVALUATE_BYTES: u64 = 256 << 20;

/// What a training plan is made for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlanOptions {
    /// Rows of a training step.
    pub batch: usize,
    /// Training samples.
    pub train_samples: usize,
    /// Test samples.
    pub test_samples: usize,
    /// Models trained side by side.
    pub replicas: usize,
    /// Rows of an evaluation step, at most; fewer where a buffer would pass `max_binding_bytes`.
    pub evaluate_capacity: usize,
    /// The largest buffer that the backend can bind, in bytes.
    pub max_binding_bytes: u64,
    /// Adam's constants.
    pub adam: AdamParameters,
    /// Whether the backend may replace runs of operations by faster ones of its own.
    pub fuse: bool,
}

/// A plan that trains a network, and where its parts are.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingPlan {
    /// The plan itself.
    pub plan: Plan,
    /// Parameters, gradients and moments.
    pub state: State,
    /// Training samples.
    pub train: Samples,
    /// Test samples.
    pub test: Samples,
    /// Any images, as many as a step of `evaluate` takes.
    pub probe: Samples,
    /// One training step.
    pub train_step: ProgramId,
    /// Forward and loss over test samples.
    pub evaluate: ProgramId,
    /// One step of the same over the samples of `probe`.
    pub probe_evaluate: ProgramId,
    /// Forward over one sample of `probe`, its activations readable.
    pub features: ProgramId,
}

/// A layer's tensors in a program, kept for its backward pass.
pub(super) struct Tape<'a> {
    pub(super) layer: &'a Layer,
    pub(super) input: View,
    pub(super) output: View,
    pub(super) argmax: Option<View>,
}

pub(super) struct Builder<'a> {
    pub(super) plan: Plan,
    pub(super) network: &'a Network,
    pub(super) state: State,
}

impl TrainingPlan {
    /// Compiles `network`.
    ///
    /// # Errors
    /// [`Error::Usage`] for a batch, samples or replicas of 0, or where one buffer would pass the
    /// backend's limit: the message names it and what to make smaller.
    pub fn new(network: &Network, options: &PlanOptions) -> Result<Self> {
        for (what, n) in [
            ("batch size", options.batch),
            ("number of training samples", options.train_samples),
            ("number of test samples", options.test_samples),
            ("number of seeds", options.replicas),
        ] {
            if n == 0 {
                return Err(Error::usage(format!("the {what} must be at least 1")));
            }
        }
        network.check()?;
        let mut plan = Plan { fuse: options.fuse, ..Plan::new(options.replicas) };
        let state = lay_out_parameters(&mut plan, network)?;
        let pixels = elements(&network.input)?;
        let train = samples(&mut plan, TRAIN, options.train_samples, pixels)?;
        let test = samples(&mut plan, "test", options.test_samples, pixels)?;
        let mut builder = Builder { plan, network, state };

        let batch = options.batch.min(options.train_samples);
        let steps = options.train_samples.div_ceil(batch);
        let train_step = builder.program(TRAIN_STEP, batch, steps, &train, Some(options.adam))?;

        let outputs = network.layers.iter().map(|layer| elements(&layer.output())).collect::<Result<Vec<_>>>()?;
        let widest = outputs.into_iter().fold(pixels, usize::max) as u64;
        let row_bytes = widest.saturating_mul(options.replicas as u64).saturating_mul(4);
        let fitting = (options.max_binding_bytes.min(EVALUATE_BYTES) / row_bytes).max(1);
        let capacity = options.evaluate_capacity.min(options.test_samples).min(fitting as usize).max(1);
        let steps = options.test_samples.div_ceil(capacity);
        let evaluate = builder.program("evaluate", capacity, steps, &test, None)?;
        let probe = samples(&mut builder.plan, "probe", capacity, pixels)?;
        let probe_evaluate = builder.over(evaluate, "probe", &probe);
        let features = builder.program(FEATURES, 1, 1, &probe, None)?;

        let plan = builder.plan;
        let too_large = plan.buffers.iter().find(|b| b.bytes() > options.max_binding_bytes);
        if let Some(buffer) = too_large {
            let (needed, most) = (buffer.bytes().div_ceil(1 << 20), options.max_binding_bytes >> 20);
            let what = format!("buffer {} needs {needed} MiB, this backend binds at most {most} MiB", buffer.name);
            // Only what the buffer grows with makes it smaller.
            let grows = match buffer.name.split_once(' ') {
                Some((TRAIN_STEP, _)) => Some(Remedy::SmallerBatch),
                Some((TRAIN, _)) => Some(Remedy::FewerSamples),
                _ => None,
            };
            let error = grows.into_iter().fold(Error::usage(what), Error::remedy);
            return Err(error.remedy(Remedy::SmallerImages).remedy(Remedy::CpuBackend));
        }
        Ok(TrainingPlan { plan, state, train, test, probe, train_step, evaluate, probe_evaluate, features })
    }
}

fn lay_out_parameters(plan: &mut Plan, network: &Network) -> Result<State> {
    for layer in &network.layers {
        let Some((weight, bias)) = layer.parameter_shapes() else { continue };
        for (suffix, shape) in [("weight", weight), ("bias", vec![bias])] {
            let (offset, len) = (plan.parameters_len, elements(&shape)?);
            plan.parameters.push(Parameter { name: format!("{}.{suffix}", layer.name), shape, offset, len });
            plan.parameters_len = elements(&[offset.saturating_add(len)])?.next_multiple_of(ALIGNMENT);
        }
    }
    let len = plan.parameters_len;
    let mut buffer = |name: &str| Ok(plan.buffer(name, Element::F32, &[len])?.buffer);
    Ok(State {
        parameters: buffer("parameters")?,
        gradients: buffer("gradients")?,
        first_moment: buffer("first moment")?,
        second_moment: buffer("second moment")?,
    })
}

fn samples(plan: &mut Plan, name: &str, count: usize, pixels: usize) -> Result<Samples> {
    let images = plan.shared_buffer(format!("{name} images"), Element::U8, &[count, pixels])?.buffer;
    let labels = plan.shared_buffer(format!("{name} labels"), Element::U32, &[count])?.buffer;
    let mut each = |what: &str, element| Ok(plan.buffer(format!("{name} {what}"), element, &[count])?.buffer);
    Ok(Samples {
        count,
        images,
        labels,
        order: each("order", Element::U32)?,
        losses: each("losses", Element::F32)?,
        predicted: each("predicted classes", Element::U32)?,
    })
}

impl<'a> Builder<'a> {
    fn tensor(&mut self, program: &str, name: &str, shape: &[usize]) -> Result<View> {
        self.plan.buffer(format!("{program} {name}"), Element::F32, shape)
    }

    /// One step of an evaluating program over other samples; both share their activations.
    fn over(&mut self, program: ProgramId, name: &'static str, samples: &Samples) -> ProgramId {
        let plan = &self.plan;
        let moved = |op: &Op| match *op {
            Op::Gather(op) => Op::Gather(Gather {
                images: plan.whole(samples.images),
                labels: plan.whole(samples.labels),
                order: plan.whole(samples.order),
                ..op
            }),
            Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy {
                rows,
                classes,
                pass: SoftmaxCrossEntropyPass::Forward { x, label, .. },
            }) => {
                let losses = plan.whole(samples.losses);
                let predicted = plan.whole(samples.predicted);
                let pass = SoftmaxCrossEntropyPass::Forward { x, label, losses, predicted };
                Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows, classes, pass })
            }
            other => other,
        };
        let original = &plan.programs[program.0];
        let ops = original.ops.iter().map(moved).collect();
        let moved = Program { name, max_steps: 1, ops, activations: Vec::new(), ..original.clone() };
        self.plan.program(moved)
    }

    /// Gather, forward and loss; with `train`, backward and Adam as well.
    fn program(
        &mut self,
        name: &'static str,
        capacity: usize,
        max_steps: usize,
        samples: &Samples,
        train: Option<AdamParameters>,
    ) -> Result<ProgramId> {
        let pixels = elements(&self.network.input)?;
        let x = self.tensor(name, "input", &[capacity, pixels])?;
        let label = self.plan.buffer(format!("{name} labels"), Element::U32, &[capacity])?;
        let mut ops = vec![Op::Gather(Gather {
            capacity,
            pixels,
            images: self.plan.whole(samples.images),
            labels: self.plan.whole(samples.labels),
            order: self.plan.whole(samples.order),
            x,
            label,
        })];
        let tapes = self.forward(name, capacity, x, &mut ops)?;
        let logits = tapes.last().map_or(x, |tape| tape.output);
        let loss =
            |pass| Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows: capacity, classes: self.network.classes, pass });
        let (losses, predicted) = (self.plan.whole(samples.losses), self.plan.whole(samples.predicted));
        ops.push(loss(SoftmaxCrossEntropyPass::Forward { x: logits, label, losses, predicted }));
        let readable = name == FEATURES;
        let activations = tapes.iter().map(|tape| (tape.layer.name.to_string(), tape.output)).collect();
        if let Some(parameters) = train {
            let dx = self.plan.buffer(format!("{name} d logits"), Element::F32, &[capacity, self.network.classes])?;
            ops.push(loss(SoftmaxCrossEntropyPass::Backward { x: logits, label, dx }));
            self.backward(name, capacity, &tapes, dx, &mut ops)?;
            let State { parameters: w, gradients: g, first_moment: m, second_moment: v } = self.state;
            let [w, g, m, v] = [w, g, m, v].map(|buffer| self.plan.whole(buffer));
            ops.push(Op::Adam(Adam { parameters, w, g, m, v }));
        }
        Ok(self.plan.program(Program { name, capacity, max_steps, ops, readable, activations }))
    }

    /// Every layer's forward operations, keeping what its backward pass needs.
    fn forward(&mut self, name: &str, batch: usize, input: View, ops: &mut Vec<Op>) -> Result<Vec<Tape<'a>>> {
        let (mut x, mut tapes) = (input, Vec::new());
        let network: &'a Network = self.network;
        for layer in &network.layers {
            let [h, w, c] = layer.output();
            let y = self.tensor(name, layer.name, &[batch, h, w, c])?;
            let parameter = |suffix| self.plan.parameter(&format!("{}.{suffix}", layer.name), self.state.parameters);
            let mut argmax = None;
            match layer.kind {
                LayerKind::Conv(shape) => {
                    let w = parameter("weight");
                    ops.push(Op::Conv2d(Conv2d { shape, batch, pass: Conv2dPass::Forward { x, w, y } }));
                    let (rows, channels) = (y.len / c, c);
                    ops.push(Op::Bias(Bias { rows, channels, pass: BiasPass::Forward { b: parameter("bias"), y } }));
                    ops.push(Op::Relu(Relu { len: y.len, pass: ReluPass::Forward { y } }));
                }
                LayerKind::Pool(shape) => {
                    let winner = self.plan.buffer(format!("{name} {} argmax", layer.name), Element::U32, &[y.len])?;
                    ops.push(Op::MaxPool(MaxPool {
                        shape,
                        batch,
                        pass: MaxPoolPass::Forward { x, y, argmax: winner },
                    }));
                    argmax = Some(winner);
                }
                LayerKind::GlobalAveragePool(shape) => {
                    let pass = GlobalAveragePoolPass::Forward { x, y };
                    ops.push(Op::GlobalAveragePool(GlobalAveragePool { shape, batch, pass }));
                }
                LayerKind::Dense { inputs, outputs, relu } => {
                    ops.push(Op::MatMul(MatMul {
                        rows: batch,
                        columns: outputs,
                        inner: inputs,
                        transpose_a: false,
                        transpose_b: false,
                        a: x,
                        b: parameter("weight"),
                        y,
                    }));
                    let b = parameter("bias");
                    ops.push(Op::Bias(Bias { rows: batch, channels: outputs, pass: BiasPass::Forward { b, y } }));
                    if relu {
                        ops.push(Op::Relu(Relu { len: y.len, pass: ReluPass::Forward { y } }));
                    }
                }
            }
            tapes.push(Tape { layer, input: x, output: y, argmax });
            x = y;
        }
        Ok(tapes)
    }
}
