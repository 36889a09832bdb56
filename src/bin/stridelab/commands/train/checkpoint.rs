//! A snapshot of training as a checkpoint's record, and back.

use std::borrow::Cow;

use stridelab::model::Configuration;
use stridelab::record::{BegunRecord, Checkpoint, CheckpointHead, CheckpointModel, DivergenceRecord, Number};
use stridelab::train::{BegunEpoch, Divergence, Snapshot};

/// The record of a snapshot. Nothing is copied but the head.
pub(super) fn recorded<'a>(configuration: &Configuration, snapshot: &'a Snapshot) -> Checkpoint<'a> {
    let models = snapshot.seeds.iter().zip(&snapshot.first_losses);
    let models = models.map(|(&seed, loss)| CheckpointModel { seed, first_loss: loss.map(Number) });
    let diverged = snapshot.diverged.iter().map(|(seed, divergence)| DivergenceRecord {
        seed: *seed,
        epoch: divergence.epoch,
        step: divergence.step,
        loss: Number(divergence.loss),
        first_loss: Number(divergence.first_loss),
    });
    let begun = snapshot.begun.as_ref();
    let head = CheckpointHead {
        configuration: *configuration,
        models: models.collect(),
        diverged: diverged.collect(),
        epoch: snapshot.epoch,
        step: snapshot.step,
        begun: begun.map(|begun| BegunRecord { steps: begun.steps, seconds: Number(begun.seconds) }),
    };
    Checkpoint {
        head,
        weights: Cow::Borrowed(&snapshot.weights),
        first_moment: Cow::Borrowed(&snapshot.first_moment),
        second_moment: Cow::Borrowed(&snapshot.second_moment),
        losses: begun.map_or(Cow::Borrowed(&[]), |begun| Cow::Borrowed(&begun.losses)),
        predicted: begun.map_or(Cow::Borrowed(&[]), |begun| Cow::Borrowed(&begun.predicted)),
        gradient_norms: begun.map_or(Cow::Borrowed(&[]), |begun| Cow::Borrowed(&begun.gradient_norms)),
    }
}

/// The snapshot that was recorded.
pub(super) fn snapshot(checkpoint: Checkpoint<'static>) -> Snapshot {
    let Checkpoint { head, weights, first_moment, second_moment, losses, predicted, gradient_norms } = checkpoint;
    Snapshot {
        seeds: head.models.iter().map(|model| model.seed).collect(),
        first_losses: head.models.iter().map(|model| model.first_loss.map(|loss| loss.0)).collect(),
        diverged: head.diverged.iter().map(|record| (record.seed, divergence(record))).collect(),
        epoch: head.epoch,
        step: head.step,
        weights: weights.into_owned(),
        first_moment: first_moment.into_owned(),
        second_moment: second_moment.into_owned(),
        begun: head.begun.map(|begun| BegunEpoch {
            steps: begun.steps,
            seconds: begun.seconds.0,
            losses: losses.into_owned(),
            predicted: predicted.into_owned(),
            gradient_norms: gradient_norms.into_owned(),
        }),
    }
}

/// Where a model diverged.
pub(super) fn divergence(record: &DivergenceRecord) -> Divergence {
    let DivergenceRecord { epoch, step, loss, first_loss, .. } = *record;
    Divergence { epoch, step, loss: loss.0, first_loss: first_loss.0 }
}
