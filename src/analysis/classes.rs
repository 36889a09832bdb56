//! Accuracy by class, and which classes are taken for which, from stored predictions.

use super::by_configuration::{Configurations, classes, judged};
use crate::record::{ClassAccuracyRow, ConfusionRow, ModelPredictions, StudyRecords};

/// Images of each class, and how many of them a model classifies rightly, by class from 0 to 255.
pub(super) struct RightByClass {
    pub(super) images: [u32; 256],
    pub(super) right: [u32; 256],
}

impl RightByClass {
    pub(super) fn of(model: &ModelPredictions, labels: &[u8]) -> RightByClass {
        let mut all = RightByClass { images: [0; 256], right: [0; 256] };
        for (&label, right) in labels.iter().zip(model.predictions.right(labels)) {
            all.images[usize::from(label)] += 1;
            all.right[usize::from(label)] += u32::from(right);
        }
        all
    }
}

/// Accuracy of every model by class. Classes without test images have no rows.
pub fn class_accuracy(records: &StudyRecords) -> Vec<ClassAccuracyRow> {
    let rows = judged(records).flat_map(|model| {
        let all = RightByClass::of(model, &records.labels);
        let row = move |class: u8| {
            let [images, right] = [all.images, all.right].map(|counts| counts[usize::from(class)]);
            (images > 0).then_some(ClassAccuracyRow { model: model.model, class, images, right })
        };
        (0..=u8::MAX).filter_map(row)
    });
    rows.collect()
}

/// The confusion matrix of every configuration, summed over its models: a row for each pair of classes of which the
/// label has test images.
pub fn confusion(records: &StudyRecords) -> Vec<ConfusionRow> {
    let mut configurations = Configurations::of(records);
    let classes = classes(records);
    let mut counts: Vec<Vec<u64>> = Vec::new();
    for model in judged(records) {
        let index = configurations.index(model.model.configuration);
        counts.resize(counts.len().max(index + 1), Vec::new());
        let counts = &mut counts[index];
        counts.resize(classes * classes, 0);
        for (&label, &predicted) in records.labels.iter().zip(&model.predictions.classes) {
            counts[usize::from(label) * classes + usize::from(predicted)] += 1;
        }
    }
    let rows = configurations.0.into_iter().zip(&counts).flat_map(|(configuration, counts)| {
        let rows = counts.chunks(classes.max(1)).zip(0..=u8::MAX).filter(|(counts, _)| counts.iter().any(|n| *n > 0));
        rows.flat_map(move |(counts, label)| {
            let cells = counts.iter().zip(0..=u8::MAX);
            cells.map(move |(&count, predicted)| ConfusionRow { configuration, label, predicted, count })
        })
    });
    rows.collect()
}
