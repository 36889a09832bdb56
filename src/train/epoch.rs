//! Steps, epochs and validation, and what they came to.

use web_time::Instant;

use super::Trainer;
use crate::data::order;
use crate::error::{Error, Remedy, Result};
use crate::ops::adam::AdamParameters;
use crate::plan::{Samples, StepRecord};

/// What one epoch of one replica came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Epoch {
    /// Mean loss over the epoch's samples, each before its step's update.
    pub train_loss: f64,
    /// Share of samples classified rightly, likewise.
    pub train_accuracy: f64,
    /// Mean loss over the test set, after the epoch.
    pub val_loss: f64,
    /// Share of the test set classified rightly, after the epoch.
    pub val_accuracy: f64,
    /// Wall time of the training steps alone, in seconds; of replicas trained side by side, each
    /// one's share.
    pub seconds: f64,
    /// Mean loss of each step, before its update.
    pub step_losses: Vec<f64>,
}

/// Sums of a run of samples.
struct Tally {
    loss: f64,
    correct: usize,
}

impl Trainer {
    /// Trains one epoch and validates, one [`Epoch`] a replica. `progress(steps done)` is asked now
    /// and then whether to go on, in validation too, with all steps done.
    ///
    /// # Errors
    /// [`Error::Interrupted`] where `progress` said no; [`Error::Failure`] where the backend fails
    /// or a loss is not a number.
    pub async fn epoch(&mut self, progress: &mut dyn FnMut(usize) -> bool) -> Result<Vec<Epoch>> {
        let steps = self.steps_per_epoch();
        self.epochs += 1;
        let orders: Vec<_> = self
            .options
            .seeds
            .iter()
            .map(|&seed| order(seed, self.epochs, self.training.train.count, self.options.shuffle))
            .collect();
        for (replica, order) in orders.iter().enumerate() {
            self.executor.write(self.whole(self.training.train.order), replica, order)?;
        }
        let start = Instant::now();
        self.train_steps(steps, progress).await?;
        let seconds = start.elapsed().as_secs_f64() / orders.len() as f64;
        let diverged = |what: String, loss: f64| {
            Error::failure(format!("training diverged: {what} is {loss}")).remedy(Remedy::SmallerLearningRate)
        };
        let mut trained = Vec::new();
        for (replica, order) in orders.iter().enumerate() {
            let (losses, correct) = self.results(self.training.train, replica, order).await?;
            let batch = self.capacity(self.training.train_step);
            let step_losses: Vec<f64> = losses.chunks(batch).map(mean).collect();
            if let Some(step) = step_losses.iter().position(|loss| !loss.is_finite()) {
                let what = format!("the loss of step {} of epoch {}", step + 1, self.epochs);
                return Err(diverged(what, step_losses[step]));
            }
            trained.push((tally(&losses, &correct), step_losses));
        }
        self.evaluate(&mut || progress(steps)).await?;
        let samples = self.training.train.count as f64;
        let mut epochs = Vec::new();
        for (replica, (train, step_losses)) in trained.into_iter().enumerate() {
            let in_order: Vec<u32> = (0..self.training.test.count as u32).collect();
            let (losses, correct) = self.results(self.training.test, replica, &in_order).await?;
            let val = tally(&losses, &correct);
            if !val.loss.is_finite() {
                return Err(diverged(format!("the validation loss after epoch {}", self.epochs), val.loss));
            }
            epochs.push(Epoch {
                train_loss: train.loss / samples,
                train_accuracy: train.correct as f64 / samples,
                val_loss: val.loss / in_order.len() as f64,
                val_accuracy: val.correct as f64 / in_order.len() as f64,
                seconds,
                step_losses,
            });
        }
        Ok(epochs)
    }

    /// Takes the first `count` steps of an epoch in the order now on the backend; file order where
    /// none was set.
    async fn train_steps(&mut self, count: usize, progress: &mut dyn FnMut(usize) -> bool) -> Result<()> {
        let program = self.training.train_step;
        let adam = AdamParameters::default();
        let records: Vec<_> = steps(self.training.train.count, self.capacity(program))
            .take(count)
            .enumerate()
            .map(|(i, record)| StepRecord {
                alpha: adam.alpha(self.options.learning_rate, self.steps + 1 + i as u32),
                ..record
            })
            .collect();
        self.executor.set_records(program, &records)?;
        let mut go_on = true;
        let mut watch = |done| {
            go_on = progress(done);
            go_on
        };
        self.executor.run(program, 0..records.len(), &mut watch).await?;
        self.steps += records.len() as u32;
        if go_on { Ok(()) } else { Err(Error::Interrupted) }
    }

    /// Takes `count` steps over the first samples in file order and returns each step's mean loss,
    /// by replica: for tests and comparisons.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub async fn first_steps(&mut self, count: usize) -> Result<Vec<Vec<f64>>> {
        let order = order(0, 1, self.training.train.count, false);
        for replica in 0..self.training.plan.replicas {
            self.executor.write(self.whole(self.training.train.order), replica, &order)?;
        }
        self.train_steps(count, &mut |_| true).await?;
        let batch = self.capacity(self.training.train_step);
        let mut all = Vec::new();
        for replica in 0..self.training.plan.replicas {
            let (losses, _) = self.results(self.training.train, replica, &order).await?;
            all.push(losses.chunks(batch).take(count).map(mean).collect());
        }
        Ok(all)
    }

    /// Runs the test set through the network; `go_on` is asked now and then.
    async fn evaluate(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
        let program = self.training.evaluate;
        let records: Vec<_> = steps(self.training.test.count, self.capacity(program)).collect();
        self.executor.set_records(program, &records)?;
        let mut finished = true;
        let mut watch = |_| {
            finished = go_on();
            finished
        };
        self.executor.run(program, 0..records.len(), &mut watch).await?;
        if finished { Ok(()) } else { Err(Error::Interrupted) }
    }

    /// Losses in the order of use, and whether each prediction was right.
    async fn results(&self, samples: Samples, replica: usize, order: &[u32]) -> Result<(Vec<f32>, Vec<bool>)> {
        let losses = self.executor.read(self.whole(samples.losses), replica).await?;
        let predicted: Vec<u32> = self.executor.read(self.whole(samples.predicted), replica).await?;
        let labels: Vec<u32> = self.executor.read(self.whole(samples.labels), 0).await?;
        let correct = predicted.iter().zip(order).map(|(&class, &i)| class == labels[i as usize]).collect();
        Ok((losses, correct))
    }
}

/// Records that cover `count` samples in batches of `capacity`, the last one shorter.
fn steps(count: usize, capacity: usize) -> impl Iterator<Item = StepRecord> {
    (0..count).step_by(capacity).map(move |start| StepRecord {
        start: start as u32,
        n: capacity.min(count - start) as u32,
        alpha: 0.0,
        out: start as u32,
    })
}

fn mean(losses: &[f32]) -> f64 {
    losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len() as f64
}

fn tally(losses: &[f32], correct: &[bool]) -> Tally {
    Tally {
        loss: losses.iter().map(|&loss| f64::from(loss)).sum(),
        correct: correct.iter().filter(|&&right| right).count(),
    }
}
