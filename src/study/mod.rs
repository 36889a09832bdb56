//! Configurations × seeds, one group of models after the other, told to a [`Journal`] as they happen.
//!
//! A study knows neither which backend runs nor what a file is.

mod grid;
mod journal;
mod resume;

use web_time::Instant;

use crate::backend::Backend;
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::model::tensor::Tensor;
use crate::model::{Configuration, LeftOut, ModelId, Network, possible};
use crate::train::{Divergence, Epoch, TrainOptions, Trainer};
pub use grid::SIDE_BY_SIDE_BYTES;
use grid::group;
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
                _ => train(trainer, configuration, study, journal).await?,
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

/// Trains the models of one group side by side. Where that ends early, the journal receives the weights that every
/// model had after its last whole epoch.
async fn train(
    trainer: Trainer,
    configuration: Configuration,
    study: &Study,
    journal: &mut impl Journal,
) -> Result<Vec<DivergedModel>> {
    let member = |&seed: &u64| GroupMember { model: ModelId { configuration, seed }, diverged: None, told: false };
    let members: Vec<_> = trainer.seeds().iter().map(member).collect();
    let mut group = TrainingGroup { trainer, configuration, members, last: None };
    let first = group.begin(journal)?;
    let Err(ended) = group.epochs(first..=study.epochs, study.checkpoint_seconds, journal).await else {
        return Ok(group.members.into_iter().filter_map(|member| member.diverged).collect());
    };
    Err(group.end_early(ended, journal).await)
}

/// Models that train side by side.
struct TrainingGroup {
    trainer: Trainer,
    configuration: Configuration,
    /// By replica.
    members: Vec<GroupMember>,
    /// None before the first epoch ends.
    last: Option<EpochWeights>,
}

/// A model of a group while it trains.
struct GroupMember {
    model: ModelId,
    diverged: Option<DivergedModel>,
    /// Whether the journal has the trained model.
    told: bool,
}

/// The weights after an epoch, of the models that had not diverged.
struct EpochWeights {
    epoch: u32,
    seeds: Vec<u64>,
    /// A row a seed, as in [`crate::train::Snapshot`].
    weights: Vec<f32>,
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

impl TrainingGroup {
    /// Tells the journal of the group, and puts back what it has of it. Returns the epoch that follows.
    fn begin(&mut self, journal: &mut impl Journal) -> Result<u32> {
        journal.start(&self.configuration, self.trainer.network(), self.trainer.steps_per_epoch())?;
        journal.ready(&self.configuration, self.trainer.setup_seconds());
        let Some(snapshot) = journal.resume(&self.models())? else { return Ok(1) };
        self.trainer.restore(&snapshot).map_err(|error| error.at(self.configuration))?;
        let following = snapshot.epoch + 1;
        // Within an epoch the weights after the last whole one are not known.
        if snapshot.begun.is_none() {
            self.last = Some(EpochWeights { epoch: snapshot.epoch, seeds: snapshot.seeds, weights: snapshot.weights });
        }
        Ok(following)
    }

    fn models(&self) -> Vec<ModelId> {
        self.members.iter().map(|member| member.model).collect()
    }

    /// The weights after the last whole epoch of a replica, where there is one, and that epoch.
    fn last_weights(&self, replica: usize) -> Option<Result<(u32, Vec<Tensor>)>> {
        let EpochWeights { epoch, seeds, weights } = self.last.as_ref()?;
        let row = seeds.iter().position(|&seed| seed == self.members[replica].model.seed)?;
        Some(self.trainer.tensors_of(weights, row).map(|tensors| (*epoch, tensors)))
    }

