//! Configurations × seeds, one group of models after the other, told to a [`Journal`] as they happen.
//!
//! A study knows neither which backend runs nor what a file is.

mod grid;
mod group;
mod journal;
pub mod measure;
mod resume;

use crate::backend::Backend;
use crate::data::Dataset;
use crate::error::Result;
use crate::model::tensor::Tensor;
use crate::model::{Configuration, LeftOut, ModelId, Network, possible};
use crate::train::{Divergence, TrainOptions, Trainer};
pub use grid::SIDE_BY_SIDE_BYTES;
use grid::group;
use group::train;
pub use journal::Journal;
pub use resume::Resume;

/// What to train.
#[derive(Debug, Clone, PartialEq)]
pub struct Study {
    /// Configurations, in order.
    pub configurations: Vec<Configuration>,
    /// Classes of the data.
    pub classes: usize,
    /// Epochs of each; with 0 the initial weights are evaluated and nothing is trained.
    pub epochs: u32,
    /// How each is trained.
    pub train: TrainOptions,
    /// Initial weights instead of random ones.
    pub weights: Option<Vec<Tensor>>,
    /// Bytes that the buffers of models which train side by side may take; see [`SIDE_BY_SIDE_BYTES`].
    pub room: u64,
    /// Seconds after which the journal is given a snapshot within an epoch; it is given one after every epoch.
    pub checkpoint_seconds: Option<f64>,
    /// What an earlier sitting left.
    pub resume: Resume,
}

/// A model whose training ended early.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DivergedModel {
    /// The model.
    pub model: ModelId,
    /// Where its loss ceased to be a finite number.
    pub divergence: Divergence,
}

/// What [`Study::check`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Bytes of the largest plan's buffers.
    pub bytes: u64,
    /// Bytes of host memory that a snapshot of its models takes beside them.
    pub snapshot_bytes: u64,
    /// Configurations that make no network or no plan, and why.
    pub left_out: Vec<LeftOut>,
}

impl Study {
    /// Leaves out the configurations that make no network of these images, or no plan on this backend, before anything
    /// is trained or written. At least one remains.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] where none remains, naming the first configuration, and its layer or buffer.
    pub fn check(&mut self, backend: &Backend, data: &Dataset) -> Result<Checked> {
        let (mut bytes, mut snapshot_bytes) = (0, 0);
        let found = possible(self.configurations.iter().copied(), |&configuration| {
            let group = group(&self.train, self.room, backend, data, &self.network(configuration, data)?)?;
            bytes = bytes.max(group.bytes);
            snapshot_bytes = snapshot_bytes.max(group.snapshot_bytes);
            Ok(configuration)
        })?;
        self.configurations = found.made;
        Ok(Checked { bytes, snapshot_bytes, left_out: found.left_out })
    }

    /// The network of a configuration.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] where there is none, as for [`Network::new`] and [`Network::with_classes`].
    pub fn network(&self, configuration: Configuration, data: &Dataset) -> Result<Network> {
        Network::new([data.train.height, data.train.width], configuration)?.with_classes(self.classes)
    }
}

/// Trains every configuration with every seed that [`Study::resume`] has not settled. Returns the models that diverged;
/// all others are whole.
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
    let network =
        |&configuration: &Configuration| study.network(configuration, data).map_err(|error| error.at(configuration));
    let networks: Vec<_> = study.configurations.iter().map(network).collect::<Result<_>>()?;
    let mut diverged = Vec::new();
    for (&configuration, network) in study.configurations.iter().zip(&networks) {
        let replicas = group(&study.train, study.room, backend, data, network)?.replicas;
        for seeds in study.resume.groups(configuration, &study.train.seeds, replicas) {
            let options = TrainOptions { seeds, ..study.train.clone() };
            let trainer = Trainer::new(backend, network, data, &options, study.weights.as_deref()).await;
            let trainer = trainer.map_err(|error| error.at(configuration))?;
            diverged.extend(match study.epochs {
                0 => evaluate(trainer, configuration, data, journal).await?,
                _ => train(trainer, configuration, data, study, journal).await?,
            });
        }
    }
    Ok(diverged)
}

/// Lets the journal inspect a finished model of this study, which has these weights: nothing is trained.
///
/// # Errors
/// As [`run`].
pub async fn inspect(
    backend: &Backend,
    data: &Dataset,
    study: &Study,
    model: ModelId,
    weights: &[Tensor],
    journal: &mut impl Journal,
) -> Result<()> {
    let network = study.network(model.configuration, data)?;
    let options = TrainOptions { seeds: vec![model.seed], ..study.train.clone() };
    let mut trainer = Trainer::new(backend, &network, data, &options, Some(weights)).await?;
    journal.inspect(model, trainer.model_with(0, weights.to_vec())).await
}

/// Evaluates the initial weights of the models of one group, side by side.
async fn evaluate(
    mut trainer: Trainer,
    configuration: Configuration,
    data: &Dataset,
    journal: &mut impl Journal,
) -> Result<Vec<DivergedModel>> {
    let mut diverged = Vec::new();
    journal.start(&configuration, trainer.network(), trainer.steps_per_epoch())?;
    journal.ready(&configuration, trainer.setup_seconds());
    let results = trainer.untrained(data, &mut |_| journal.steps(0, 0)).await;
    let results = results.map_err(|error| error.at(configuration))?;
    let models: Vec<_> = trainer.seeds().iter().map(|&seed| ModelId { configuration, seed }).collect();
    let mut sound = Vec::new();
    journal.epoch(0, &models.iter().copied().zip(&results).collect::<Vec<_>>())?;
    for (replica, (&model, result)) in models.iter().zip(&results).enumerate() {
        match result.divergence {
            Some(divergence) => {
                journal.diverged(model, &divergence)?;
                diverged.push(DivergedModel { model, divergence });
            }
            None => sound.push(replica),
        }
    }
    if !sound.is_empty() {
        journal.measure(&models, trainer.group()).await?;
    }
    for replica in sound {
        journal.trained(models[replica], trainer.model(replica)).await?;
    }
    journal.settled(&models)?;
    Ok(diverged)
}
