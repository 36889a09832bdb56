//! Puts results into a directory, epoch by epoch, and never touches what is not ours.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::checkpoints::{Checkpoints, FoundCheckpoints};
use super::directory::{OutputDirectory, Room};
use super::epoch_tables::{EpochTables, ModelEpoch};
use super::failure::{cannot, meddled};
use super::figure_files::FigureFiles;
use super::layout::{
    CHECKPOINTS, FEATURES, FIGURES, LABELS, METRICS, PREDICTIONS, RUN, SHAPES, WEIGHTS, is_checkpoint, is_figure,
    is_predictions, is_run_file, is_weights, predictions_name, weights_name,
};
use super::model_tables::ModelTables;
use super::predictions;
use super::resume::{Earlier, KeptRows, keep_rows};
use super::table::lines;
use crate::error::{Result, one_line};
use crate::files::{write_atomic, write_together};
use crate::model::tensor::Tensor;
use crate::model::{ModelId, weights};
use crate::record::{
    Checkpoint, EpochRow, FeatureRecord, Measures, ModelRow, Predictions, Row, RunRecord, ShapeRow, Status, to_json,
};

pub(super) const ROOMS: [Room; 5] = [
    Room { name: "", is_ours: is_run_file, always: true },
    Room { name: WEIGHTS, is_ours: is_weights, always: true },
    Room { name: PREDICTIONS, is_ours: is_predictions, always: true },
    Room { name: FIGURES, is_ours: is_figure, always: true },
    Room { name: CHECKPOINTS, is_ours: is_checkpoint, always: false },
];

/// Blanks at the end of a running run's `run.json`: room for what is to be said at its end, also on a full disk.
const SPARE: usize = 4096;

/// A model that was trained to its end, with all that is written of it.
#[derive(Debug, Clone, PartialEq)]
pub struct FinishedModel {
    /// Its row of `models.csv`.
    pub row: ModelRow,
    /// What it was asked.
    pub measures: Measures,
    /// What it says of the test images.
    pub predictions: Predictions,
    /// Its weights as a file has them, [`weights::to_bytes`].
    pub weights: Vec<u8>,
}

/// An output directory, locked against other processes while this lives.
///
/// Before anything is written, what was written before must still be there: somebody may have removed it.
#[derive(Debug)]
pub struct RunWriter {
    directory: OutputDirectory,
    epochs: EpochTables,
    models: ModelTables,
    /// Files that were written whole.
    written: Vec<PathBuf>,
    /// Bytes of `run.json`.
    room: usize,
    checkpoints: Checkpoints,
}

impl RunWriter {
    /// [`RunWriter::new`] in the directory `dir`; see [`OutputDirectory::open`].
    ///
    /// # Errors
    /// As there.
    pub fn create(dir: &Path, force: bool) -> Result<RunWriter> {
        RunWriter::new(OutputDirectory::open(dir, force)?)
    }

    /// Makes `weights/`, `figures/`, and the CSV files with their headers.
    ///
    /// In a directory that was opened by force an earlier run's files are removed by their names, everything else
    /// stays. Nothing is followed through a link, and where something of our files' names is no file, that is an
    /// error, and nothing is removed. What was made goes again unless [`RunWriter::run`] says what it is.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where something cannot be written, with the path and the reason.
    pub fn new(mut directory: OutputDirectory) -> Result<RunWriter> {
        directory.clear(&ROOMS)?;
        let path = directory.path().to_owned();
        let epochs = EpochTables::create(&path, |path| directory.note(path))?;
        let models = ModelTables::create(directory.path())?;
        models.paths().for_each(|path| directory.note(path));
        let checkpoints = Checkpoints::default();
        Ok(RunWriter { directory, epochs, models, written: Vec::new(), room: 0, checkpoints })
    }

    /// What checkpoints an earlier sitting has left in a directory.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where something that is no file of ours is in the way, or they cannot be read.
    pub fn found(directory: &OutputDirectory) -> Result<FoundCheckpoints> {
        directory.look(&ROOMS)?;
        Ok(Checkpoints::read(directory.path())?.1)
    }

    /// Removes what a killed process was writing into the directory of a run.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where it cannot be removed, or something that is no file of ours is in the way.
    pub fn tidy(directory: &mut OutputDirectory) -> Result<()> {
        directory.tidy(&ROOMS)
    }

