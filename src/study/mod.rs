//! Configurations × seeds, one group of models after the other, told to a [`Journal`] as they happen.
//!
//! A study knows neither which backend runs nor what a file is.

mod grid;
mod journal;

use crate::backend::Backend;
use crate::data::Dataset;
use crate::error::Result;
use crate::model::tensor::Tensor;
use crate::model::{Configuration, ModelId, Network};
use crate::train::{Divergence, TrainOptions, Trainer};
use grid::group;
pub use journal::Journal;

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

/// A model whose training ended early.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DivergedModel {
    /// The model.
    pub model: ModelId,
    /// Where its loss ceased to be a finite number.
    pub divergence: Divergence,
}

impl Study {
    /// Finds whatever makes no network or no plan before anything is trained or written. Returns
    /// the bytes of the largest plan's buffers.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] naming the configuration, and the layer or the buffer.
    pub fn check(&self, backend: &Backend, data: &Dataset) -> Result<u64> {
        let mut largest = 0;
        for &configuration in &self.configurations {
            let network = self.network(configuration, data)?;
            let group = group(&self.train, backend, data, &network).map_err(|error| error.at(configuration))?;
            largest = largest.max(group.bytes);
        }
        Ok(largest)
    }

    fn network(&self, configuration: Configuration, data: &Dataset) -> Result<Network> {
        let image = [data.train.height, data.train.width];
        Network::new(image, configuration).map_err(|error| error.at(configuration))
    }
}

/// Trains every configuration with every seed. Returns the models that diverged; all others are whole.
///
/// # Errors
/// [`crate::Error::Usage`] for options that make no network, before anything is trained;
/// [`crate::Error::Interrupted`] where the journal stopped it; what the backend or the journal
/// fails at.
pub async fn run(
    backend: &Backend,
    data: &Dataset,
    study: &Study,
    journal: &mut impl Journal,
) -> Result<Vec<DivergedModel>> {
    let network = |&configuration: &Configuration| study.network(configuration, data);
    let networks: Vec<_> = study.configurations.iter().map(network).collect::<Result<_>>()?;
    let mut diverged = Vec::new();
    for (&configuration, network) in study.configurations.iter().zip(&networks) {
        let replicas = group(&study.train, backend, data, network)?.replicas;
        for seeds in study.train.seeds.chunks(replicas) {
            let options = TrainOptions { seeds: seeds.to_vec(), ..study.train.clone() };
            let trainer = Trainer::new(backend, network, data, &options, study.weights.as_deref()).await;
            let trainer = trainer.map_err(|error| error.at(configuration))?;
            diverged.extend(train(trainer, configuration, study.epochs, journal).await?);
        }
    }
    Ok(diverged)
}

/// Trains the models of one group side by side.
async fn train(
    mut trainer: Trainer,
    configuration: Configuration,
    epochs: u32,
    journal: &mut impl Journal,
) -> Result<Vec<DivergedModel>> {
    let seeds = trainer.seeds().to_vec();
    let mut diverged: Vec<Option<DivergedModel>> = vec![None; seeds.len()];
    journal.start(&configuration, trainer.network(), trainer.steps_per_epoch())?;
    journal.ready(&configuration, trainer.setup_seconds());
    for epoch in 1..=epochs {
        let results = trainer.epoch(&mut |done| journal.steps(epoch, done)).await;
        let results = results.map_err(|error| error.at(configuration))?;
        for (replica, result) in results.iter().enumerate() {
            if diverged[replica].is_some() {
                continue;
            }
            let model = ModelId { configuration, seed: seeds[replica] };
            journal.epoch(model, epoch, result)?;
            if let Some(divergence) = result.divergence {
                journal.diverged(model, &divergence)?;
                diverged[replica] = Some(DivergedModel { model, divergence });
            }
        }
        if diverged.iter().all(Option::is_some) {
            break;
        }
    }
    for (replica, &seed) in seeds.iter().enumerate() {
        if diverged[replica].is_none() {
            journal.trained(ModelId { configuration, seed }, trainer.model(replica)).await?;
        }
    }
    Ok(diverged.into_iter().flatten().collect())
}
