//! Records sorted by configuration.

use crate::model::{Configuration, ModelId};
use crate::record::{ModelPredictions, StudyRecords};

/// All configurations that the records name, each once: those of finished models in the order in which they were trained, then
/// those that other tables have. The order is that of every table and figure.
pub fn configurations(records: &StudyRecords) -> Vec<Configuration> {
    let mut all = Configurations(records.configurations());
    let models = |models: &mut dyn Iterator<Item = ModelId>, all: &mut Configurations| {
        models.for_each(|model| _ = all.index(model.configuration));
    };
    models(&mut records.epochs.iter().map(|row| row.model), &mut all);
    models(&mut records.predictions.iter().map(|row| row.model), &mut all);
    models(&mut records.shifts.iter().map(|row| row.model), &mut all);
    models(&mut records.blanked.iter().map(|row| row.model), &mut all);
    models(&mut records.smoothness.iter().map(|row| row.model), &mut all);
    models(&mut records.gradients.iter().map(|row| row.model), &mut all);
    records.shapes.iter().for_each(|row| _ = all.index(row.configuration));
    records.inference.iter().for_each(|row| _ = all.index(row.configuration));
    all.0
}

/// Configurations that get numbers as they are met.
pub(super) struct Configurations(pub(super) Vec<Configuration>);

impl Configurations {
    /// Of the records of a study.
    pub(super) fn of(records: &StudyRecords) -> Configurations {
        Configurations(configurations(records))
    }

    /// The number of a configuration.
    pub(super) fn index(&mut self, configuration: Configuration) -> usize {
        self.0.iter().position(|known| *known == configuration).unwrap_or_else(|| {
            self.0.push(configuration);
            self.0.len() - 1
        })
    }
}

/// The predictions that are one for each label. Others cannot be judged.
pub(super) fn judged(records: &StudyRecords) -> impl Iterator<Item = &ModelPredictions> {
    let images = records.labels.len();
    records.predictions.iter().filter(move |model| images > 0 && model.predictions.classes.len() == images)
}

/// Classes that labels and predictions name, at least as many as the run was told of.
pub(super) fn classes(records: &StudyRecords) -> usize {
    let predicted = judged(records).flat_map(|model| model.predictions.classes.iter().copied().max());
    let most = records.labels.iter().copied().chain(predicted).max().map_or(0, |class| usize::from(class) + 1);
    most.max(records.run.data.classes.min(256))
}
