//! The trained weights of a run, one model at a time.

use std::path::Path;

use super::layout::{METRICS, MODELS, RUN, WEIGHTS, weights_name};
use super::reader::{CSV_BYTES, JSON_BYTES, rows_from_bytes};
use super::run_files::RunFiles;
use crate::error::{Error, Result};
use crate::model::tensor::Tensor;
use crate::model::{ModelId, Network, weights};
use crate::record::{EpochRow, ModelRow, Row, RunRecord, from_json};

/// Most bytes of a file of weights.
const WEIGHT_BYTES: u64 = 1 << 30;

/// A run whose weights are read.
#[derive(Debug)]
pub struct WeightsReader {
    files: RunFiles,
    /// `run.json`.
    pub run: RunRecord,
    /// The models of which the tables have rows, in the order in which they were trained.
    pub models: Vec<ModelId>,
}

/// The weights of one model, and how long it was trained.
#[derive(Debug, Clone, PartialEq)]
pub struct StoredWeights {
    /// The tensors, in the order of [`crate::model::tensor::parameter_shapes`].
    pub tensors: Vec<Tensor>,
    /// Epochs after which they were written, where the file says it.
    pub epoch: Option<u32>,
}

impl WeightsReader {
    /// Opens a run's directory, or a `.tar.gz` of one.
    ///
    /// # Errors
    /// [`Error::Data`] where there is no run, or one of another format; a table that is damaged names no models.
    pub fn open(path: &Path) -> Result<WeightsReader> {
        let files = RunFiles::open(path)?;
        let text = files.read(RUN, JSON_BYTES)?.ok_or_else(|| {
            Error::data(format!("{}: there is no such file", files.name(RUN))).advice("name the directory of a run")
        })?;
        let run = from_json(&text).map_err(|e| e.at(files.name(RUN)))?;
        let mut models: Vec<ModelId> = Vec::new();
        let finished = rows::<ModelRow>(&files, MODELS).into_iter().map(|row| row.model);
        let begun = rows::<EpochRow>(&files, METRICS).into_iter().map(|row| row.model);
        let mut seen = std::collections::HashSet::new();
        models.extend(begun.chain(finished).filter(|model| seen.insert(*model)));
        Ok(WeightsReader { files, run, models })
    }

    /// How messages name the folder of the weights.
    pub fn place(&self) -> String {
        self.files.name(WEIGHTS)
    }

    /// The weights of a model, which must be those of `network`; nothing where the run has none of it.
    ///
    /// # Errors
    /// [`Error::Data`] where the file cannot be read, or holds other tensors than the network's.
    pub fn read(&self, model: ModelId, network: &Network) -> Result<Option<StoredWeights>> {
        let Some(bytes) = self.file(model)? else { return Ok(None) };
        let name = self.files.name(&path_of(model));
        let tensors = weights::from_bytes(&name, &bytes, network)?;
        let metadata = weights::metadata_from_bytes(&name, &bytes)?;
        let epoch = metadata.get("epoch").and_then(|epoch| epoch.parse().ok());
        Ok(Some(StoredWeights { tensors, epoch }))
    }

    /// Whether the run has a file of the model's weights.
    pub fn has(&self, model: ModelId) -> bool {
        self.files.has(&path_of(model))
    }

    /// The file of a model's weights as it is, unchecked; nothing where the run has none of it.
    ///
    /// # Errors
    /// [`Error::Data`] where it cannot be read.
    pub fn file(&self, model: ModelId) -> Result<Option<Vec<u8>>> {
        self.files.read(&path_of(model), WEIGHT_BYTES)
    }
}

fn path_of(model: ModelId) -> String {
    format!("{WEIGHTS}/{}", weights_name(model))
}

/// The rows of a table, as far as it is there and whole.
fn rows<R: Row>(files: &RunFiles, table: &str) -> Vec<R> {
    let bytes = files.read(table, CSV_BYTES).ok().flatten();
    bytes.and_then(|bytes| rows_from_bytes(table, &bytes).ok()).unwrap_or_default()
}
