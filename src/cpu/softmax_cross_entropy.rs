//! The plain twin of the shader `softmax_cross_entropy`. The equations stand in [`crate::ops::softmax_cross_entropy`].

use super::sums::sum;
use crate::plan::StepRecord;

/// A row's maximum `m` and `Σ_j exp(x[j] − m)`.
fn normaliser(x: &[f32]) -> (f32, f32) {
    let maximum = x.iter().copied().fold(x[0], f32::max);
    (maximum, sum(x, |x| (x - maximum).exp()))
}

/// `y[r,c] = exp(x[r,c] − m) / Σ_j exp(x[r,j] − m)`
pub fn softmax(classes: usize, x: &[f32], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(classes).zip(y.chunks_exact_mut(classes)) {
        let (maximum, sum) = normaliser(x);
        y.iter_mut().zip(x).for_each(|(y, x)| *y = (x - maximum).exp() / sum);
    }
}

/// `y[r,c] = (x[r,c] − m) − ln Σ_j exp(x[r,j] − m)`
pub fn log_softmax(classes: usize, x: &[f32], y: &mut [f32]) {
    for (x, y) in x.chunks_exact(classes).zip(y.chunks_exact_mut(classes)) {
        let (maximum, sum) = normaliser(x);
        y.iter_mut().zip(x).for_each(|(y, x)| *y = (x - maximum) - sum.ln());
    }
}

/// `loss[r] = −x[r, label[r]]`
pub fn negative_log_likelihood(record: &StepRecord, classes: usize, x: &[f32], label: &[u32], losses: &mut [f32]) {
    for (r, x) in x.chunks_exact(classes).enumerate().take(record.n as usize) {
        losses[record.out as usize + r] = -x[label[r] as usize];
    }
}

/// `loss[r] = −log_softmax(x)[r, label[r]]`, and the predicted class: the first one with the largest logit.
pub fn forward(
    record: &StepRecord,
    classes: usize,
    x: &[f32],
    label: &[u32],
    losses: &mut [f32],
    predicted: &mut [u32],
) {
    for (r, x) in x.chunks_exact(classes).enumerate().take(record.n as usize) {
        let (maximum, sum) = normaliser(x);
        let out = record.out as usize + r;
        losses[out] = sum.ln() - (x[label[r] as usize] - maximum);
        let mut best = 0;
        for c in 1..classes {
            if x[c] > x[best] {
                best = c;
            }
        }
        predicted[out] = best as u32;
    }
}

/// `dx[r,c] = (softmax(x)[r,c] − [c = label[r]]) / n` for active rows, 0 for the others.
pub fn backward(record: &StepRecord, classes: usize, x: &[f32], label: &[u32], dx: &mut [f32]) {
    let n = record.n as usize;
    for (r, (x, dx)) in x.chunks_exact(classes).zip(dx.chunks_exact_mut(classes)).enumerate() {
        if r >= n {
            dx.fill(0.0);
            continue;
        }
        let (maximum, sum) = normaliser(x);
        for (c, (dx, x)) in dx.iter_mut().zip(x).enumerate() {
            let one_hot = if c == label[r] as usize { 1.0 } else { 0.0 };
            *dx = ((x - maximum).exp() / sum - one_hot) / n as f32;
        }
    }
}
