//! Steps, epochs and validation, and what they came to.

use std::ops::Range;

use web_time::Instant;

use super::results::Results;
use super::{Divergence, Evaluation, GradientNorm, Trainer};
use crate::data::{Dataset, order};
use crate::error::{Error, Result};
use crate::ops::adam::AdamParameters;
use crate::plan::StepRecord;

/// What one epoch of one replica came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Epoch {
    /// Mean loss over the epoch's samples, each before its step's update.
    pub train_loss: f64,
    /// Share of samples classified rightly, likewise.
    pub train_accuracy: f64,
    /// The test set after the epoch: loss, accuracy, the class predicted for each image.
    pub validation: Evaluation,
    /// Wall time of the training steps alone, in seconds; of replicas trained side by side, each
    /// one's share.
    pub seconds: f64,
    /// Mean loss of each step, before its update.
    pub step_losses: Vec<f64>,
    /// Norms of the gradients of every [`TrainOptions::log_gradients`](super::TrainOptions::log_gradients)-th step.
    pub gradient_norms: Vec<GradientNorm>,
    /// Where the loss was no finite number for the first time, in this epoch or an earlier one. The numbers above
    /// mean nothing then.
    pub divergence: Option<Divergence>,
}

/// An epoch that has begun and is not validated.
pub(super) struct EpochUnderWay {
    /// The order of the samples, by replica.
    pub orders: Vec<Vec<u32>>,
    /// Steps taken.
    pub steps: usize,
    /// Seconds that these took, each replica's share.
    pub seconds: f64,
    /// By replica, `[measured steps, tensors]`.
    pub gradient_norms: Vec<Vec<f64>>,
}

impl Trainer {
    /// Trains one epoch and validates, one [`Epoch`] a replica. `progress(steps done)` is asked now
    /// and then whether to go on, in validation too, with all steps done.
    ///
    /// This is [`Trainer::begin_epoch`], [`Trainer::advance`] to the last step, and [`Trainer::end_epoch`].
    ///
    /// # Errors
    /// [`Error::Interrupted`] where `progress` said no; [`Error::Failure`] where the backend fails. A replica that
    /// diverges is no error: its [`Epoch::divergence`] says so.
    pub async fn epoch(&mut self, progress: &mut dyn FnMut(usize) -> bool) -> Result<Vec<Epoch>> {
        self.begin_epoch()?;
        let steps = self.steps_per_epoch();
        self.advance(steps, progress).await?;
        self.end_epoch(&mut || progress(steps)).await
    }

