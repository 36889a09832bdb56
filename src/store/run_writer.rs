//! Puts results into a directory, row by row, and never touches what is not ours.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::layout::{FIGURES, METRICS, RUN, SHAPES, STEPS, WEIGHTS, is_figure, is_run_file, is_weights, weights_name};
use super::lock::{self, Lock};
use crate::error::one_line;
use crate::error::{Error, Remedy, Result};
use crate::files::{is_temporary, write_atomic};
use crate::model::ModelId;
use crate::record::{EpochRow, Row, RunRecord, ShapeRow, StepRow, to_json};

/// An output directory, locked against other processes while this lives.
#[derive(Debug)]
pub struct RunWriter {
    dir: PathBuf,
    metrics: csv::Writer<File>,
    steps: csv::Writer<File>,
    _lock: Lock,
}

impl RunWriter {
    /// Makes `dir`, its `weights/` and `figures/`, and the CSV files with their headers.
    ///
    /// With `force` a directory in use may be written to again: an earlier run's files are removed
    /// by their names, everything else stays.
    ///
    /// # Errors
    /// [`Error::Usage`] where `dir` is not empty and not forced, or another process writes to it;
    /// [`Error::Failure`] where it cannot be written, with the path and the reason.
    pub fn create(dir: &Path, force: bool) -> Result<RunWriter> {
        make_dir(dir)?;
        // Asked twice: before anything is written into a stranger's directory, and again once
        // nobody else can write.
        if !dir.join(lock::NAME).exists() {
            refuse_used(dir, force)?;
        }
        let lock = Lock::take(dir)?;
        refuse_used(dir, force)?;
        for name in [WEIGHTS, FIGURES] {
            make_dir(&dir.join(name))?;
        }
        remove_ours(dir)?;
        Ok(RunWriter {
            metrics: table::<EpochRow>(&dir.join(METRICS))?,
            steps: table::<StepRow>(&dir.join(STEPS))?,
            dir: dir.to_owned(),
            _lock: lock,
        })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Adds a row to `metrics.csv`; it is on disk when this returns.
    ///
    /// # Errors
    /// [`Error::Failure`] with the path and the reason, as for all that follow.
    pub fn append_epoch(&mut self, row: &EpochRow) -> Result<()> {
        append(&mut self.metrics, std::slice::from_ref(row)).map_err(|e| cannot("write", &self.path(METRICS), &e))
    }

    /// Adds rows to `steps.csv`; they are on disk when this returns.
    pub fn append_steps(&mut self, rows: &[StepRow]) -> Result<()> {
        append(&mut self.steps, rows).map_err(|e| cannot("write", &self.path(STEPS), &e))
    }

    /// Writes `shapes.csv`.
    pub fn shapes(&self, rows: &[ShapeRow]) -> Result<()> {
        let path = self.path(SHAPES);
        let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
        let written = csv.write_record(ShapeRow::COLUMNS).and_then(|()| rows.iter().try_for_each(|r| csv.serialize(r)));
        written.map_err(|e| cannot("write", &path, &e))?;
        let bytes = csv.into_inner().map_err(|e| cannot("write", &path, e.error()))?;
        write_atomic(&path, |w| w.write_all(&bytes))
    }

    /// Writes `run.json`, over an earlier state of it.
    pub fn run(&self, info: &RunRecord) -> Result<()> {
        let path = self.path(RUN);
        let text = to_json(info).map_err(|error| error.at(one_line(path.display())))?;
        write_atomic(&path, |w| w.write_all(text.as_bytes()))
    }

    /// Writes `figures/<name>`.
    pub fn figure(&self, name: &str, png: &[u8]) -> Result<()> {
        write_atomic(&self.path(FIGURES).join(name), |w| w.write_all(png))
    }

    /// Where the weights of a model belong.
    pub fn weights_path(&self, model: ModelId) -> PathBuf {
        self.path(WEIGHTS).join(weights_name(model))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }
}

pub(super) fn cannot(what: &str, path: &Path, reason: &dyn std::fmt::Display) -> Error {
    let (path, reason) = (one_line(path.display()), one_line(reason));
    Error::failure(format!("cannot {what} {path}: {reason}")).remedy(Remedy::OtherDirectory)
}

fn make_dir(dir: &Path) -> Result<()> {
    fs::create_dir_all(dir).map_err(|e| match e.kind() {
        io::ErrorKind::AlreadyExists => cannot("create", dir, &"a file of that name is in the way"),
        _ => cannot("create", dir, &e),
    })
}

fn names(dir: &Path) -> Result<Vec<String>> {
    let read = || -> io::Result<Vec<String>> {
        fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    };
    read().map_err(|e| cannot("read", dir, &e))
}

pub(super) fn refuse_used(dir: &Path, force: bool) -> Result<()> {
    if !force && names(dir)?.iter().any(|name| name != lock::NAME) {
        let error = Error::usage(format!("the output directory {} is not empty", one_line(dir.display())));
        return Err(error.remedy(Remedy::OtherDirectory).remedy(Remedy::ReplaceFiles));
    }
    Ok(())
}

/// Removes an earlier run's files, also those that a killed one was writing.
fn remove_ours(dir: &Path) -> Result<()> {
    type IsOurs = fn(&str) -> bool;
    let rooms: [(&str, IsOurs); 3] = [("", is_run_file), (WEIGHTS, is_weights), (FIGURES, is_figure)];
    for (room, is_ours) in rooms {
        let room = dir.join(room);
        for name in names(&room)?.iter().filter(|name| is_ours(name) || is_temporary(name)) {
            let path = room.join(name);
            fs::remove_file(&path).map_err(|e| cannot("replace", &path, &e))?;
        }
    }
    Ok(())
}

fn table<R: Row>(path: &Path) -> Result<csv::Writer<File>> {
    let make = || -> Result<_, csv::Error> {
        let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(File::create_new(path)?);
        csv.write_record(R::COLUMNS)?;
        csv.flush()?;
        csv.get_ref().sync_data()?;
        Ok(csv)
    };
    make().map_err(|e| cannot("write", path, &e))
}

fn append<R: Serialize>(csv: &mut csv::Writer<File>, rows: &[R]) -> Result<(), csv::Error> {
    rows.iter().try_for_each(|row| csv.serialize(row))?;
    csv.flush()?;
    csv.get_ref().sync_data()?;
    Ok(())
}
