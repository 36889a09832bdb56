//! The one training loop, for both backends.
//!
//! An epoch's step records and sample order are uploaded once; then the backend runs its steps
//! without a word to the host, and one read brings back every sample's loss and predicted class.
//! The host sums them in `f64`.
//!
//! [`Trainer`] trains the models of several seeds side by side, one replica each. A replica whose loss is no finite
//! number any more is marked ([`Epoch::divergence`]), and the others go on: no replica reads what another one wrote.

mod ask;
mod divergence;
mod epoch;
mod gradients;
mod inspect;
mod options;
mod results;
mod snapshot;
mod state;

use web_time::Instant;

use crate::backend::{Backend, Executor};
use crate::data::{Dataset, order};
use crate::error::Result;
use crate::model::tensor::Tensor;
use crate::model::{Network, init};
use crate::plan::{ProgramId, Samples, StepRecord, TrainingPlan, upload};
pub use divergence::Divergence;
pub use epoch::Epoch;
pub use gradients::GradientNorm;
pub use inspect::{Evaluation, Features, TrainedGroup, TrainedModel};
pub use options::TrainOptions;
pub use snapshot::{BegunEpoch, Snapshot};
pub use state::ModelState;

/// A network with its state on a backend.
pub struct Trainer {
    executor: Executor,
    training: TrainingPlan,
    network: Network,
    options: TrainOptions,
    train_labels: Vec<u8>,
    test_labels: Vec<u8>,
    /// By replica, from when it diverged.
    diverged: Vec<Option<Divergence>>,
    /// By replica, the first loss of its weights, before any update.
    first_loss: Vec<Option<f64>>,
    /// Whether the last epoch ended before its time: which steps the backend has taken is not known then.
    interrupted: bool,
    /// From the call of [`Trainer::new`] until it was ready to train.
    setup_seconds: f64,
    /// Steps taken, Adam's `t` of the last update.
    steps: u32,
    /// Epochs begun.
    epochs: u32,
    /// The epoch under way.
    begun: Option<epoch::EpochUnderWay>,
}

impl Trainer {
    /// Compiles the plan, uploads the data and the initial weights: `weights` in every replica, or
    /// Glorot uniform values of each replica's seed. A step without samples is run first, because a driver may compile
    /// a kernel when it first runs: the times of epochs are those of training alone.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] for options that make no plan; [`crate::Error::Failure`] where the backend fails.
    pub async fn new(
        backend: &Backend,
        network: &Network,
        data: &Dataset,
        options: &TrainOptions,
        weights: Option<&[Tensor]>,
    ) -> Result<Self> {
        let start = Instant::now();
        for split in [&data.train, &data.test] {
            split.check(network.image(), network.classes)?;
        }
        let training = TrainingPlan::new(network, &options.plan_options(backend, data))?;
        let executor = backend.prepare(&training.plan).await?;
        let mut trainer = Trainer {
            executor,
            training,
            network: network.clone(),
            options: options.clone(),
            train_labels: data.train.labels.clone(),
            test_labels: data.test.labels.clone(),
            diverged: vec![None; options.seeds.len()],
            first_loss: vec![None; options.seeds.len()],
            interrupted: false,
            setup_seconds: 0.0,
            steps: 0,
            epochs: 0,
            begun: None,
        };
        for (samples, split) in [(trainer.training.train, &data.train), (trainer.training.test, &data.test)] {
            let executor = &mut trainer.executor;
            let split = split.crop(network.crop)?;
            upload::samples(&trainer.training.plan, samples, &split, |view, bytes| executor.write(view, 0, bytes))?;
        }
        trainer.warm_up().await?;
        for replica in 0..options.seeds.len() {
            trainer.set_file_order(trainer.training.test, replica)?;
            trainer.set_file_order(trainer.training.probe, replica)?;
            let initial = weights.map_or_else(|| init::parameters(network, options.seeds[replica]), <[_]>::to_vec);
            trainer.set_parameters(trainer.training.state.parameters, replica, &initial)?;
        }
        trainer.setup_seconds = start.elapsed().as_secs_f64();
        Ok(trainer)
    }

    /// Runs a training step of no active row where there is something to compile. All gradients are 0 and α is, so that the moments, still 0, stay so.
    async fn warm_up(&mut self) -> Result<()> {
        if let Executor::Cpu(_) = self.executor {
            return Ok(());
        }
        let program = self.training.train_step;
        self.executor.set_records(program, &[StepRecord::default()])?;
        self.executor.run(program, 0..1, &mut |_| true).await
    }

    /// Seconds from the call of [`Trainer::new`] until all was ready to train: memory, compilation, uploads.
    pub fn setup_seconds(&self) -> f64 {
        self.setup_seconds
    }

    /// Takes the samples in the order in which they were uploaded.
    fn set_file_order(&mut self, samples: Samples, replica: usize) -> Result<()> {
        let order = order(0, 1, samples.count, false);
        self.executor.write(self.training.plan.whole(samples.order), replica, &order)
    }

    /// Steps of a whole epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.training.train.count.div_ceil(self.capacity(self.training.train_step))
    }

    /// One seed a replica.
    pub fn seeds(&self) -> &[u64] {
        &self.options.seeds
    }

    /// The network that is trained.
    pub fn network(&self) -> &Network {
        &self.network
    }

    fn capacity(&self, program: ProgramId) -> usize {
        self.training.plan.programs[program.0].capacity
    }
}
