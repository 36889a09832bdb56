//! What is made of records afterwards: tables of answers, figures, verdicts.

use std::path::Path;

use super::directory::{OutputDirectory, Room};
use super::figure_files::FigureFiles;
use super::layout::{FIGURES, is_figure, is_run_file};
use super::table::lines;
use crate::analysis::TableSink;
use crate::error::Result;
use crate::files::write_atomic;
use crate::record::Row;

const ROOMS: [Room; 2] =
    [Room { name: "", is_ours: is_run_file, always: true }, Room { name: FIGURES, is_ours: is_figure, always: true }];

/// A directory into which answers are written, locked against other processes while this lives. Files that are not
/// written stay as they are.
#[derive(Debug)]
pub struct ReportWriter {
    directory: OutputDirectory,
}

impl ReportWriter {
    /// In a run's own directory, or another one that there is. A directory that was made goes again where no file
    /// is begun.
    ///
    /// # Errors
    /// [`crate::Error::Usage`] where another process writes there; [`crate::Error::Failure`] where something is in the way.
    pub fn new(directory: OutputDirectory) -> Result<ReportWriter> {
        directory.look(&ROOMS)?;
        Ok(ReportWriter { directory })
    }

    /// The directory.
    pub fn dir(&self) -> &Path {
        self.directory.path()
    }

    /// Writes the files of `figures/<stem>`.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] with the path and the reason, as for all that follow.
    pub fn figure(&mut self, stem: &str, figure: &FigureFiles) -> Result<()> {
        self.directory.keep();
        self.directory.room(FIGURES)?;
        let folder = self.directory.check(FIGURES)?;
        let write = |(name, bytes): (String, &[u8])| write_atomic(&folder.join(name), |w| w.write_all(bytes));
        figure.named(stem).into_iter().try_for_each(write)
    }

    /// Writes a file of the directory, such as [`super::layout::CLAIMS_JSON`].
    pub fn file(&mut self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.directory.check("")?.join(name);
        self.directory.keep();
        write_atomic(&path, |w| w.write_all(bytes))
    }
}

impl TableSink for ReportWriter {
    fn table<R: Row>(&mut self, file: &'static str, rows: &[R]) -> Result<()> {
        let bytes = lines(&self.dir().join(file), Some(R::COLUMNS), rows)?;
        self.file(file, &bytes)
    }
}
