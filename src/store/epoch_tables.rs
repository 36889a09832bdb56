//! The tables that grow by an epoch of models at a time.

use std::path::{Path, PathBuf};

use super::layout::{GRADIENTS, METRICS, STEPS};
use super::table::GrowingTable;
use crate::error::Result;
use crate::record::{EpochRow, GradientRow, StepRow};

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

    /// Adds the rows of an epoch, those of `metrics.csv` last. Where it fails, no file has any of them.
    pub(super) fn add(&mut self, rows: &[EpochRow], steps: &[StepRow], gradients: &[GradientRow]) -> Result<()> {
        self.check()?;
        if self.gradients.is_none() && !gradients.is_empty() {
            self.gradients = Some(GrowingTable::create::<GradientRow>(self.directory.join(GRADIENTS))?);
        }
        let (metrics_before, steps_before) = (self.metrics.len(), self.steps.len());
        let gradients_before = self.gradients.as_ref().map_or(0, GrowingTable::len);
        let (steps, rows) = (self.steps.lines(steps)?, self.metrics.lines(rows)?);
        let gradients = self.gradients.as_ref().map_or(Ok(Vec::new()), |table| table.lines(gradients))?;
        let gradients = if gradients.is_empty() { None } else { Some(gradients) };
        let synced = self.append(&steps, gradients.as_deref(), &rows);
        if synced.is_err() {
            self.metrics.shorten(metrics_before);
            self.steps.shorten(steps_before);
            if let Some(table) = &mut self.gradients {
                table.shorten(gradients_before);
            }
        }
        synced
    }

    /// All are written before any is waited for: a kill falls between them all the more rarely.
    fn append(&mut self, steps: &[u8], gradients: Option<&[u8]>, rows: &[u8]) -> Result<()> {
        let table = self.gradients.as_mut().zip(gradients);
        self.steps.append(steps)?;
        let gradients = table.map(|(table, lines)| table.append(lines).map(|()| table)).transpose()?;
        self.metrics.append(rows)?;
        self.steps.sync()?;
        gradients.map_or(Ok(()), |table| table.sync())?;
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
