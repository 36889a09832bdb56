//! The records of a small study with numbers that can be worked out by hand.

use super::rows::network;
use stridelab::data::{Dataset, Split};
use stridelab::model::{Configuration, ModelId};
use stridelab::record::{
    BlankedRow, EpochRow, GradientRow, InferenceRow, ModelPredictions, ModelRow, Predictions, ShapeRow, ShiftRow,
    SmoothnessRow, StudyRecords,
};

pub(crate) const FIRST: Configuration = Configuration::TUTORIAL[0];
pub(crate) const SECOND: Configuration = Configuration::TUTORIAL[1];

pub(crate) fn id(configuration: Configuration, seed: u64) -> ModelId {
    ModelId { configuration, seed }
}

pub(crate) fn finished(model: ModelId, train: f64, val: f64) -> ModelRow {
    ModelRow {
        model,
        epochs: 1,
        final_train_loss: 0.1,
        final_train_accuracy: train,
        final_val_loss: 0.1,
        final_val_accuracy: val,
        seconds: 1.0,
    }
}

pub(crate) fn says(model: ModelId, classes: &[u8]) -> ModelPredictions {
    let predictions = Predictions { classes: classes.to_vec(), confidences: vec![0; classes.len()] };
    ModelPredictions { model, predictions }
}

/// Two configurations with two seeds each, and four test images of the classes 0, 0, 1 and 2.
pub(crate) fn records() -> StudyRecords {
    let mut records = StudyRecords { labels: vec![0, 0, 1, 2], ..StudyRecords::default() };
    records.run.steps_per_epoch = 10;
    records.predictions = vec![
        says(id(FIRST, 0), &[0, 0, 1, 2]),
        says(id(FIRST, 1), &[0, 1, 1, 0]),
        says(id(SECOND, 0), &[0, 2, 1, 1]),
        says(id(SECOND, 1), &[0, 0, 1, 0]),
    ];
    let accuracies = [1.0, 0.5, 0.5, 0.75];
    records.models =
        records.predictions.iter().zip(accuracies).map(|(of, val)| finished(of.model, val + 0.125, val)).collect();
    for (of, seconds) in records.predictions.iter().zip([2.0, 4.0, 1.0, 1.0]) {
        records.shifts.push(ShiftRow { model: of.model, dx: 1, dy: -1, images: 4, right: of.model.seed as u32 + 1 });
        for class in 0..3 {
            let images = if class == 0 { 2 } else { 1 };
            records.blanked.push(BlankedRow { model: of.model, unread_by: SECOND.slug(), class, images, right: 1 });
        }
        records.smoothness.push(SmoothnessRow {
            model: of.model,
            layer: "conv1".into(),
            images: 4,
            variation: seconds,
            variation_per_pixel: f64::NAN,
        });
        for (step, tensor, norm) in
            [(1, "conv1.weight", seconds), (2, "conv1.weight", f64::NAN), (1, "conv1.bias", 1.0)]
        {
            records.gradients.push(GradientRow { model: of.model, step, tensor: tensor.into(), norm });
        }
        records.epochs.push(EpochRow { seconds, ..super::rows::epoch(of.model.configuration, 1, 0.9, 0.0) });
    }
    for configuration in [FIRST, SECOND] {
        records.shapes.extend(ShapeRow::of(configuration, &network(configuration)));
    }
    let measured = |batch_size| InferenceRow {
        configuration: FIRST,
        batch_size,
        images_per_second: 100.0,
        activation_bytes: 1000,
    };
    records.inference = vec![measured(1), measured(64)];
    records
}

/// Four images of 28×28 with the labels of [`records`], a white pixel each.
pub(crate) fn images() -> Dataset {
    let pixel = |i: usize| if i % 784 == 29 * (i / 784) { 255 } else { 0 };
    let split = || Split {
        images: (0..4 * 784).map(pixel).collect(),
        labels: vec![0, 0, 1, 2],
        count: 4,
        height: 28,
        width: 28,
    };
    Dataset { train: split(), test: split(), name: "dots".into(), sha256: Default::default() }
}
