//! Configurations × seeds, one group of models after the other, told to a [`Journal`] as they happen.
//!
//! A study knows neither which backend runs nor what a file is.

mod grid;
mod journal;
pub mod measure;

use crate::backend::Backend;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::model::tensor::Tensor;
use crate::model::{Configuration, LeftOut, ModelId, Network, possible};
use crate::train::{Divergence, TrainOptions, Trainer};
pub use grid::SIDE_BY_SIDE_BYTES;
use grid::group;
pub use journal::Journal;

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
        let mut bytes = 0;
        let found = possible(self.configurations.iter().copied(), |&configuration| {
            let group = group(&self.train, self.room, backend, data, &self.network(configuration, data)?)?;
            bytes = bytes.max(group.bytes);
            Ok(configuration)
        })?;
        self.configurations = found.made;
        Ok(Checked { bytes, left_out: found.left_out })
    }

    /// The network of a configuration.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] where there is none, as for [`Network::new`] and [`Network::with_classes`].
    pub fn network(&self, configuration: Configuration, data: &Dataset) -> Result<Network> {
        Network::new([data.train.height, data.train.width], configuration)?.with_classes(self.classes)
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
    let network =
        |&configuration: &Configuration| study.network(configuration, data).map_err(|error| error.at(configuration));
    let networks: Vec<_> = study.configurations.iter().map(network).collect::<Result<_>>()?;
    let mut diverged = Vec::new();
    for (&configuration, network) in study.configurations.iter().zip(&networks) {
        let replicas = group(&study.train, study.room, backend, data, network)?.replicas;
        for seeds in study.train.seeds.chunks(replicas) {
            let options = TrainOptions { seeds: seeds.to_vec(), ..study.train.clone() };
            let trainer = Trainer::new(backend, network, data, &options, study.weights.as_deref()).await;
            let trainer = trainer.map_err(|error| error.at(configuration))?;
            diverged.extend(match study.epochs {
                0 => evaluate(trainer, configuration, data, journal).await?,
                epochs => train(trainer, configuration, epochs, journal).await?,
            });
        }
    }
    Ok(diverged)
}

/// Trains the models of one group side by side. Where that ends early, the journal receives the weights that every
/// model had after its last whole epoch.
async fn train(
    mut trainer: Trainer,
    configuration: Configuration,
    epochs: u32,
    journal: &mut impl Journal,
) -> Result<Vec<DivergedModel>> {
    let mut group = Vec::new();
    for &seed in trainer.seeds() {
        group.push(GroupMember { model: ModelId { configuration, seed }, diverged: None, last: None });
    }
    journal.start(&configuration, trainer.network(), trainer.steps_per_epoch())?;
    journal.ready(&configuration, trainer.setup_seconds());
    let Err(ended) = train_epochs(&mut trainer, &mut group, epochs, journal).await else {
        return Ok(group.into_iter().filter_map(|member| member.diverged).collect());
    };
    let mut error = ended.error;
    let kept: Vec<_> = group.into_iter().map(|member| (member.model, member.last)).enumerate().collect();
    for (_, (model, last)) in &kept {
        let Some(EpochWeights { epoch, weights }) = last else { continue };
        if let Err(other) = journal.unfinished(*model, *epoch, weights) {
            error = match error {
                Error::Interrupted => other,
                first => first.and(&format!("; the weights of {model} could not be saved either")),
            };
            break;
        }
    }
    // A backend that has failed is not asked again.
    if ended.answers {
        for (replica, (model, last)) in kept {
            let Some(EpochWeights { weights, .. }) = last else { continue };
            if trainer.set_weights(replica, &weights).is_ok() {
                // What is drawn of it is a gift: the first error is the one to tell.
                let _ = journal.inspect(model, trainer.model(replica)).await;
            }
        }
    }
    Err(error)
}

/// A model of a group while it trains.
struct GroupMember {
    model: ModelId,
    diverged: Option<DivergedModel>,
    /// None before the first epoch ends, and once the journal has the trained model.
    last: Option<EpochWeights>,
}

/// The weights after an epoch.
struct EpochWeights {
    epoch: u32,
    weights: Vec<Tensor>,
}

/// Why a group's training ended early.
struct EarlyEnd {
    error: Error,
    /// Whether the backend still computes.
    answers: bool,
}

impl EarlyEnd {
    /// The journal failed.
    fn of_journal(error: Error) -> Self {
        EarlyEnd { error, answers: true }
    }

    /// The backend failed, or somebody stopped it.
    fn of_backend(error: Error) -> Self {
        EarlyEnd { answers: error == Error::Interrupted, error }
    }
}

async fn train_epochs(
    trainer: &mut Trainer,
    group: &mut [GroupMember],
    epochs: u32,
    journal: &mut impl Journal,
) -> Result<(), EarlyEnd> {
    for epoch in 1..=epochs {
        let results = trainer.epoch(&mut |done| journal.steps(epoch, done)).await;
        let configuration = group[0].model.configuration;
        let results = results.map_err(|error| EarlyEnd::of_backend(error.at(configuration)))?;
        for (replica, result) in results.iter().enumerate() {
            let member = &mut group[replica];
            if member.diverged.is_some() {
                continue;
            }
            journal.epoch(member.model, epoch, result).map_err(EarlyEnd::of_journal)?;
            if let Some(divergence) = result.divergence {
                journal.diverged(member.model, &divergence).map_err(EarlyEnd::of_journal)?;
                member.diverged = Some(DivergedModel { model: member.model, divergence });
                member.last = None;
            }
        }
        // Every row is told before the backend is asked again: it may fail.
        for (replica, member) in group.iter_mut().enumerate().filter(|(_, member)| member.diverged.is_none()) {
            let weights = trainer.weights(replica).await.map_err(EarlyEnd::of_backend)?;
            member.last = Some(EpochWeights { epoch, weights });
        }
        if group.iter().all(|member| member.diverged.is_some()) {
            break;
        }
    }
    if group.iter().any(|member| member.diverged.is_none()) {
        let models: Vec<_> = group.iter().map(|member| member.model).collect();
        journal.measure(&models, trainer.group()).await.map_err(EarlyEnd::of_journal)?;
    }
    for (replica, member) in group.iter_mut().enumerate() {
        if member.diverged.is_none() {
            journal.trained(member.model, trainer.model(replica)).await.map_err(EarlyEnd::of_journal)?;
            member.last = None;
        }
    }
    Ok(())
}

/// Evaluates the initial weights of the models of one group, one after the other.
async fn evaluate(
    mut trainer: Trainer,
    configuration: Configuration,
    data: &Dataset,
    journal: &mut impl Journal,
) -> Result<Vec<DivergedModel>> {
    let mut diverged = Vec::new();
    journal.start(&configuration, trainer.network(), trainer.steps_per_epoch())?;
    journal.ready(&configuration, trainer.setup_seconds());
    let models: Vec<_> = trainer.seeds().iter().map(|&seed| ModelId { configuration, seed }).collect();
    let mut sound = Vec::new();
    for (replica, &model) in models.iter().enumerate() {
        let result = trainer.untrained(data, replica, &mut |_| journal.steps(0, 0)).await;
        let result = result.map_err(|error| error.at(configuration))?;
        journal.epoch(model, 0, &result)?;
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
    Ok(diverged)
}
