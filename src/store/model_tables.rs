//! The tables that grow by finished models.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::failure::cannot;
use super::layout::{BLANKED, MODELS, SHIFTS, SMOOTHNESS};
use super::resume::filtered;
use super::table::GrowingTable;
use crate::error::Result;
use crate::model::ModelId;
use crate::record::{BlankedRow, Measures, ModelRow, Row, ShiftRow, SmoothnessRow};

/// `models.csv`, and a table for each thing that finished models are asked, made when its first rows come.
#[derive(Debug)]
pub(super) struct ModelTables {
    models: GrowingTable,
    measures: Vec<MeasureTable>,
    directory: PathBuf,
}

#[derive(Debug)]
struct MeasureTable {
    name: &'static str,
    table: GrowingTable,
}

/// Rows for one of the tables, and where it ended before them.
struct Addition {
    table: usize,
    lines: Vec<u8>,
    before: u64,
}

impl ModelTables {
    /// Makes `models.csv`.
    pub(super) fn create(directory: &Path) -> Result<ModelTables> {
        let models = GrowingTable::create::<ModelRow>(directory.join(MODELS))?;
        Ok(ModelTables { models, measures: Vec::new(), directory: directory.to_owned() })
    }

    /// Opens the files of an earlier sitting. Rows of models that are not `finished` go: they were written before the
    /// model's own row, which is not there.
    pub(super) fn open(directory: &Path, finished: &HashSet<ModelId>) -> Result<ModelTables> {
        let mut seen = HashSet::new();
        let models = directory.join(MODELS);
        filtered(&models, |row: &ModelRow| finished.contains(&row.model) && seen.insert(row.model))?
            .replace(&models)?;
        let mut tables =
            ModelTables { models: GrowingTable::open(models)?, measures: Vec::new(), directory: directory.to_owned() };
        tables.reopen(SHIFTS, |row: &ShiftRow| finished.contains(&row.model))?;
        tables.reopen(BLANKED, |row: &BlankedRow| finished.contains(&row.model))?;
        tables.reopen(SMOOTHNESS, |row: &SmoothnessRow| finished.contains(&row.model))?;
        Ok(tables)
    }

    /// A table that may be there; one without rows goes.
    fn reopen<R: Row>(&mut self, name: &'static str, keep: impl FnMut(&R) -> bool) -> Result<()> {
        let path = self.directory.join(name);
        if !path.exists() {
            return Ok(());
        }
        let kept = filtered(&path, keep)?;
        if kept.rows == 0 {
            return fs::remove_file(&path).map_err(|e| cannot("remove", &path, &e));
        }
        kept.replace(&path)?;
        self.measures.push(MeasureTable { name, table: GrowingTable::open(path)? });
        Ok(())
    }

    /// The files.
    pub(super) fn paths(&self) -> impl Iterator<Item = &Path> {
        self.tables().map(GrowingTable::path)
    }

    fn tables(&self) -> impl Iterator<Item = &GrowingTable> {
        self.measures.iter().map(|measure| &measure.table).chain([&self.models])
    }

    /// Fails where a file was removed, replaced or changed by somebody else.
    pub(super) fn check(&self) -> Result<()> {
        self.tables().try_for_each(GrowingTable::check)
    }

    /// Adds the rows of models, those of `models.csv` last. Where it fails, no file has any of them.
    pub(super) fn add(&mut self, rows: &[ModelRow], measures: &Measures) -> Result<()> {
        self.check()?;
        let mut additions = Vec::new();
        self.prepare::<ShiftRow>(SHIFTS, &measures.shifts, &mut additions)?;
        self.prepare::<BlankedRow>(BLANKED, &measures.blanked, &mut additions)?;
        self.prepare::<SmoothnessRow>(SMOOTHNESS, &measures.smoothness, &mut additions)?;
        let (lines, before) = (self.models.lines(rows)?, self.models.len());
        let added = additions.iter().try_for_each(|addition| {
            let table = &mut self.measures[addition.table].table;
            table.append(&addition.lines)?;
            table.sync()
        });
        let added = added.and_then(|()| self.models.append(&lines)).and_then(|()| self.models.sync());
        if added.is_err() {
            self.models.shorten(before);
            additions.iter().for_each(|addition| self.measures[addition.table].table.shorten(addition.before));
        }
        added
    }

    fn prepare<R: Row>(&mut self, name: &'static str, rows: &[R], additions: &mut Vec<Addition>) -> Result<()> {
        if rows.is_empty() {
            return Ok(());
        }
        let table = match self.measures.iter().position(|measure| measure.name == name) {
            Some(table) => table,
            None => {
                let table = GrowingTable::create::<R>(self.directory.join(name))?;
                self.measures.push(MeasureTable { name, table });
                self.measures.len() - 1
            }
        };
        let target = &self.measures[table].table;
        additions.push(Addition { table, lines: target.lines(rows)?, before: target.len() });
        Ok(())
    }
}