    /// Goes on in the directory of an earlier run. The rows of the models to be kept stay, up to their epochs, and are
    /// returned; all others go. Whatever else was written of models that are not finished goes too.
    ///
    /// # Errors
    /// [`crate::Error::Data`] where a row is missing, [`crate::Error::Failure`] where something cannot be written, with
    /// the path and the reason.
    pub fn resume(mut directory: OutputDirectory, earlier: &Earlier) -> Result<(RunWriter, KeptRows)> {
        directory.tidy(&ROOMS)?;
        let (checkpoints, _) = Checkpoints::read(directory.path())?;
        let rows = keep_rows(directory.path(), earlier)?;
        let epochs = EpochTables::open(directory.path())?;
        let models = ModelTables::open(directory.path(), &earlier.finished)?;
        Ok((RunWriter { directory, epochs, models, written: Vec::new(), room: 0, checkpoints }, rows))
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.directory.path()
    }

    /// Adds an epoch of models: their rows of `metrics.csv`, of `steps.csv` and of `gradients.csv`, on disk when this
    /// returns. Where it fails, no file has any of it.
    ///
    /// The steps come first: whoever kills the process in between leaves steps of an epoch that `metrics.csv` does not
    /// have, which [`super::read_steps`] leaves out.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] with the path and the reason, as for all that follow.
    pub fn epoch(&mut self, models: impl IntoIterator<Item = ModelEpoch>) -> Result<()> {
        self.directory.check("")?;
        self.epochs.add(models.into_iter())
    }

    /// Writes `shapes.csv`.
    pub fn shapes(&mut self, rows: &[ShapeRow]) -> Result<()> {
        self.table(SHAPES, rows)
    }

    /// Writes `run.json`, over an earlier state of it. Where there is no room for another file, it is written into
    /// the place of the earlier one, if it fits there.
    pub fn run(&mut self, record: &RunRecord) -> Result<()> {
        let path = self.directory.check("")?.join(RUN);
        let text = to_json(record).map_err(|error| error.at(one_line(path.display())))?;
        let blanks = if record.status == Status::Running { SPARE } else { 0 };
        let mut text = text.into_bytes();
        text.resize(text.len() + blanks, b' ');
        let fits = text.len() <= self.room;
        match write_atomic(&path, |w| w.write_all(&text)) {
            Ok(()) => self.room = text.len(),
            Err(error) if fits => self.last_word(text)?.write().map_err(|_| error)?,
            Err(error) => return Err(error),
        }
        self.directory.keep();
        Ok(())
    }

    /// What can be written over `run.json` without memory and without room on the disk: `record`.
    pub fn prepared(&self, record: &RunRecord) -> Result<LastWord> {
        self.last_word(to_json(record)?.into_bytes())
    }

    fn last_word(&self, mut text: Vec<u8>) -> Result<LastWord> {
        let path = self.dir().join(RUN);
        let is_ours = fs::symlink_metadata(&path).is_ok_and(|m| m.is_file() && m.len() == self.room as u64);
        if !is_ours || text.len() > self.room {
            return Err(meddled(&path, "changed"));
        }
        text.resize(self.room, b' ');
        let file = OpenOptions::new().write(true).open(&path).map_err(|e| cannot("write", &path, &e))?;
        Ok(LastWord { file, text })
    }

    /// Writes `figures/<stem>.png` and `figures/<stem>.svg`.
    pub fn figure(&mut self, stem: &str, figure: &FigureFiles) -> Result<()> {
        figure.named(stem).into_iter().try_for_each(|(name, bytes)| self.whole(FIGURES, &name, bytes))
    }

    /// Writes `features.safetensors`.
    pub fn features(&mut self, record: &FeatureRecord) -> Result<()> {
        self.whole("", FEATURES, &record.to_bytes())
    }

    /// Writes the weights of a model.
    pub fn weights(&mut self, model: ModelId, tensors: &[Tensor], metadata: &[(String, String)]) -> Result<()> {
        let bytes = weights::to_bytes(tensors, metadata);
        self.whole(WEIGHTS, &weights_name(model), &bytes)
    }

    /// Writes a checkpoint. The one before it stays; those before that go.
    pub fn checkpoint(&mut self, checkpoint: &Checkpoint) -> Result<()> {
        self.directory.check("")?;
        self.directory.room(CHECKPOINTS)?;
        let folder = self.directory.check(CHECKPOINTS)?;
        self.checkpoints.write(&folder, checkpoint)
    }

