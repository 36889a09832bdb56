//! The tables that grow by an epoch of models at a time.

use std::path::{Path, PathBuf};

use super::layout::{GRADIENTS, METRICS, STEPS};
use super::table::GrowingTable;
use crate::error::Result;
use crate::record::{EpochRow, GradientRow, StepRow};

/// The rows that an epoch of a model gives.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelEpoch {
    /// Its row of `metrics.csv`.
    pub row: EpochRow,
    /// Its rows of `steps.csv`.
    pub steps: Vec<StepRow>,
    /// Its rows of `gradients.csv`.
    pub gradients: Vec<GradientRow>,
}

/// `metrics.csv`, `steps.csv`, and `gradients.csv`, which is made when its first rows come.
#[derive(Debug)]
pub(super) struct EpochTables {
    metrics: GrowingTable,
    steps: GrowingTable,
    gradients: Option<GrowingTable>,
    directory: PathBuf,
}

impl EpochTables {
    /// Makes `metrics.csv` and `steps.csv`; `made` is told of each.
    pub(super) fn create(directory: &Path, mut made: impl FnMut(&Path)) -> Result<EpochTables> {
        let metrics = GrowingTable::create::<EpochRow>(directory.join(METRICS))?;
        made(metrics.path());
        let steps = GrowingTable::create::<StepRow>(directory.join(STEPS))?;
        made(steps.path());
        Ok(EpochTables { metrics, steps, gradients: None, directory: directory.to_owned() })
    }

    /// Opens the files of an earlier sitting, which hold whole rows.
    pub(super) fn open(directory: &Path) -> Result<EpochTables> {
        let [metrics, steps] = [METRICS, STEPS].map(|name| GrowingTable::open(directory.join(name)));
        let gradients = directory.join(GRADIENTS);
        let gradients = gradients.exists().then(|| GrowingTable::open(gradients)).transpose()?;
        Ok(EpochTables { metrics: metrics?, steps: steps?, gradients, directory: directory.to_owned() })
    }

    /// Adds the rows of an epoch of models, of each that of `metrics.csv` last. Where it fails, no file has any of them.
    pub(super) fn add(&mut self, models: impl Iterator<Item = ModelEpoch>) -> Result<()> {
        self.check()?;
        let (metrics_before, steps_before) = (self.metrics.len(), self.steps.len());
        let gradients_before = self.gradients.as_ref().map_or(0, GrowingTable::len);
        let added = self.append(models);
        if added.is_err() {
            self.metrics.shorten(metrics_before);
            self.steps.shorten(steps_before);
            if let Some(table) = &mut self.gradients {
                table.shorten(gradients_before);
            }
        }
        added
    }

    /// All are written before any is waited for: a kill falls between them all the more rarely. A model at a time, as
    /// its gradients may take megabytes.
    fn append(&mut self, mut models: impl Iterator<Item = ModelEpoch>) -> Result<()> {
        models.try_for_each(|ModelEpoch { row, steps, gradients }| {
            if self.gradients.is_none() && !gradients.is_empty() {
                self.gradients = Some(GrowingTable::create::<GradientRow>(self.directory.join(GRADIENTS))?);
            }
            let (steps, row) = (self.steps.lines(&steps)?, self.metrics.lines(&[row])?);
            self.steps.append(&steps)?;
            if let Some(table) = &mut self.gradients {
                table.append(&table.lines(&gradients)?)?;
            }
            self.metrics.append(&row)
        })?;
        self.steps.sync()?;
        self.gradients.as_ref().map_or(Ok(()), GrowingTable::sync)?;
        self.metrics.sync()
    }

    /// Fails where a file was removed, replaced or changed by somebody else.
    pub(super) fn check(&self) -> Result<()> {
        [Some(&self.metrics), Some(&self.steps), self.gradients.as_ref()]
            .into_iter()
            .flatten()
            .try_for_each(GrowingTable::check)
    }
}
