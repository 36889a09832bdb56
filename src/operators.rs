//! Every operator on plain slices: a call is a plan of one operation, run by the kernels that train.
//!
//! Activations are `[N, H, W, C]`, convolution weights `[kh, kw, C, O]`, matrices row-major. Each
//! function says which shapes it takes and returns [`crate::Error::Usage`] where a slice has
//! another length, [`crate::Error::Failure`] where the backend fails. Outputs are poisoned with
//! NaN before the kernel runs, so an element that no invocation owns shows.

use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::geometry::{ConvShape, PoolShape, elements};
use crate::ops::adam::{Adam, AdamParameters};
use crate::ops::bias::{Bias, BiasPass};
use crate::ops::conv2d::{Conv2d, Conv2dPass};
use crate::ops::max_pool::{MaxPool, MaxPoolPass};
use crate::ops::relu::{Relu, ReluPass};
use crate::ops::softmax_cross_entropy::{SoftmaxCrossEntropy, SoftmaxCrossEntropyPass};
use crate::ops::{Gather, MatMul};
use crate::plan::{Element, Op, Plan, Program, StepRecord, View};

/// A plan of one operation under construction.
struct Call<'a> {
    backend: &'a Backend,
    plan: Plan,
    writes: Vec<(View, &'a [u8])>,
}

impl<'a> Call<'a> {
    fn new(backend: &'a Backend) -> Self {
        Call { backend, plan: Plan::new(1), writes: Vec::new() }
    }

    fn input<T: bytemuck::Pod>(&mut self, name: &str, data: &'a [T], shape: &[usize]) -> Result<View> {
        let len = elements(shape)?;
        if data.len() != len || len == 0 {
            return Err(Error::Usage(format!(
                "{name} has {} elements, its shape {shape:?} needs {len}, at least 1: pass a slice of that length",
                data.len()
            )));
        }
        let element = if size_of::<T>() == 1 { Element::U8 } else { Element::F32 };
        let view = self.plan.buffer(name, element, shape)?;
        self.writes.push((view, bytemuck::cast_slice(data)));
        Ok(view)
    }

    fn output(&mut self, name: &str, shape: &[usize]) -> Result<View> {
        if elements(shape)? == 0 {
            return Err(Error::Usage(format!("{name} of shape {shape:?} has no elements")));
        }
        self.plan.buffer(name, Element::F32, shape)
    }

    async fn run<const N: usize>(mut self, op: Op, record: StepRecord, outputs: [View; N]) -> Result<[Vec<u32>; N]> {
        let limit = self.backend.max_binding_bytes();
        if let Some(buffer) = self.plan.buffers.iter().find(|b| b.bytes() > limit) {
            return Err(Error::Usage(format!(
                "{} needs {} bytes, this backend binds at most {limit}: use a smaller tensor or the CPU",
                buffer.name,
                buffer.bytes()
            )));
        }
        let id = self.plan.program(Program {
            name: "operator",
            capacity: 1,
            max_steps: 1,
            ops: vec![op],
            activations: Vec::new(),
        });
        let mut executor = self.backend.prepare(&self.plan).await?;
        for view in outputs {
            executor.write(view, 0, &vec![f32::NAN; view.len])?;
        }
        for (view, bytes) in self.writes {
            executor.write(view, 0, bytes)?;
        }
        executor.set_records(id, &[record])?;
        executor.run(id, 0..1, &mut |_| true).await?;
        let mut results = [const { Vec::new() }; N];
        for (result, view) in results.iter_mut().zip(outputs) {
            *result = executor.read(view, 0).await?;
        }
        Ok(results)
    }

    async fn run_f32<const N: usize>(self, op: Op, record: StepRecord, outputs: [View; N]) -> Result<[Vec<f32>; N]> {
        Ok(self.run(op, record, outputs).await?.map(floats))
    }
}

fn floats(words: Vec<u32>) -> Vec<f32> {
    bytemuck::cast_vec(words)
}

/// `x` `[N,H,W,C]`, `w` `[kh,kw,C,O]` → `y` `[N,oh,ow,O]`; see [`crate::ops::conv2d`].
///
/// # Errors
/// See the module.
pub async fn conv2d(backend: &Backend, shape: &ConvShape, batch: usize, x: &[f32], w: &[f32]) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let w = call.input("w", w, &[shape.weights_len()])?;
    let y = call.output("y", &[batch, shape.output_len()])?;
    let op = Op::Conv2d(Conv2d { shape: *shape, batch, pass: Conv2dPass::Forward { x, w, y } });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// `dy` `[N,oh,ow,O]`, `w` `[kh,kw,C,O]` → `dx` `[N,H,W,C]`; see [`crate::ops::conv2d`].
