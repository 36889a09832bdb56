//! The one training loop, for both backends.
//!
//! An epoch's step records and sample order are uploaded once; then the backend runs its steps
//! without a word to the host, and one read brings back every sample's loss and predicted class.
//! The host sums them in `f64`.

use web_time::Instant;

use crate::backend::{Backend, Executor};
use crate::data::{Dataset, Split, order};
use crate::error::{Error, Result};
use crate::init;
use crate::network::Network;
use crate::ops::adam::AdamParameters;
use crate::plan::{BufferId, PlanOptions, ProgramId, Samples, StepRecord, TrainingPlan, View};
use crate::tensor::Tensor;

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// Samples a step.
    pub batch_size: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// One seed a replica: its initial weights and sample orders.
    pub seeds: Vec<u64>,
    /// Whether samples are reshuffled every epoch, or taken in file order.
    pub shuffle: bool,
    /// Rows of a validation step, at most.
    pub evaluate_capacity: usize,
}

/// Keras' defaults, and the tutorial's batch.
impl Default for TrainOptions {
    fn default() -> Self {
        TrainOptions { batch_size: 64, learning_rate: 1e-3, seeds: vec![0], shuffle: true, evaluate_capacity: 500 }
    }
}

impl TrainOptions {
    /// What a plan for these options, this data and this backend is made for.
    pub fn plan_options(&self, backend: &Backend, data: &Dataset) -> PlanOptions {
        PlanOptions {
            batch: self.batch_size,
            train_samples: data.train.count,
            test_samples: data.test.count,
            replicas: self.seeds.len(),
            evaluate_capacity: self.evaluate_capacity,
            max_binding_bytes: backend.max_binding_bytes(),
            adam: AdamParameters::default(),
        }
    }
}

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
    /// Wall time of the training steps alone, in seconds.
    pub seconds: f64,
    /// Mean loss of each step, before its update.
    pub step_losses: Vec<f64>,
}

/// A network with its state on a backend.
pub struct Trainer<'b> {
    executor: Executor<'b>,
    training: TrainingPlan,
    network: Network,
    options: TrainOptions,
    /// Steps taken, Adam's `t` of the last update.
    steps: u32,
    epochs: u32,
}

/// Sums of a run of samples.
struct Tally {
    loss: f64,
    correct: usize,
}

impl<'b> Trainer<'b> {
    /// Compiles the plan, uploads the data and the initial weights: `weights` in every replica, or
    /// Glorot uniform values of each replica's seed.
    ///
    /// # Errors
    /// [`Error::Usage`] for options that make no plan; [`Error::Failure`] where the backend fails.
    pub async fn new(
        backend: &'b Backend,
        network: &Network,
        data: &Dataset,
        options: &TrainOptions,
        weights: Option<&[Tensor]>,
    ) -> Result<Self> {
        let training = TrainingPlan::new(network, &options.plan_options(backend, data))?;
        let executor = backend.prepare(&training.plan).await?;
        let mut trainer =
            Trainer { executor, training, network: network.clone(), options: options.clone(), steps: 0, epochs: 0 };
        trainer.upload(trainer.training.train, &data.train)?;
        trainer.upload(trainer.training.test, &data.test)?;
        for replica in 0..options.seeds.len() {
            let order = order(0, 1, data.test.count, false);
            trainer.executor.write(trainer.whole(trainer.training.test.order), replica, &order)?;
            let initial = weights.map_or_else(|| init::parameters(network, options.seeds[replica]), <[_]>::to_vec);
            trainer.set_parameters(trainer.training.state.parameters, replica, &initial)?;
        }
        Ok(trainer)
    }

    fn whole(&self, buffer: BufferId) -> View {
        View { buffer, offset: 0, len: self.training.plan.buffers[buffer.0].len }
    }

    fn upload(&mut self, samples: Samples, split: &Split) -> Result<()> {
        let labels: Vec<u32> = split.labels.iter().map(|&label| u32::from(label)).collect();
        self.executor.write(self.whole(samples.images), 0, &split.images)?;
        self.executor.write(self.whole(samples.labels), 0, &labels)
    }

    fn set_parameters(&mut self, buffer: BufferId, replica: usize, tensors: &[Tensor]) -> Result<()> {
        for tensor in tensors {
            let view = self.training.plan.parameter(&tensor.name, buffer);
            self.executor.write(view, replica, &tensor.data)?;
        }
        Ok(())
    }

    async fn tensors(&self, buffer: BufferId, replica: usize) -> Result<Vec<Tensor>> {
        let mut tensors = Vec::new();
        for parameter in &self.training.plan.parameters {
            let data = self.executor.read(self.training.plan.parameter(&parameter.name, buffer), replica).await?;
            tensors.push(Tensor { name: parameter.name.clone(), shape: parameter.shape.clone(), data });
        }
        Ok(tensors)
    }

