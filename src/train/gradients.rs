//! Norms of gradients while models train.

use super::Trainer;
use crate::error::Result;
use crate::plan::View;

/// The gradient of one tensor at one training step.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientNorm {
    /// Step, counted from 1 through all epochs.
    pub step: u32,
    /// The tensor, such as `conv1.weight`.
    pub tensor: String,
    /// L2 norm `√Σ g²` of the gradient of the step's mean loss, summed in `f64`.
    pub norm: f64,
}

impl Trainer {
    /// Steps from the last one that was taken to the next one whose gradients are measured, at least 1; none where
    /// no step's are.
    pub(super) fn until_measured(&self) -> Option<usize> {
        let every = self.options.log_gradients?.get();
        Some((every - self.steps % every) as usize)
    }

    /// Measures the gradients of the last step, where it is one of those that are to be.
    pub(super) async fn measure_gradients(&mut self) -> Result<()> {
        if self.options.log_gradients.is_none_or(|every| !self.steps.is_multiple_of(every.get())) {
            return Ok(());
        }
        // Adam reads the gradients and leaves them, until the next step writes its own.
        let gradients = self.training.state.gradients;
        let View { len, .. } = self.training.plan.whole(gradients);
        let all: Vec<f32> = self.executor.read(self.of_all(gradients), 0).await?;
        let parameters = &self.training.plan.parameters;
        let Some(begun) = &mut self.begun else { return Ok(()) };
        for (norms, own) in begun.gradient_norms.iter_mut().zip(all.chunks_exact(len)) {
            norms.extend(parameters.iter().map(|parameter| norm(&own[parameter.offset..][..parameter.len])));
        }
        Ok(())
    }

    /// How many of the last `taken` steps are measured, of which this trainer has taken `steps` in all.
    pub(super) fn measured(&self, steps: u32, taken: usize) -> usize {
        let until = |step: u32| self.options.log_gradients.map_or(0, |every| step / every.get());
        (until(steps) - until(steps.saturating_sub(taken as u32))) as usize
    }

    /// The norms of a replica, `[measured steps, tensors]`, of an epoch all steps of which are taken.
    pub(super) fn named(&self, norms: &[f64]) -> Vec<GradientNorm> {
        let Some(every) = self.options.log_gradients else { return Vec::new() };
        let parameters = &self.training.plan.parameters;
        let count = norms.len() / parameters.len();
        let last = self.steps / every.get();
        let steps = (0..count as u32).map(|i| (last + 1 + i - count as u32) * every.get());
        let each = steps.flat_map(|step| parameters.iter().map(move |parameter| (step, parameter)));
        each.zip(norms)
            .map(|((step, parameter), &norm)| GradientNorm { step, tensor: parameter.name.clone(), norm })
            .collect()
    }
}

fn norm(gradient: &[f32]) -> f64 {
    gradient.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>().sqrt()
}