    /// Trains these epochs, and hands the trained models to the journal.
    async fn epochs(
        &mut self,
        epochs: std::ops::RangeInclusive<u32>,
        checkpoint_seconds: Option<f64>,
        journal: &mut impl Journal,
    ) -> Result<(), EarlyEnd> {
        for epoch in epochs {
            let results = self.epoch(epoch, checkpoint_seconds, journal).await?;
            for (member, result) in self.members.iter_mut().zip(&results) {
                if member.diverged.is_some() {
                    continue;
                }
                journal.epoch(member.model, epoch, result).map_err(EarlyEnd::of_journal)?;
                if let Some(divergence) = result.divergence {
                    journal.diverged(member.model, &divergence).map_err(EarlyEnd::of_journal)?;
                    member.diverged = Some(DivergedModel { model: member.model, divergence });
                }
            }
            // Every row is told before the backend is asked again: it may fail.
            let snapshot = self.trainer.snapshot().await.map_err(EarlyEnd::of_backend)?;
            let kept = journal.checkpoint(&self.configuration, &snapshot).map_err(EarlyEnd::of_journal);
            self.last = Some(EpochWeights { epoch, seeds: snapshot.seeds, weights: snapshot.weights });
            kept?;
            if self.members.iter().all(|member| member.diverged.is_some()) {
                break;
            }
        }
        for replica in 0..self.members.len() {
            let Some(weights) = self.last_weights(replica) else { continue };
            let (_, weights) = weights.map_err(EarlyEnd::of_journal)?;
            let model = self.trainer.model_with(replica, weights);
            journal.trained(self.members[replica].model, model).await.map_err(EarlyEnd::of_journal)?;
            self.members[replica].told = true;
        }
        journal.settled(&self.models()).map_err(EarlyEnd::of_journal)
    }

    /// Trains one epoch, with a snapshot for the journal every so many seconds.
    async fn epoch(
        &mut self,
        epoch: u32,
        checkpoint_seconds: Option<f64>,
        journal: &mut impl Journal,
    ) -> Result<Vec<Epoch>, EarlyEnd> {
        let at = |error: Error| EarlyEnd::of_backend(error.at(self.configuration));
        self.trainer.begin_epoch().map_err(at)?;
        let steps = self.trainer.steps_per_epoch();
        let mut since = Instant::now();
        // Seconds that a step took last.
        let mut pace = None;
        while let Some(taken) = self.trainer.steps_taken().filter(|&taken| taken < steps) {
            // Steps are taken together up to the next snapshot: a backend is slower where it is stopped more often.
            let count = checkpoint_seconds.map_or(steps, |seconds| {
                let left = seconds - since.elapsed().as_secs_f64();
                pace.map_or(1, |pace: f64| (left / pace) as usize)
            });
            let end = taken.saturating_add(count.max(1)).min(steps);
            let start = Instant::now();
            self.trainer.advance(end, &mut |done| journal.steps(epoch, done)).await.map_err(at)?;
            pace = Some(start.elapsed().as_secs_f64() / (end - taken) as f64);
            if end < steps && checkpoint_seconds.is_some_and(|seconds| since.elapsed().as_secs_f64() >= seconds) {
                let snapshot = self.trainer.snapshot().await.map_err(EarlyEnd::of_backend)?;
                journal.checkpoint(&self.configuration, &snapshot).map_err(EarlyEnd::of_journal)?;
                since = Instant::now();
            }
        }
        self.trainer.end_epoch(&mut || journal.steps(epoch, steps)).await.map_err(at)
    }

    /// Gives the journal what there is of models that are not trained to their end. Returns the error to tell.
    async fn end_early(mut self, ended: EarlyEnd, journal: &mut impl Journal) -> Error {
        let mut error = ended.error;
        let mut kept = Vec::new();
        let mut saves = true;
        for (replica, member) in self.members.iter().enumerate().filter(|(_, member)| !member.told) {
            let Some(weights) = self.last_weights(replica) else { continue };
            let told = weights.and_then(|(epoch, weights)| {
                let told = if saves { journal.unfinished(member.model, epoch, &weights) } else { Ok(()) };
                kept.push((replica, weights));
                told
            });
            if let Err(other) = told {
                saves = false;
                error = match error {
                    Error::Interrupted => other,
                    first => first.and(&format!("; the weights of {} could not be saved either", member.model)),
                };
            }
        }
        // A backend that has failed is not asked again.
        if ended.answers {
            for (replica, weights) in kept {
                let model = self.members[replica].model;
                if self.trainer.set_weights(replica, &weights).is_ok() {
                    // What is drawn of it is a gift: the first error is the one to tell.
                    let _ = journal.inspect(model, self.trainer.model_with(replica, weights)).await;
                }
            }
        }
        error
    }
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
    let models = trainer.seeds().iter().map(|&seed| ModelId { configuration, seed });
    let models: Vec<_> = models.collect();
    for (replica, (&model, result)) in models.iter().zip(&results).enumerate() {
        journal.epoch(model, 0, result)?;
        match result.divergence {
            Some(divergence) => {
                journal.diverged(model, &divergence)?;
                diverged.push(DivergedModel { model, divergence });
            }
            None => journal.trained(model, trainer.model(replica)).await?,
        }
    }
    journal.settled(&models)?;
    Ok(diverged)
}
