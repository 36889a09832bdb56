//! The models of one group, trained side by side: epochs, checkpoints, and what is kept where that ends early.

use std::ops::RangeInclusive;

use web_time::Instant;

use super::{DivergedModel, Journal, Study};
use crate::data::Dataset;
use crate::error::{Error, Result};
use crate::model::tensor::Tensor;
use crate::model::{Configuration, ModelId};
use crate::train::{Epoch, Trainer};

/// Trains the models of one group side by side. Where that ends early, the journal receives the weights that every
/// model had after its last whole epoch.
pub(super) async fn train(
    trainer: Trainer,
    configuration: Configuration,
    data: &Dataset,
    study: &Study,
    journal: &mut impl Journal,
) -> Result<Vec<DivergedModel>> {
    let member = |&seed: &u64| GroupMember { model: ModelId { configuration, seed }, diverged: None, told: false };
    let members: Vec<_> = trainer.seeds().iter().map(member).collect();
    let mut group = TrainingGroup { trainer, configuration, members, last: None };
    let first = group.begin(journal)?;
    if first > study.epochs {
        group.validate(data, journal).await?;
    }
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

    /// Tells the journal what the models came to that have no epoch left.
    async fn validate(&mut self, data: &Dataset, journal: &mut impl Journal) -> Result<()> {
        let evaluated = self.trainer.group().evaluate(&data.test, &mut |_| journal.steps(0, 0)).await;
        let evaluated = evaluated.map_err(|error| error.at(self.configuration))?;
        self.members.iter().zip(&evaluated).for_each(|(member, result)| journal.validated(member.model, result));
        Ok(())
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
        epochs: RangeInclusive<u32>,
        checkpoint_seconds: Option<f64>,
        journal: &mut impl Journal,
    ) -> Result<(), EarlyEnd> {
        for epoch in epochs {
            let results = self.epoch(epoch, checkpoint_seconds, journal).await?;
            let trained = self.members.iter().zip(&results).filter(|(member, _)| member.diverged.is_none());
            let trained: Vec<_> = trained.map(|(member, result)| (member.model, result)).collect();
            journal.epoch(epoch, &trained).map_err(EarlyEnd::of_journal)?;
            for (member, result) in
                self.members.iter_mut().zip(&results).filter(|(member, _)| member.diverged.is_none())
            {
                if let Some(divergence) = result.divergence {
                    journal.diverged(member.model, &divergence).map_err(EarlyEnd::of_journal)?;
                    member.diverged = Some(DivergedModel { model: member.model, divergence });
                }
            }
            // Every row is told before the backend is asked again: it may fail.
            let snapshot =
                self.trainer.snapshot().await.map_err(|error| EarlyEnd::of_backend(error.at(self.configuration)))?;
            let kept = journal.checkpoint(&self.configuration, &snapshot).map_err(EarlyEnd::of_journal);
            self.last = Some(EpochWeights { epoch, seeds: snapshot.seeds, weights: snapshot.weights });
            kept?;
            if self.members.iter().all(|member| member.diverged.is_some()) {
                break;
            }
        }
        if self.members.iter().any(|member| member.diverged.is_none()) {
            journal.measure(&self.models(), self.trainer.group()).await.map_err(EarlyEnd::of_journal)?;
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
                let snapshot = self.trainer.snapshot().await.map_err(at)?;
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
