//! All records of one or more runs, read back: what claims, tables and figures are made of.

use super::{
    BlankedRow, EpochRow, GradientRow, InferenceRow, InkRow, ModelRow, Predictions, RunRecord, ShapeRow, ShiftRow,
    SmoothnessRow, UncoveredInkRow,
};
use crate::model::{Configuration, ModelId};

/// The records of a run's directory. A run that was interrupted, or that was not asked for something, has fewer.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct StudyRecords {
    /// `run.json`.
    pub run: RunRecord,
    /// `metrics.csv`.
    pub epochs: Vec<EpochRow>,
    /// `models.csv`: the models that are finished.
    pub models: Vec<ModelRow>,
    /// `shapes.csv`.
    pub shapes: Vec<ShapeRow>,
    /// `shifts.csv`.
    pub shifts: Vec<ShiftRow>,
    /// `blanked.csv`.
    pub blanked: Vec<BlankedRow>,
    /// `smoothness.csv`.
    pub smoothness: Vec<SmoothnessRow>,
    /// `gradients.csv`.
    pub gradients: Vec<GradientRow>,
    /// `inference.csv`.
    pub inference: Vec<InferenceRow>,
    /// `ink.csv`.
    pub ink: Vec<InkRow>,
    /// `uncovered_ink.csv`.
    pub uncovered_ink: Vec<UncoveredInkRow>,
    /// `predictions/labels.safetensors`: the class of each test image.
    pub labels: Vec<u8>,
    /// `predictions/…`: what each model says of the test images.
    pub predictions: Vec<ModelPredictions>,
    /// What could not be read, a line each, such as `weights/…: is missing`.
    pub missing: Vec<String>,
}

/// The predictions of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelPredictions {
    /// The model.
    pub model: ModelId,
    /// What it says.
    pub predictions: Predictions,
}

impl StudyRecords {
    /// The configurations of the finished models, in the order in which they were trained.
    pub fn configurations(&self) -> Vec<Configuration> {
        let mut all: Vec<Configuration> = Vec::new();
        for row in &self.models {
            if !all.contains(&row.model.configuration) {
                all.push(row.model.configuration);
            }
        }
        all
    }

    /// The records of some configurations alone.
    pub fn only(&self, configurations: &[Configuration]) -> StudyRecords {
        let mut kept = self.clone();
        let own = |configuration: &Configuration| configurations.contains(configuration);
        kept.epochs.retain(|row| own(&row.model.configuration));
        kept.models.retain(|row| own(&row.model.configuration));
        kept.shapes.retain(|row| own(&row.configuration));
        kept.shifts.retain(|row| own(&row.model.configuration));
        kept.blanked.retain(|row| own(&row.model.configuration));
        kept.smoothness.retain(|row| own(&row.model.configuration));
        kept.gradients.retain(|row| own(&row.model.configuration));
        kept.inference.retain(|row| own(&row.configuration));
        kept.uncovered_ink.retain(|row| own(&row.configuration));
        kept.predictions.retain(|of| own(&of.model.configuration));
        kept
    }

    /// The finished models of a configuration, in ascending order of their seeds.
    pub fn of(&self, configuration: Configuration) -> Vec<&ModelRow> {
        let mut rows: Vec<_> = self.models.iter().filter(|row| row.model.configuration == configuration).collect();
        rows.sort_by_key(|row| row.model.seed);
        rows
    }
}
