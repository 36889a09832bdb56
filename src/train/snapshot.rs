//! Everything that further training of all models of a trainer starts from, taken at any step boundary and put back.

use super::{Divergence, Trainer};
use crate::error::{Error, Result};
use crate::memory;
use crate::model::tensor::Tensor;
use crate::plan::{BufferId, Samples, View};

/// The state of the models that train side by side and have not diverged, read back at once.
///
/// The arrays are as they lie on the backend: a row of `P` numbers a model, its tensors one after the other with the
/// gaps of alignment between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Snapshot {
    /// One seed a row of the arrays.
    pub seeds: Vec<u64>,
    /// By row, the loss of the model's first step before any update; none before the first epoch ends.
    pub first_losses: Vec<Option<f64>>,
    /// The other models of the trainer: those that have diverged.
    pub diverged: Vec<(u64, Divergence)>,
    /// Epochs finished.
    pub epoch: u32,
    /// Steps taken, Adam's `t` of the last update.
    pub step: u32,
    /// Trained tensors, `[seeds, P]`.
    pub weights: Vec<f32>,
    /// Adam's first moment, likewise.
    pub first_moment: Vec<f32>,
    /// Adam's second moment, likewise.
    pub second_moment: Vec<f32>,
    /// Of the epoch that has begun; none between epochs.
    pub begun: Option<BegunEpoch>,
}

/// What an epoch has come to so far.
#[derive(Debug, Clone, PartialEq)]
pub struct BegunEpoch {
    /// Steps of it that are taken, at least one.
    pub steps: u32,
    /// Seconds that these took, each model's share.
    pub seconds: f64,
    /// The loss of each sample so far, in the order of use, `[seeds, samples]`.
    pub losses: Vec<f32>,
    /// The predicted class, likewise.
    pub predicted: Vec<u8>,
    /// Norms of the gradients so far, `[seeds, measured steps, tensors]`.
    pub gradient_norms: Vec<f64>,
}

impl Snapshot {
    /// Bytes of host memory that a snapshot takes at most while it is taken: itself, one array once more as it comes
    /// from the backend, and the weights of the snapshot before.
    pub fn host_bytes(parameters: usize, models: usize) -> u64 {
        let array = 4_u64.saturating_mul(parameters as u64).saturating_mul(models as u64);
        array.saturating_mul(5)
    }

    /// The snapshot of these seeds alone, in their order.
    ///
    /// # Errors
    /// [`Error::Data`] where a seed is not among those of the snapshot, or its arrays have not a row a seed.
    pub fn of(mut self, seeds: &[u64]) -> Result<Snapshot> {
        if seeds == self.seeds {
            return Ok(self);
        }
        let place = |seed: &u64| self.seeds.iter().position(|other| other == seed);
        let rows: Option<Vec<usize>> = seeds.iter().map(place).collect();
        let rows = rows.ok_or_else(|| Error::data("the snapshot has not all of these models"))?;
        let count = self.seeds.len();
        for array in [&mut self.weights, &mut self.first_moment, &mut self.second_moment] {
            *array = picked(array, count, &rows)?;
        }
        if let Some(begun) = &mut self.begun {
            begun.losses = picked(&begun.losses, count, &rows)?;
            begun.predicted = picked(&begun.predicted, count, &rows)?;
            begun.gradient_norms = picked(&begun.gradient_norms, count, &rows)?;
        }
        self.first_losses = rows.iter().filter_map(|&row| self.first_losses.get(row).copied()).collect();
        self.seeds = seeds.to_vec();
        Ok(self)
    }

    fn is_consistent(&self, parameters: usize) -> bool {
        let models = self.seeds.len();
        let arrays = [&self.weights, &self.first_moment, &self.second_moment];
        self.first_losses.len() == models && arrays.iter().all(|array| array.len() == parameters * models)
    }
}

/// Rows of an array of `count` rows.
fn picked<T: Copy>(array: &[T], count: usize, rows: &[usize]) -> Result<Vec<T>> {
    if count == 0 || !array.len().is_multiple_of(count) {
        return Err(Error::data("the snapshot's arrays have not a row a model"));
    }
    let width = array.len() / count;
    Ok(rows.iter().flat_map(|row| &array[row * width..][..width]).copied().collect())
}