    /// The furthest whole checkpoint that has all of these models.
    ///
    /// # Errors
    /// [`crate::Error::Data`] where there is none that can be read.
    pub fn load_checkpoint(&self, models: &[ModelId]) -> Result<Checkpoint<'static>> {
        self.checkpoints.load(&self.directory.check(CHECKPOINTS)?, models)
    }

    /// These models are finished or have diverged, which is on disk: their checkpoints go.
    pub fn settle(&mut self, models: &[ModelId]) -> Result<()> {
        let folder = self.directory.check("")?.join(CHECKPOINTS);
        self.checkpoints.settle(&folder, models)
    }

    /// Removes the weights of a model, where there are any: they are of an epoch before it diverged.
    pub fn remove_weights(&mut self, model: ModelId) -> Result<()> {
        let path = self.directory.check(WEIGHTS)?.join(weights_name(model));
        self.written.retain(|written| *written != path);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(cannot("remove", &path, &e)),
            _ => Ok(()),
        }
    }

    /// Writes the labels of the test images.
    pub fn labels(&mut self, labels: &[u8]) -> Result<()> {
        self.whole(PREDICTIONS, LABELS, &predictions::labels_to_bytes(labels)?)
    }

    /// Writes a whole table of the directory, such as [`super::layout::INK`].
    pub fn table<R: Row>(&mut self, name: &str, rows: &[R]) -> Result<()> {
        let bytes = lines(&self.dir().join(name), Some(R::COLUMNS), rows)?;
        self.whole("", name, &bytes)
    }

    /// Adds finished models, on disk when this returns: their weights and predictions, then what was asked of them,
    /// then their rows of `models.csv`, which say that everything else is there. Where it fails, no table has any of
    /// them.
    pub fn finished(&mut self, models: &[FinishedModel]) -> Result<()> {
        let weights = self.directory.check(WEIGHTS)?;
        let predictions = self.directory.check(PREDICTIONS)?;
        let said = models.iter().map(|model| predictions::to_bytes(&model.predictions));
        let said = said.collect::<Result<Vec<_>>>()?;
        let mut files: Vec<(PathBuf, &[u8])> = Vec::new();
        for (FinishedModel { row, weights: bytes, .. }, said) in models.iter().zip(&said) {
            files.push((weights.join(weights_name(row.model)), bytes));
            files.push((predictions.join(predictions_name(row.model)), said));
        }
        if let Err(error) = write_together(&files) {
            // They would take the room of those that fit.
            files.iter().for_each(|(path, _)| drop(fs::remove_file(path)));
            return Err(error);
        }
        for (path, _) in files {
            self.directory.note(&path);
            self.written.push(path);
        }
        let rows: Vec<ModelRow> = models.iter().map(|model| model.row.clone()).collect();
        self.models.add(&rows, &Measures::all(models.iter().map(|model| &model.measures)))
    }

    fn whole(&mut self, room: &str, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.directory.check(room)?.join(name);
        write_atomic(&path, |w| w.write_all(bytes))?;
        self.directory.note(&path);
        self.written.push(path);
        Ok(())
    }

    /// Writes `metrics.csv` again from what is in memory, where somebody removed it and nothing has taken its place.
    pub fn rescue(&self, rows: &[EpochRow]) {
        let Ok(path) = self.directory.check("").map(|dir| dir.join(METRICS)) else { return };
        let gone = fs::symlink_metadata(&path).is_err_and(|e| e.kind() == io::ErrorKind::NotFound);
        if gone && let Ok(bytes) = lines(&path, Some(EpochRow::COLUMNS), rows) {
            let _ = write_atomic(&path, |w| w.write_all(&bytes));
        }
    }

    /// Fails where something that was written is not there any more.
    pub fn check(&self) -> Result<()> {
        self.directory.check("")?;
        self.epochs.check()?;
        self.models.check()?;
        let is_there = |path: &&PathBuf| fs::symlink_metadata(path).is_ok_and(|m| m.is_file());
        self.written.iter().find(|path| !is_there(path)).map_or(Ok(()), |path| Err(meddled(path, "removed")))
    }
}

/// Bytes for the place where `run.json` is; see [`RunWriter::prepared`].
#[derive(Debug)]
pub struct LastWord {
    file: File,
    text: Vec<u8>,
}

impl LastWord {
    /// Writes them in one write, as many bytes as were there, without allocating memory.
    ///
    /// # Errors
    /// The system's.
    pub fn write(mut self) -> io::Result<()> {
        let written = self.file.write_all(&self.text).and_then(|()| self.file.sync_data());
        // Where memory is short, nothing is given back either.
        std::mem::forget(self.text);
        written
    }
}
