//! What is known of models that have not been written yet: what they say of the test images, and what they were asked.

use std::collections::HashMap;

use stridelab::data::{Dataset, Split};
use stridelab::model::ModelId;
use stridelab::record::{BlankedRow, Measures, ModelRow, Predictions, ShiftRow, SmoothnessRow};
use stridelab::store::FinishedModel;
use stridelab::study::measure::{Answers, Questions};
use stridelab::train::{Epoch, Evaluation};

/// Models between their last epoch and their row of `models.csv`.
#[derive(Default)]
pub(super) struct PendingModels {
    pending: HashMap<ModelId, PendingModel>,
}

/// A model after its latest epoch.
struct PendingModel {
    predictions: Predictions,
    epochs: u32,
    val_loss: f64,
    val_accuracy: f64,
    /// Of all epochs.
    seconds: f64,
    answers: Option<Answers>,
}

impl PendingModels {
    /// Keeps what an epoch came to.
    pub(super) fn epoch(&mut self, model: ModelId, epoch: u32, result: &Epoch) {
        let before = self.pending.get(&model).map_or(0.0, |earlier| earlier.seconds);
        let validation = &result.validation;
        let pending = PendingModel {
            predictions: Predictions::new(&validation.predicted, &validation.losses),
            epochs: epoch,
            val_loss: validation.loss,
            val_accuracy: validation.accuracy,
            seconds: before + result.seconds,
            answers: None,
        };
        self.pending.insert(model, pending);
    }

    /// Keeps what an earlier sitting came to: so many epochs in so many seconds.
    pub(super) fn recall(&mut self, model: ModelId, epochs: u32, seconds: f64) {
        let (predictions, val_loss, val_accuracy) = (Predictions::new(&[], &[]), f64::NAN, f64::NAN);
        self.pending
            .insert(model, PendingModel { predictions, epochs, val_loss, val_accuracy, seconds, answers: None });
    }

    /// Keeps what the validation of the last epoch came to, which was in an earlier sitting.
    pub(super) fn validated(&mut self, model: ModelId, validation: &Evaluation) {
        if let Some(pending) = self.pending.get_mut(&model) {
            pending.predictions = Predictions::new(&validation.predicted, &validation.losses);
            (pending.val_loss, pending.val_accuracy) = (validation.loss, validation.accuracy);
        }
    }

    /// Keeps what a model answered.
    pub(super) fn answered(&mut self, model: ModelId, answers: Answers) {
        if let Some(pending) = self.pending.get_mut(&model) {
            pending.answers = Some(answers);
        }
    }

    /// Forgets a model of which nothing is to be written.
    pub(super) fn forget(&mut self, model: ModelId) {
        self.pending.remove(&model);
    }

    /// What is written of a model that has these weights, unless nothing is known of it.
    pub(super) fn take(
        &mut self,
        model: ModelId,
        weights: Vec<u8>,
        data: &Dataset,
        questions: &Questions,
    ) -> Option<FinishedModel> {
        let pending = self.pending.remove(&model)?;
        let answers = pending.answers?;
        let row = ModelRow {
            model,
            epochs: pending.epochs,
            final_train_loss: answers.training.loss,
            final_train_accuracy: answers.training.accuracy,
            final_val_loss: pending.val_loss,
            final_val_accuracy: pending.val_accuracy,
            seconds: pending.seconds,
        };
        let measures = measures(model, &answers, &data.test, questions);
        Some(FinishedModel { row, measures, predictions: pending.predictions, weights })
    }
}

/// The rows of what a model answered.
fn measures(model: ModelId, answers: &Answers, test: &Split, questions: &Questions) -> Measures {
    let shifted = questions.shift_images.min(test.count) as u32;
    let shifts = questions.shifts.iter().zip(&answers.shifts);
    let shifts = shifts.map(|(shift, &right)| ShiftRow { model, dx: shift.dx, dy: shift.dy, images: shifted, right });
    let mut images = vec![0; 256];
    test.labels.iter().for_each(|&label| images[usize::from(label)] += 1);
    let blanked = questions.regions.iter().zip(&answers.regions).flat_map(|(region, right)| {
        let row = |(class, &right): (u8, &u32)| BlankedRow {
            model,
            unread_by: region.read_by.slug(),
            class,
            images: images[usize::from(class)],
            right,
        };
        (0..).zip(right).map(row).collect::<Vec<_>>()
    });
    let maps = questions.map_images.min(test.count) as u32;
    let smoothness = answers.smoothness.iter().map(|smoothness| SmoothnessRow {
        model,
        layer: smoothness.layer.into(),
        images: maps,
        variation: smoothness.variation,
        variation_per_pixel: smoothness.variation_per_pixel,
    });
    Measures { shifts: shifts.collect(), blanked: blanked.collect(), smoothness: smoothness.collect() }
}