    /// The trained tensors of a replica.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub async fn weights(&self, replica: usize) -> Result<Vec<Tensor>> {
        self.tensors(self.training.state.parameters, replica).await
    }

    /// The gradients of the last step of a replica.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub async fn gradients(&self, replica: usize) -> Result<Vec<Tensor>> {
        self.tensors(self.training.state.gradients, replica).await
    }

    /// Adam's first and second moments of a replica.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub async fn moments(&self, replica: usize) -> Result<[Vec<Tensor>; 2]> {
        let state = self.training.state;
        Ok([self.tensors(state.first_moment, replica).await?, self.tensors(state.second_moment, replica).await?])
    }

    /// Sets Adam's moments in every replica, and the number of steps taken so far.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub fn set_moments(&mut self, first: &[Tensor], second: &[Tensor], steps: u32) -> Result<()> {
        let state = self.training.state;
        for replica in 0..self.training.plan.replicas {
            self.set_parameters(state.first_moment, replica, first)?;
            self.set_parameters(state.second_moment, replica, second)?;
        }
        self.steps = steps;
        Ok(())
    }

    /// Steps of a whole epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.training.train.count.div_ceil(self.capacity(self.training.train_step))
    }

    fn capacity(&self, program: ProgramId) -> usize {
        self.training.plan.programs[program.0].capacity
    }

    /// Trains one epoch and validates, one [`Epoch`] a replica. `progress(steps done)` is asked now
    /// and then whether to go on.
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
        let seconds = start.elapsed().as_secs_f64();
        self.evaluate().await?;
        let mut epochs = Vec::new();
        for (replica, order) in orders.iter().enumerate() {
            let (losses, correct) = self.results(self.training.train, replica, order).await?;
            let batch = self.capacity(self.training.train_step);
            let step_losses: Vec<f64> = losses.chunks(batch).map(mean).collect();
            let diverged = |what: String, loss: f64| {
                Err(Error::Failure(format!("training diverged: {what} is {loss}: use a smaller --learning-rate")))
            };
            if let Some(step) = step_losses.iter().position(|loss| !loss.is_finite()) {
                return diverged(format!("the loss of step {} of epoch {}", step + 1, self.epochs), step_losses[step]);
            }
            let train = tally(&losses, &correct);
            let in_order: Vec<u32> = (0..self.training.test.count as u32).collect();
            let (losses, correct) = self.results(self.training.test, replica, &in_order).await?;
            let val = tally(&losses, &correct);
            if !val.loss.is_finite() {
                return diverged(format!("the validation loss after epoch {}", self.epochs), val.loss);
            }
            epochs.push(Epoch {
                train_loss: train.loss / order.len() as f64,
                train_accuracy: train.correct as f64 / order.len() as f64,
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

    async fn evaluate(&mut self) -> Result<()> {
        let program = self.training.evaluate;
        let records: Vec<_> = steps(self.training.test.count, self.capacity(program)).collect();
        self.executor.set_records(program, &records)?;
        self.executor.run(program, 0..records.len(), &mut |_| true).await
    }

    /// Losses in the order of use, and whether each prediction was right.
    async fn results(&self, samples: Samples, replica: usize, order: &[u32]) -> Result<(Vec<f32>, Vec<bool>)> {
        let losses = self.executor.read(self.whole(samples.losses), replica).await?;
        let predicted: Vec<u32> = self.executor.read(self.whole(samples.predicted), replica).await?;
        let labels: Vec<u32> = self.executor.read(self.whole(samples.labels), 0).await?;
        let correct = predicted.iter().zip(order).map(|(&class, &i)| class == labels[i as usize]).collect();
        Ok((losses, correct))
    }

    /// The output of `layer` after ReLU for test sample `index`, as `[H, W, C]`.
    ///
    /// # Errors
    /// [`Error::Usage`] for an unknown layer or sample; [`Error::Failure`] where the backend fails.
    pub async fn features(&mut self, layer: &str, index: usize, replica: usize) -> Result<([usize; 3], Vec<f32>)> {
        let program = self.training.features;
        let activations = &self.training.plan.programs[program.0].activations;
        let view = activations.iter().find(|(name, _)| name == layer).map(|&(_, view)| view);
        let shape = self.network.layer(layer).map(crate::network::Layer::output);
        let (Some(view), Some(shape), true) = (view, shape, index < self.training.test.count) else {
            return Err(Error::Usage(format!("no layer {layer} or no test sample {index}")));
        };
        // The program also writes a loss and a class, where the last validation left its own.
        let record = StepRecord { start: index as u32, n: 1, alpha: 0.0, out: index as u32 };
        self.executor.set_records(program, &[record])?;
        self.executor.run(program, 0..1, &mut |_| true).await?;
        Ok((shape, self.executor.read(view, replica).await?))
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
