//! The one training loop, for both backends.
//!
//! An epoch's step records and sample order are uploaded once; then the backend runs its steps
//! without a word to the host, and one read brings back every sample's loss and predicted class.
//! The host sums them in `f64`.

mod epoch;
mod options;
mod state;

use crate::backend::{Backend, Executor};
use crate::data::{Dataset, Split, order};
use crate::error::{Error, Result};
use crate::model::init;
use crate::model::network::Network;
use crate::model::tensor::Tensor;
use crate::plan::{BufferId, ProgramId, Samples, StepRecord, TrainingPlan, View};
pub use epoch::Epoch;
pub use options::TrainOptions;

/// A network with its state on a backend.
pub struct Trainer {
    executor: Executor,
    training: TrainingPlan,
    network: Network,
    options: TrainOptions,
    /// Steps taken, Adam's `t` of the last update.
    steps: u32,
    epochs: u32,
}

impl Trainer {
    /// Compiles the plan, uploads the data and the initial weights: `weights` in every replica, or
    /// Glorot uniform values of each replica's seed.
    ///
    /// # Errors
    /// [`Error::Usage`] for options that make no plan; [`Error::Failure`] where the backend fails.
    pub async fn new(
        backend: &Backend,
        network: &Network,
        data: &Dataset,
        options: &TrainOptions,
        weights: Option<&[Tensor]>,
    ) -> Result<Self> {
        for split in [&data.train, &data.test] {
            split.check([network.input[0], network.input[1]], network.classes)?;
        }
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

    /// Steps of a whole epoch.
    pub fn steps_per_epoch(&self) -> usize {
        self.training.train.count.div_ceil(self.capacity(self.training.train_step))
    }

    fn capacity(&self, program: ProgramId) -> usize {
        self.training.plan.programs[program.0].capacity
    }

    /// The output of `layer` after ReLU for test sample `index`, as `[H, W, C]`.
    ///
    /// # Errors
    /// [`Error::Usage`] for an unknown layer or sample; [`Error::Failure`] where the backend fails.
    pub async fn features(&mut self, layer: &str, index: usize, replica: usize) -> Result<([usize; 3], Vec<f32>)> {
        let program = self.training.features;
        let activations = &self.training.plan.programs[program.0].activations;
        let view = activations.iter().find(|(name, _)| name == layer).map(|&(_, view)| view);
        let shape = self.network.layer(layer).map(crate::model::network::Layer::output);
        let (Some(view), Some(shape), true) = (view, shape, index < self.training.test.count) else {
            return Err(Error::usage(format!("no layer {layer} or no test sample {index}")));
        };
        // The program also writes a loss and a class, where the last validation left its own.
        let record = StepRecord { start: index as u32, n: 1, alpha: 0.0, out: index as u32 };
        self.executor.set_records(program, &[record])?;
        self.executor.run(program, 0..1, &mut |_| true).await?;
        Ok((shape, self.executor.read(view, replica).await?))
    }
}
