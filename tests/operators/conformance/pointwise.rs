//! ReLU, softmax, losses and Adam.

use pollster::block_on;
use stridelab::backend::Backend;
use stridelab::eager::{self, AdamState};
use stridelab::ops::adam::AdamParameters;

use super::case::Case;
use super::tensor::{Tensor, inverse};
use super::{Outputs, Result, named};

pub(super) fn relu(backend: &Backend, case: &Case) -> Result<Outputs> {
    let x = case.input("x")?;
    named([("y", Tensor::float(&x.shape, block_on(eager::relu(backend, x.floats()?))?))])
}

/// The softmax of `x` along `axis`, or its logarithm.
fn along(backend: &Backend, x: &Tensor, axis: i64, logarithm: bool) -> Result<Tensor> {
    let order = x.axis_last(axis);
    let rows = x.permute(&order)?;
    let classes = rows.shape[rows.shape.len() - 1];
    let y = if logarithm {
        block_on(eager::log_softmax(backend, classes, rows.floats()?))?
    } else {
        block_on(eager::softmax(backend, classes, rows.floats()?))?
    };
    Tensor::float(&rows.shape, y).permute(&inverse(&order))
}

pub(super) fn softmax(backend: &Backend, case: &Case, logarithm: bool) -> Result<Outputs> {
    named([("y", along(backend, case.input("x")?, case.integer("axis")?, logarithm)?)])
}

/// The loss of log-probabilities or, where `logits` is set, of logits.
pub(super) fn loss(backend: &Backend, case: &Case, logits: bool) -> Result<Outputs> {
    let x = case.input("x")?;
    let labels = case.input("labels")?;
    let axis = case.integer("class_axis")?;
    let rows = x.permute(&x.axis_last(axis))?;
    let classes = rows.shape[rows.shape.len() - 1];
    let label = labels.integers()?.iter().map(|&l| u32::try_from(l)).collect::<std::result::Result<Vec<_>, _>>()?;
    let losses = if logits {
        block_on(eager::softmax_cross_entropy(backend, classes, rows.floats()?, &label))?.0
    } else {
        block_on(eager::negative_log_likelihood(backend, classes, rows.floats()?, &label))?
    };
    let sum: f64 = losses.iter().map(|&loss| f64::from(loss)).sum();
    let loss = match case.text("reduction")? {
        "none" => Tensor::float(&labels.shape, losses),
        "sum" => Tensor::float(&[1], vec![sum as f32]),
        "mean" => Tensor::float(&[1], vec![(sum / losses.len() as f64) as f32]),
        other => return Err(format!("no such reduction: {other}").into()),
    };
    let mut outputs = vec![("loss".into(), loss)];
    if case.wanted("log_prob").is_ok() {
        outputs.push(("log_prob".into(), along(backend, x, axis, true)?));
    }
    Ok(outputs)
}

/// ONNX' Adam: Keras' form with the gradient `g + norm_coefficient·x`. There is no bias correction where `T` is 0.
pub(super) fn adam_step(backend: &Backend, case: &Case) -> Result<Outputs> {
    let epsilon = case.number("epsilon")?;
    let parameters = AdamParameters { beta1: case.number("beta_1")?, beta2: case.number("beta_2")?, epsilon };
    let rate = case.number("lr")?;
    let step = u32::try_from(case.integer("T")?)?;
    let alpha = if step == 0 { rate as f32 } else { parameters.alpha(rate, step) };
    let norm = case.number("norm_coefficient")? as f32;
    let post = 1.0 - case.number("norm_coefficient_post")? as f32;
    let mut outputs = Vec::new();
    for i in (0..).take_while(|i| case.input(&format!("x{i}")).is_ok()) {
        let [x, g, m, v] = ["x", "g", "m", "v"].map(|name| case.input(&format!("{name}{i}")));
        let x = x?;
        let g = g?;
        let state = AdamState { w: x.floats()?, m: m?.floats()?, v: v?.floats()? };
        let g: Vec<f32> = g.floats()?.iter().zip(state.w).map(|(g, x)| g + norm * x).collect();
        let new = block_on(eager::adam(backend, parameters, alpha, state, &g))?;
        let w = new.w.into_iter().map(|w| w * post).collect();
        for (name, values) in [("x", w), ("m", new.m), ("v", new.v)] {
            outputs.push((format!("{name}{i}_new"), Tensor::float(&x.shape, values)));
        }
    }
    Ok(outputs)
}

/// Several steps of PyTorch's Adam on `Σ(x·Wᵀ + b)`, the sum of a dense layer's outputs. PyTorch's `m̂/(√v̂ + ε)` is
/// Keras' form with `ε·√(1 − β₂ᵗ)` in place of ε at step `t`.
pub(super) fn adam_trajectory(backend: &Backend, case: &Case) -> Result<Outputs> {
    let w0 = case.input("w0")?;
    let b0 = case.input("b0")?;
    let columns = w0.shape[1];
    let rate = case.number("lr")?;
    let decay = case.number("weight_decay_l2")? as f32;
    let epsilon = case.number("epsilon")?;
    let beta1 = case.number("beta_1")?;
    let beta2 = case.number("beta_2")?;
    let fresh = |tensor: &Tensor| -> Result<AdamState<Vec<f32>>> {
        let w = tensor.floats()?.to_vec();
        let zeros = vec![0.0; w.len()];
        Ok(AdamState { w, m: zeros.clone(), v: zeros })
    };
    let mut w = fresh(w0)?;
    let mut b = fresh(b0)?;
    for t in 1..=u32::try_from(case.integer("steps")?)? {
        let x = case.input(&format!("x{t}"))?;
        let rows = x.floats()?.len() / columns;
        let parameters = AdamParameters { beta1, beta2, epsilon: epsilon * (1.0 - beta2.powi(t as i32)).sqrt() };
        let alpha = parameters.alpha(rate, t);
        // Every row of dW is 1ᵀ·x, and every element of db is the number of rows.
        let sums = block_on(eager::bias_backward(backend, columns, x.floats()?))?;
        let dw: Vec<f32> = w.w.iter().enumerate().map(|(i, w)| sums[i % columns] + decay * w).collect();
        let db: Vec<f32> = b.w.iter().map(|b| rows as f32 + decay * b).collect();
        w = block_on(eager::adam(backend, parameters, alpha, w.as_slices(), &dw))?;
        b = block_on(eager::adam(backend, parameters, alpha, b.as_slices(), &db))?;
    }
    named([("w", Tensor::float(&w0.shape, w.w)), ("b", Tensor::float(&b0.shape, b.w))])
}