///
/// # Errors
/// See the module.
pub async fn conv2d_backward_input(
    backend: &Backend,
    shape: &ConvShape,
    batch: usize,
    dy: &[f32],
    w: &[f32],
) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let dy = call.input("dy", dy, &[batch, shape.output_len()])?;
    let w = call.input("w", w, &[shape.weights_len()])?;
    let dx = call.output("dx", &[batch, shape.input_len()])?;
    let op = Op::Conv2d(Conv2d { shape: *shape, batch, pass: Conv2dPass::BackwardInput { dy, w, dx } });
    let [dx] = call.run_f32(op, StepRecord::default(), [dx]).await?;
    Ok(dx)
}

/// `x` `[N,H,W,C]`, `dy` `[N,oh,ow,O]` → `dw` `[kh,kw,C,O]`; see [`crate::ops::conv2d`].
///
/// # Errors
/// See the module.
pub async fn conv2d_backward_weights(
    backend: &Backend,
    shape: &ConvShape,
    batch: usize,
    x: &[f32],
    dy: &[f32],
) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let dy = call.input("dy", dy, &[batch, shape.output_len()])?;
    let dw = call.output("dw", &[shape.weights_len()])?;
    let op = Op::Conv2d(Conv2d { shape: *shape, batch, pass: Conv2dPass::BackwardWeights { x, dy, dw } });
    let [dw] = call.run_f32(op, StepRecord::default(), [dw]).await?;
    Ok(dw)
}

/// `y[r,c] + b[c]` for `y` `[rows, b.len()]`.
///
/// # Errors
/// See the module.
pub async fn bias(backend: &Backend, y: &[f32], b: &[f32]) -> Result<Vec<f32>> {
    let (rows, channels) = (y.len() / b.len().max(1), b.len());
    let mut call = Call::new(backend);
    let b = call.input("b", b, &[channels])?;
    let y = call.input("y", y, &[rows, channels])?;
    let op = Op::Bias(Bias { rows, channels, pass: BiasPass::Forward { b, y } });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// `db[c] = Σ_r dy[r,c]` for `dy` `[rows, channels]`.
///
/// # Errors
/// See the module.
pub async fn bias_backward(backend: &Backend, channels: usize, dy: &[f32]) -> Result<Vec<f32>> {
    let rows = dy.len() / channels.max(1);
    let mut call = Call::new(backend);
    let dy = call.input("dy", dy, &[rows, channels])?;
    let db = call.output("db", &[channels])?;
    let op = Op::Bias(Bias { rows, channels, pass: BiasPass::Backward { dy, db } });
    let [db] = call.run_f32(op, StepRecord::default(), [db]).await?;
    Ok(db)
}

/// `max(x, 0)`; NaN stays.
///
/// # Errors
/// See the module.
pub async fn relu(backend: &Backend, x: &[f32]) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let y = call.input("x", x, &[x.len()])?;
    let op = Op::Relu(Relu { len: x.len(), pass: ReluPass::Forward { y } });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// `dy` where ReLU's output `y` is positive, else 0.
///
/// # Errors
/// See the module.
pub async fn relu_backward(backend: &Backend, y: &[f32], dy: &[f32]) -> Result<Vec<f32>> {
    let len = y.len();
    let mut call = Call::new(backend);
    let activation = call.input("y", y, &[len])?;
    let dy = call.input("dy", dy, &[len])?;
    let op = Op::Relu(Relu { len, pass: ReluPass::Backward { activation, dy } });
    let [dx] = call.run_f32(op, StepRecord::default(), [dy]).await?;
    Ok(dx)
}

/// `x` `[N,H,W,C]` → `y` `[N,oh,ow,C]` and the winner of each window as `i·kw + j`; see
/// [`crate::ops::max_pool`].
///
/// # Errors
/// See the module.
pub async fn max_pool(backend: &Backend, shape: &PoolShape, batch: usize, x: &[f32]) -> Result<(Vec<f32>, Vec<u32>)> {
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[batch, shape.input_len()])?;
    let y = call.output("y", &[batch, shape.output_len()])?;
    let argmax = call.output("argmax", &[batch, shape.output_len()])?;
    let op = Op::MaxPool(MaxPool { shape: *shape, batch, pass: MaxPoolPass::Forward { x, y, argmax } });
    let [y, argmax] = call.run(op, StepRecord::default(), [y, argmax]).await?;
    Ok((floats(y), argmax))
}