    /// Begins the next epoch, unless one is under way that [`Trainer::restore`] has put back: the order of its samples
    /// goes to the backend.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub fn begin_epoch(&mut self) -> Result<()> {
        if self.begun.is_some() && !self.interrupted {
            return Ok(());
        }
        self.epochs = self.epochs.checked_add(1).ok_or_else(|| Error::failure("no epoch follows epoch 2³² − 1"))?;
        let count = self.training.train.count;
        let seeds = self.options.seeds.iter();
        let orders: Vec<_> = seeds.map(|&seed| order(seed, self.epochs, count, self.options.shuffle)).collect();
        let place = self.training.plan.whole(self.training.train.order);
        for (replica, order) in orders.iter().enumerate() {
            self.executor.write(place, replica, order)?;
        }
        self.interrupted = false;
        let gradient_norms = vec![Vec::new(); orders.len()];
        self.begun = Some(EpochUnderWay { orders, steps: 0, seconds: 0.0, gradient_norms });
        self.set_step_records(0)
    }

    /// Steps of the epoch under way that are taken; none between epochs.
    pub fn steps_taken(&self) -> Option<usize> {
        self.begun.as_ref().map(|begun| begun.steps)
    }

    /// Takes the steps of the epoch under way up to `end`, which is at most all of them. `progress(steps done)` is
    /// asked now and then whether to go on.
    ///
    /// # Errors
    /// As [`Trainer::epoch`].
    ///
    /// # Panics
    /// Where no epoch is under way.
    pub async fn advance(&mut self, end: usize, progress: &mut dyn FnMut(usize) -> bool) -> Result<()> {
        let mut taken = self.steps_taken().expect("an epoch is under way");
        while taken < end {
            let next = self.until_measured().map_or(end, |steps| end.min(taken + steps));
            self.take(taken..next, progress).await?;
            taken = next;
            // Outside of the time of training.
            self.measure_gradients().await?;
        }
        Ok(())
    }

    /// Takes these steps of the epoch under way.
    async fn take(&mut self, steps: Range<usize>, progress: &mut dyn FnMut(usize) -> bool) -> Result<()> {
        let Range { start: taken, end } = steps;
        let start = Instant::now();
        self.interrupted = true;
        let mut go_on = true;
        let mut watch = |done| {
            go_on = progress(taken + done);
            go_on
        };
        self.executor.run(self.training.train_step, taken..end, &mut watch).await?;
        if !go_on {
            return Err(Error::Interrupted);
        }
        self.interrupted = false;
        self.steps = self.steps.saturating_add((end - taken) as u32);
        let replicas = self.options.seeds.len() as f64;
        if let Some(begun) = &mut self.begun {
            begun.steps = end;
            begun.seconds += start.elapsed().as_secs_f64() / replicas;
        }
        Ok(())
    }

    /// Ends the epoch under way, all steps of which are taken: validates, one [`Epoch`] a replica. `go_on` is asked
    /// now and then.
    ///
    /// # Errors
    /// As [`Trainer::epoch`].
    ///
    /// # Panics
    /// Where no epoch is under way.
    pub async fn end_epoch(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<Vec<Epoch>> {
        let begun = self.begun.take().expect("an epoch is under way");
        let EpochUnderWay { orders, seconds, gradient_norms, .. } = begun;
        let replicas = 0..orders.len();
        let of_steps = self.results(self.training.train, replicas.clone()).await?;
        let trained = orders.iter().zip(of_steps).enumerate();
        let trained: Vec<_> =
            trained.map(|(replica, (order, results))| self.trained(replica, order, results)).collect();
        self.validate(go_on).await?;
        let tested = self.results(self.training.test, replicas).await?;
        let mut epochs = Vec::new();
        let of_replicas = trained.into_iter().zip(gradient_norms).zip(tested).enumerate();
        for (replica, (((training, step_losses), norms), Results { losses, predicted })) in of_replicas {
            let validation = Evaluation::new(losses, predicted, &self.test_labels);
            if !validation.loss.is_finite() {
                self.diverged_at(replica, None, validation.loss);
            }
            epochs.push(Epoch {
                train_loss: training.loss,
                train_accuracy: training.accuracy,
                validation,
                seconds,
                step_losses,
                gradient_norms: self.named(&norms),
                divergence: self.diverged[replica],
            });
        }
        Ok(epochs)
    }

    /// What a replica's training steps came to, over its samples in `order` and by step.
    fn trained(&mut self, replica: usize, order: &[u32], results: Results) -> (Evaluation, Vec<f64>) {
        let Results { losses, predicted } = results;
        let labels: Vec<u8> = order.iter().map(|&sample| self.train_labels[sample as usize]).collect();
        let batch = self.capacity(self.training.train_step);
        let step_losses: Vec<f64> = losses.chunks(batch).map(mean).collect();
        self.first_loss[replica].get_or_insert(step_losses[0]);
        if let Some(step) = step_losses.iter().position(|loss| !loss.is_finite()) {
            self.diverged_at(replica, Some(step as u32 + 1), step_losses[step]);
        }
        (Evaluation::new(losses, predicted, &labels), step_losses)
    }

    /// Marks a replica, unless it is marked already.
    fn diverged_at(&mut self, replica: usize, step: Option<u32>, loss: f64) {
        let first_loss = self.first_loss[replica].unwrap_or(loss);
        self.diverged[replica].get_or_insert(Divergence { epoch: self.epochs, step, loss, first_loss });
    }

    /// What the present weights come to on `data`, as an epoch in which nothing was trained, one a replica: the
    /// training set like the test set, no steps, no time. `go_on(samples done)` is asked now and then, for each set.
    ///
    /// # Errors
    /// As [`Trainer::evaluate`]; [`Error::Interrupted`] where `go_on` said no.
    pub async fn untrained(&mut self, data: &Dataset, go_on: &mut dyn FnMut(usize) -> bool) -> Result<Vec<Epoch>> {
        let replicas = 0..self.training.plan.replicas;
        let training = self.evaluate_replicas(&data.train, replicas.clone(), go_on).await?;
        let validation = self.evaluate_replicas(&data.test, replicas, go_on).await?;
        let mut epochs = Vec::new();
        for (replica, (training, validation)) in training.into_iter().zip(validation).enumerate() {
            self.first_loss[replica].get_or_insert(training.loss);
            for loss in [training.loss, validation.loss] {
                if !loss.is_finite() {
                    self.diverged_at(replica, None, loss);
                }
            }
            epochs.push(Epoch {
                train_loss: training.loss,
                train_accuracy: training.accuracy,
                validation,
                seconds: 0.0,
                step_losses: Vec::new(),
                gradient_norms: Vec::new(),
                divergence: self.diverged[replica],
            });
        }
        Ok(epochs)
    }

    /// The records of all steps of an epoch of which `taken` are taken.
    pub(super) fn set_step_records(&mut self, taken: usize) -> Result<()> {
        let program = self.training.train_step;
        let (adam, before) = (AdamParameters::default(), self.steps.saturating_sub(taken as u32));
        let records: Vec<_> = steps(self.training.train.count, self.capacity(program))
            .enumerate()
            .map(|(i, record)| StepRecord {
                // Past 2³² − 1 steps α has long been the learning rate.
                alpha: adam.alpha(self.options.learning_rate, before.saturating_add(1 + i as u32)),
                ..record
            })
            .collect();
        self.executor.set_records(program, &records)
    }

    /// Takes `count` steps over the first samples in file order and returns each step's mean loss,
    /// by replica: for tests and comparisons.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub async fn first_steps(&mut self, count: usize) -> Result<Vec<Vec<f64>>> {
        for replica in 0..self.training.plan.replicas {
            self.set_file_order(self.training.train, replica)?;
        }
        self.set_step_records(0)?;
        let count = count.min(self.steps_per_epoch());
        self.executor.run(self.training.train_step, 0..count, &mut |_| true).await?;
        self.steps = self.steps.saturating_add(count as u32);
        let batch = self.capacity(self.training.train_step);
        let results = self.results(self.training.train, 0..self.training.plan.replicas).await?;
        Ok(results.iter().map(|of_replica| of_replica.losses.chunks(batch).take(count).map(mean).collect()).collect())
    }

    /// Takes the step of the batch with this index, in file order, and returns the loss of each of its samples before
    /// the update, by replica: for tests and comparisons.
    ///
    /// # Errors
    /// [`Error::Usage`] where there is no such batch; [`Error::Failure`] where the backend fails.
    pub async fn step(&mut self, index: usize) -> Result<Vec<Vec<f32>>> {
        for replica in 0..self.training.plan.replicas {
            self.set_file_order(self.training.train, replica)?;
        }
        let program = self.training.train_step;
        let Some(record) = steps(self.training.train.count, self.capacity(program)).nth(index) else {
            return Err(Error::usage(format!("there is no batch {index}")));
        };
        let alpha = AdamParameters::default().alpha(self.options.learning_rate, self.steps + 1);
        self.executor.set_records(program, &[StepRecord { alpha, ..record }])?;
        self.executor.run(program, 0..1, &mut |_| true).await?;
        self.steps += 1;
        let results = self.results(self.training.train, 0..self.training.plan.replicas).await?;
        let of_step = |results: &Results| results.losses[record.out as usize..][..record.n as usize].to_vec();
        Ok(results.iter().map(of_step).collect())
    }

    /// Runs the test set through the network; `go_on` is asked now and then.
    async fn validate(&mut self, go_on: &mut dyn FnMut() -> bool) -> Result<()> {
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
