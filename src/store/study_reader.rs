//! All records of a run, as far as they are there.

use std::path::Path;

use super::layout::{
    BLANKED, GRADIENTS, INFERENCE, INK, LABELS, METRICS, MODELS, PREDICTIONS, RUN, SHAPES, SHIFTS, SMOOTHNESS,
    UNCOVERED_INK, predictions_name,
};
use super::predictions::{labels_from_bytes, predictions_from_bytes};
use super::reader::{CSV_BYTES, JSON_BYTES, rows_from_bytes};
use super::run_files::RunFiles;
use crate::error::{Error, Result};
use crate::record::{ModelPredictions, Row, StudyRecords, from_json};

/// Most bytes of the predictions of a model.
const PREDICTION_BYTES: u64 = 64 << 20;

/// Reads the records of a run from its directory, or from a `.tar.gz` of one.
///
/// `run.json` must be there. A table or predictions that are missing or damaged are left out, and
/// [`StudyRecords::missing`] says so; so are rows of models that are not in `models.csv`, which a run that was killed
/// may leave.
///
/// # Errors
/// [`Error::Data`] where there is no run, or one of another format.
pub fn read_study(path: &Path) -> Result<StudyRecords> {
    read_records(&RunFiles::open(path)?)
}

/// The same of files that are open.
///
/// # Errors
/// As [`read_study`].
pub fn read_records(files: &RunFiles) -> Result<StudyRecords> {
    let text = files.read(RUN, JSON_BYTES)?.ok_or_else(|| {
        Error::data(format!("{}: there is no such file", files.name(RUN))).advice("name the directory of a run")
    })?;
    let mut records =
        StudyRecords { run: from_json(&text).map_err(|e| e.at(files.name(RUN)))?, ..StudyRecords::default() };
    let mut reader = StudyReader { files, missing: Vec::new() };
    records.epochs = reader.needed(METRICS);
    records.models = reader.needed(MODELS);
    records.shapes = reader.needed(SHAPES);
    records.shifts = reader.rows(SHIFTS);
    records.blanked = reader.rows(BLANKED);
    records.smoothness = reader.rows(SMOOTHNESS);
    records.gradients = reader.rows(GRADIENTS);
    records.inference = reader.rows(INFERENCE);
    records.ink = reader.rows(INK);
    records.uncovered_ink = reader.rows(UNCOVERED_INK);
    let finished: std::collections::HashSet<_> = records.models.iter().map(|row| row.model).collect();
    records.shifts.retain(|row| finished.contains(&row.model));
    records.blanked.retain(|row| finished.contains(&row.model));
    records.smoothness.retain(|row| finished.contains(&row.model));
    // The steps of an epoch are written before its own row.
    let mut steps: std::collections::HashMap<_, u64> = std::collections::HashMap::new();
    for row in &records.epochs {
        let most = steps.entry(row.model).or_default();
        *most = (*most).max(u64::from(row.epoch) * records.run.steps_per_epoch);
    }
    records.gradients.retain(|row| steps.get(&row.model).is_some_and(|&most| u64::from(row.step) <= most));
    reader.predictions(&mut records);
    records.missing = reader.missing;
    Ok(records)
}

struct StudyReader<'a> {
    files: &'a RunFiles,
    missing: Vec<String>,
}

impl StudyReader<'_> {
    /// The rows of a table that every run has.
    fn needed<R: Row>(&mut self, file: &str) -> Vec<R> {
        self.table(file).unwrap_or_else(|| {
            self.missing.push(format!("{}: is missing", self.files.name(file)));
            Vec::new()
        })
    }

    /// The rows of a table that a run may have.
    fn rows<R: Row>(&mut self, file: &str) -> Vec<R> {
        self.table(file).unwrap_or_default()
    }

    fn table<R: Row>(&mut self, file: &str) -> Option<Vec<R>> {
        let bytes = self.bytes(file, CSV_BYTES)?;
        if bytes.last().is_some_and(|&last| last != b'\n') {
            let line = bytes.iter().filter(|&&byte| byte == b'\n').count() + 1;
            self.missing.push(format!("{}: line {line} is cut off and left out", self.files.name(file)));
        }
        match rows_from_bytes(&self.files.name(file), &bytes) {
            Ok(rows) => Some(rows),
            Err(error) => {
                self.missing.push(error.to_string());
                Some(Vec::new())
            }
        }
    }

    fn bytes(&mut self, file: &str, most: u64) -> Option<Vec<u8>> {
        match self.files.read(file, most) {
            Ok(bytes) => bytes,
            Err(error) => {
                self.missing.push(error.to_string());
                None
            }
        }
    }

    fn predictions(&mut self, records: &mut StudyRecords) {
        let labels = format!("{PREDICTIONS}/{LABELS}");
        let Some(bytes) = self.bytes(&labels, PREDICTION_BYTES) else {
            self.missing.push(format!("{}: is missing", self.files.name(&labels)));
            return;
        };
        match labels_from_bytes(&self.files.name(&labels), &bytes) {
            Ok(labels) => records.labels = labels,
            Err(error) => {
                self.missing.push(error.to_string());
                return;
            }
        }
        for row in &records.models {
            let file = format!("{PREDICTIONS}/{}", predictions_name(row.model));
            let Some(bytes) = self.bytes(&file, PREDICTION_BYTES) else {
                self.missing.push(format!("{}: is missing", self.files.name(&file)));
                continue;
            };
            let name = self.files.name(&file);
            match predictions_from_bytes(&name, &bytes) {
                Ok(predictions) if predictions.classes.len() == records.labels.len() => {
                    records.predictions.push(ModelPredictions { model: row.model, predictions });
                }
                Ok(predictions) => {
                    let (of, images) = (predictions.classes.len(), records.labels.len());
                    self.missing.push(format!("{name}: is of {of} images, the labels are of {images}"));
                }
                Err(error) => self.missing.push(error.to_string()),
            }
        }
    }
}