/// `dy` and `argmax` `[N,oh,ow,C]` → `dx` `[N,H,W,C]`; see [`crate::ops::max_pool`].
///
/// # Errors
/// See the module.
pub async fn max_pool_backward(
    backend: &Backend,
    shape: &PoolShape,
    batch: usize,
    dy: &[f32],
    argmax: &[u32],
) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let dy = call.input("dy", dy, &[batch, shape.output_len()])?;
    let argmax = call.input("argmax", argmax, &[batch, shape.output_len()])?;
    let dx = call.output("dx", &[batch, shape.input_len()])?;
    let op = Op::MaxPool(MaxPool { shape: *shape, batch, pass: MaxPoolPass::Backward { dy, argmax, dx } });
    let [dx] = call.run_f32(op, StepRecord::default(), [dx]).await?;
    Ok(dx)
}

/// `y[m,n] = Σ_k a(m,k)·b(k,n)`: `a` is `[m,k]`, or `[k,m]` where transposed; `b` is `[k,n]`, or
/// `[n,k]` where transposed. `sizes` is `[m, n, k]`, `transpose` is `[a, b]`.
///
/// # Errors
/// See the module.
pub async fn matmul(
    backend: &Backend,
    [rows, columns, inner]: [usize; 3],
    [transpose_a, transpose_b]: [bool; 2],
    a: &[f32],
    b: &[f32],
) -> Result<Vec<f32>> {
    let mut call = Call::new(backend);
    let a = call.input("a", a, &[rows, inner])?;
    let b = call.input("b", b, &[inner, columns])?;
    let y = call.output("y", &[rows, columns])?;
    let op = Op::MatMul(MatMul { rows, columns, inner, transpose_a, transpose_b, a, b, y });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

/// Softmax over rows of `classes`.
///
/// # Errors
/// See the module.
pub async fn softmax(backend: &Backend, classes: usize, x: &[f32]) -> Result<Vec<f32>> {
    rowwise(backend, classes, x, |x, y| SoftmaxCrossEntropyPass::Softmax { x, y }).await
}

/// Log-softmax over rows of `classes`.
///
/// # Errors
/// See the module.
pub async fn log_softmax(backend: &Backend, classes: usize, x: &[f32]) -> Result<Vec<f32>> {
    rowwise(backend, classes, x, |x, y| SoftmaxCrossEntropyPass::LogSoftmax { x, y }).await
}

async fn rowwise(
    backend: &Backend,
    classes: usize,
    x: &[f32],
    pass: impl FnOnce(View, View) -> SoftmaxCrossEntropyPass,
) -> Result<Vec<f32>> {
    let rows = x.len() / classes.max(1);
    let mut call = Call::new(backend);
    let x = call.input("x", x, &[rows, classes])?;
    let y = call.output("y", &[rows, classes])?;
    let op = Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows, classes, pass: pass(x, y) });
    let [y] = call.run_f32(op, StepRecord::default(), [y]).await?;
    Ok(y)
}

fn labelled<'a>(call: &mut Call<'a>, classes: usize, x: &'a [f32], labels: &'a [u32]) -> Result<(View, View)> {
    if let Some(label) = labels.iter().find(|&&label| label as usize >= classes) {
        return Err(Error::Usage(format!("label {label} is not below the number of classes, {classes}")));
    }
    let views = (call.input("x", x, &[labels.len(), classes])?, call.input("labels", labels, &[labels.len()])?);
    Ok(views)
}

fn all_active(rows: usize) -> StepRecord {
    StepRecord { n: rows as u32, ..StepRecord::default() }
}

/// `−x[r, labels[r]]` for log-probabilities `x` `[rows, classes]`.
///
/// # Errors
/// See the module; also for a label that is no class.
pub async fn negative_log_likelihood(backend: &Backend, classes: usize, x: &[f32], labels: &[u32]) -> Result<Vec<f32>> {
    let rows = labels.len();
    let mut call = Call::new(backend);
    let (x, label) = labelled(&mut call, classes, x, labels)?;
    let losses = call.output("losses", &[rows])?;
    let pass = SoftmaxCrossEntropyPass::NegativeLogLikelihood { x, label, losses };
    let op = Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows, classes, pass });
    let [losses] = call.run_f32(op, all_active(rows), [losses]).await?;
    Ok(losses)
}