impl Trainer {
    /// The state of all models that have not diverged, with one read-back an array whatever the number of models.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails, or where the last epoch was interrupted: how many of its steps the
    /// backend has taken is not known.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        self.check_not_interrupted()?;
        let replicas = self.training.plan.replicas;
        let living: Vec<usize> = (0..replicas).filter(|&replica| self.diverged[replica].is_none()).collect();
        let seeds = &self.options.seeds;
        let state = self.training.state;
        let begun = match &self.begun {
            Some(begun) if begun.steps > 0 => Some(BegunEpoch {
                steps: begun.steps as u32,
                seconds: begun.seconds,
                losses: self.so_far(self.training.train.losses, begun.steps, &living, f32::from_bits).await?,
                predicted: self.so_far(self.training.train.predicted, begun.steps, &living, |c| c as u8).await?,
                gradient_norms: living.iter().flat_map(|&replica| &begun.gradient_norms[replica]).copied().collect(),
            }),
            _ => None,
        };
        Ok(Snapshot {
            seeds: living.iter().map(|&replica| seeds[replica]).collect(),
            first_losses: living.iter().map(|&replica| self.first_loss[replica]).collect(),
            diverged: (0..replicas).filter_map(|r| self.diverged[r].map(|found| (seeds[r], found))).collect(),
            // The epoch that has begun is counted.
            epoch: self.epochs - u32::from(self.begun.is_some()),
            step: self.steps,
            weights: self.array(state.parameters, &living).await?,
            first_moment: self.array(state.first_moment, &living).await?,
            second_moment: self.array(state.second_moment, &living).await?,
            begun,
        })
    }

    /// A buffer of all replicas, `[replicas, len]`, and of these the rows of the living.
    async fn array(&self, buffer: BufferId, living: &[usize]) -> Result<Vec<f32>> {
        let View { len, .. } = self.training.plan.whole(buffer);
        let all: Vec<f32> = self.executor.read(self.of_all(buffer), 0).await?;
        let whole = living.len() == self.training.plan.replicas;
        Ok(if whole { all } else { living.iter().flat_map(|row| &all[row * len..][..len]).copied().collect() })
    }

    /// Results of the first steps of an epoch, `[living, samples]`.
    async fn so_far<T>(
        &self,
        buffer: BufferId,
        steps: usize,
        living: &[usize],
        value: impl Fn(u32) -> T,
    ) -> Result<Vec<T>> {
        let (View { len, .. }, samples) = (self.training.plan.whole(buffer), self.samples_of(steps));
        let all: Vec<u32> = self.executor.read(self.of_all(buffer), 0).await?;
        Ok(living.iter().flat_map(|row| &all[row * len..][..samples]).map(|&word| value(word)).collect())
    }

    /// A buffer's copies for all replicas: they lie one after the other.
    pub(super) fn of_all(&self, buffer: BufferId) -> View {
        let whole = self.training.plan.whole(buffer);
        View { len: whole.len * self.training.plan.buffers[buffer.0].replicas, ..whole }
    }

    /// Samples of the first `steps` steps of an epoch.
    fn samples_of(&self, steps: usize) -> usize {
        (steps * self.capacity(self.training.train_step)).min(self.training.train.count)
    }

    /// Puts a snapshot of exactly this trainer's seeds back: training goes on from there, bit for bit as it would
    /// have.
    ///
    /// # Errors
    /// [`Error::Data`] where the snapshot is of other seeds, of another network or of other steps an epoch;
    /// [`Error::Failure`] where the backend fails.
    pub fn restore(&mut self, snapshot: &Snapshot) -> Result<()> {
        let steps_per_epoch = self.steps_per_epoch();
        let taken = snapshot.begun.as_ref().map_or(0, |begun| begun.steps as usize);
        let expected = u64::from(snapshot.epoch) * steps_per_epoch as u64 + taken as u64;
        let samples = self.samples_of(taken);
        let results = snapshot.begun.as_ref().is_none_or(|begun| {
            let count = samples * snapshot.seeds.len();
            let norms = self.measured(snapshot.step, taken) * self.training.plan.parameters.len();
            begun.steps > 0
                && begun.losses.len() == count
                && begun.predicted.len() == count
                && begun.gradient_norms.len() == norms * snapshot.seeds.len()
        });
        let parameters = self.training.plan.parameters_len;
        let fits = snapshot.seeds == self.options.seeds && snapshot.is_consistent(parameters);
        if !fits || !results || taken > steps_per_epoch || u64::from(snapshot.step) != expected.min(u32::MAX.into()) {
            return Err(Error::data("the checkpoint is not of this training"));
        }
        let state = self.training.state;
        for (buffer, array) in [
            (state.parameters, &snapshot.weights),
            (state.first_moment, &snapshot.first_moment),
            (state.second_moment, &snapshot.second_moment),
        ] {
            self.executor.write(self.of_all(buffer), 0, array)?;
        }
        self.first_loss.copy_from_slice(&snapshot.first_losses);
        self.diverged.fill(None);
        self.steps = snapshot.step;
        self.epochs = snapshot.epoch;
        self.begun = None;
        self.interrupted = false;
        let Some(begun) = &snapshot.begun else { return Ok(()) };
        self.begin_epoch()?;
        let Samples { losses, predicted, .. } = self.training.train;
        for replica in 0..snapshot.seeds.len() {
            let part = replica * samples..(replica + 1) * samples;
            let view = |buffer| View { len: samples, ..self.training.plan.whole(buffer) };
            let (losses, predicted) = (view(losses), view(predicted));
            let classes: Vec<u32> = begun.predicted[part.clone()].iter().map(|&class| class.into()).collect();
            self.executor.write(losses, replica, &begun.losses[part])?;
            self.executor.write(predicted, replica, &classes)?;
        }
        if let Some(now) = &mut self.begun {
            (now.steps, now.seconds) = (taken, begun.seconds);
            let each = begun.gradient_norms.len() / snapshot.seeds.len().max(1);
            for (replica, norms) in now.gradient_norms.iter_mut().enumerate() {
                *norms = begun.gradient_norms[replica * each..][..each].to_vec();
            }
        }
        self.set_step_records(taken)
    }

    /// The trained tensors of the `row`-th model of a snapshot's `weights`.
    ///
    /// # Errors
    /// [`Error::Failure`] where memory is refused.
    ///
    /// # Panics
    /// Where there is no such row, or the snapshot is of another network.
    pub fn tensors_of(&self, weights: &[f32], row: usize) -> Result<Vec<Tensor>> {
        let plan = &self.training.plan;
        let weights = &weights[row * plan.parameters_len..][..plan.parameters_len];
        let tensors = plan.parameters.iter().map(|parameter| {
            let mut data = memory::with_capacity("a model's weights", parameter.len)?;
            data.extend_from_slice(&weights[parameter.offset..][..parameter.len]);
            Ok(Tensor { name: parameter.name.clone(), shape: parameter.shape.clone(), data })
        });
        tensors.collect()
    }
}
