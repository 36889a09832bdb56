//! Configurations × seeds, one after the other, told to an observer as they happen.

use crate::backend::Backend;
use crate::data::Dataset;
use crate::error::Result;
use crate::model::network::{Configuration, Network};
use crate::model::tensor::Tensor;
use crate::plan::{Buffer, TrainingPlan};
use crate::train::{Epoch, TrainOptions, Trainer};

/// Seeds train side by side in at most so much memory, and the rest after them: the buffers of ten
/// models of the largest of the tutorial's networks take half of it.
const SIDE_BY_SIDE_BYTES: u64 = 2 << 30;

/// What to train.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Configurations, in order.
    pub configurations: Vec<Configuration>,
    /// Epochs of each.
    pub epochs: u32,
    /// How each is trained.
    pub train: TrainOptions,
    /// Initial weights instead of random ones.
    pub weights: Option<Vec<Tensor>>,
}

/// Feature maps of one layer on one image, `[H, W, C]`.
#[derive(Debug, Clone, PartialEq)]
pub struct Features {
    /// Height, width, channels.
    pub shape: [usize; 3],
    /// Values after ReLU.
    pub data: Vec<f32>,
}

impl Study {
    /// Finds whatever makes no network or no plan before anything is trained or written. Returns
    /// the bytes of the largest plan's buffers.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] naming the layer or the buffer.
    pub fn check(&self, backend: &Backend, data: &Dataset) -> Result<u64> {
        let mut largest = 0;
        for &configuration in &self.configurations {
            let network = Network::new([data.train.height, data.train.width], configuration)?;
            largest = largest.max(self.side_by_side(backend, data, &network)?.1);
        }
        Ok(largest)
    }

    /// How many seeds train in one plan, all of them where its buffers fit the backend, and the
    /// bytes of that plan's buffers.
    fn side_by_side(&self, backend: &Backend, data: &Dataset, network: &Network) -> Result<(usize, u64)> {
        let mut options = self.train.plan_options(backend, data);
        loop {
            match TrainingPlan::new(network, &options) {
                Ok(training) => {
                    let bytes = training.plan.buffers.iter().map(Buffer::bytes).sum();
                    if bytes <= SIDE_BY_SIDE_BYTES || options.replicas == 1 {
                        return Ok((options.replicas, bytes));
                    }
                    options.replicas = options.replicas.div_ceil(2);
                }
                Err(_) if options.replicas > 1 => options.replicas = options.replicas.div_ceil(2),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Hears what happens.
pub trait Observer {
    /// A network is about to train, with so many steps an epoch.
    ///
    /// # Errors
    /// Whatever the observer fails at ends the study.
    fn start(&mut self, configuration: &Configuration, network: &Network, steps_per_epoch: usize) -> Result<()>;
    /// So many steps of epoch `epoch` (from 1) are done; `false` stops at this step boundary.
    fn steps(&mut self, epoch: u32, done: usize) -> bool;
    /// Epoch `epoch` of the replica with `seed` is done.
    ///
    /// # Errors
    /// As [`Observer::start`].
    fn epoch(&mut self, configuration: &Configuration, seed: u64, epoch: u32, result: &Epoch) -> Result<()>;
    /// A replica's training is done.
    ///
    /// # Errors
    /// As [`Observer::start`].
    fn trained(&mut self, configuration: &Configuration, seed: u64, weights: &[Tensor], conv1: &Features)
    -> Result<()>;
}

/// Trains every configuration.
///
/// # Errors
/// [`crate::Error::Usage`] for options that make no network, before anything is trained;
/// [`crate::Error::Interrupted`] where the observer stopped it; what the backend or the observer
/// fails at.
pub async fn run(backend: &Backend, data: &Dataset, study: &Study, observer: &mut dyn Observer) -> Result<()> {
    let image = [data.train.height, data.train.width];
    let networks: Vec<_> = study.configurations.iter().map(|&c| Network::new(image, c)).collect::<Result<_>>()?;
    for (configuration, network) in study.configurations.iter().zip(&networks) {
        let (replicas, _) = study.side_by_side(backend, data, network)?;
        for seeds in study.train.seeds.chunks(replicas) {
            let options = TrainOptions { seeds: seeds.to_vec(), ..study.train.clone() };
            train(backend, data, study, (configuration, network, &options), observer).await?;
        }
    }
    Ok(())
}

/// Trains the models of some seeds side by side.
async fn train(
    backend: &Backend,
    data: &Dataset,
    study: &Study,
    (configuration, network, options): (&Configuration, &Network, &TrainOptions),
    observer: &mut dyn Observer,
) -> Result<()> {
    let mut trainer = Trainer::new(backend, network, data, options, study.weights.as_deref()).await?;
    observer.start(configuration, network, trainer.steps_per_epoch())?;
    for epoch in 1..=study.epochs {
        let results = trainer.epoch(&mut |done| observer.steps(epoch, done)).await;
        let results = results.map_err(|error| error.at(configuration))?;
        for (&seed, result) in options.seeds.iter().zip(&results) {
            observer.epoch(configuration, seed, epoch, result)?;
        }
    }
    for (replica, &seed) in options.seeds.iter().enumerate() {
        let weights = trainer.weights(replica).await?;
        let (shape, data) = trainer.features("conv1", 0, replica).await?;
        observer.trained(configuration, seed, &weights, &Features { shape, data })?;
    }
    Ok(())
}