/// Loss of each row and its predicted class, from logits `x` `[rows, classes]`.
///
/// # Errors
/// See the module; also for a label that is no class.
pub async fn softmax_cross_entropy(
    backend: &Backend,
    classes: usize,
    x: &[f32],
    labels: &[u32],
) -> Result<(Vec<f32>, Vec<u32>)> {
    let rows = labels.len();
    let mut call = Call::new(backend);
    let (x, label) = labelled(&mut call, classes, x, labels)?;
    let losses = call.output("losses", &[rows])?;
    let predicted = call.output("predicted", &[rows])?;
    let pass = SoftmaxCrossEntropyPass::Forward { x, label, losses, predicted };
    let op = Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows, classes, pass });
    let [losses, predicted] = call.run(op, all_active(rows), [losses, predicted]).await?;
    Ok((floats(losses), predicted))
}

/// Gradient of the mean loss over the first `active` rows with respect to the logits; zero below.
///
/// # Errors
/// See the module; also for a label that is no class.
pub async fn softmax_cross_entropy_backward(
    backend: &Backend,
    classes: usize,
    x: &[f32],
    labels: &[u32],
    active: usize,
) -> Result<Vec<f32>> {
    let rows = labels.len();
    let mut call = Call::new(backend);
    let (x, label) = labelled(&mut call, classes, x, labels)?;
    let dx = call.output("dx", &[rows, classes])?;
    let pass = SoftmaxCrossEntropyPass::Backward { x, label, dx };
    let op = Op::SoftmaxCrossEntropy(SoftmaxCrossEntropy { rows, classes, pass });
    let [dx] = call.run_f32(op, all_active(active), [dx]).await?;
    Ok(dx)
}

/// One update of `state` `[w, m, v]` by the gradient `g`; `alpha` as [`AdamParameters::alpha`]
/// gives it. Returns the new `[w, m, v]`.
///
/// # Errors
/// See the module.
pub async fn adam(
    backend: &Backend,
    parameters: AdamParameters,
    alpha: f32,
    [w, m, v]: [&[f32]; 3],
    g: &[f32],
) -> Result<[Vec<f32>; 3]> {
    let shape = [w.len()];
    let mut call = Call::new(backend);
    let w = call.input("w", w, &shape)?;
    let g = call.input("g", g, &shape)?;
    let m = call.input("m", m, &shape)?;
    let v = call.input("v", v, &shape)?;
    let op = Op::Adam(Adam { parameters, w, g, m, v });
    call.run_f32(op, StepRecord { alpha, ..StepRecord::default() }, [w, m, v]).await
}

/// `capacity` rows of `images` `[samples, pixels]` at `order[start..start + n]`, in `[0, 1]`, zeros
/// below; and the rows' labels.
///
/// # Errors
/// See the module; also where the order leaves the samples, or `start + n` the order.
pub async fn gather(
    backend: &Backend,
    capacity: usize,
    [images, labels]: [&[u8]; 2],
    order: &[u32],
    [start, n]: [usize; 2],
) -> Result<(Vec<f32>, Vec<u32>)> {
    let (samples, pixels) = (labels.len(), images.len() / labels.len().max(1));
    let reaches = start.checked_add(n).is_some_and(|end| end <= order.len());
    if !reaches || n > capacity || order.iter().any(|&i| i as usize >= samples) {
        return Err(Error::Usage(format!(
            "samples {start}+{n} of an order of {} over {samples} samples do not fit a batch of {capacity}",
            order.len()
        )));
    }
    let labels: Vec<u32> = labels.iter().map(|&label| u32::from(label)).collect();
    let mut call = Call::new(backend);
    let images = call.input("images", images, &[samples, pixels])?;
    let labels = call.input("labels", &labels, &[samples])?;
    let order = call.input("order", order, &[order.len()])?;
    let x = call.output("x", &[capacity, pixels])?;
    let label = call.output("label", &[capacity])?;
    let op = Op::Gather(Gather { capacity, pixels, images, labels, order, x, label });
    let record = StepRecord { start: start as u32, n: n as u32, ..StepRecord::default() };
    let [x, label] = call.run(op, record, [x, label]).await?;
    Ok((floats(x), label))
}
