//! A CSV file that grows: rows are on disk all together or not at all.

use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::failure::{cannot, meddled};
use crate::error::{Error, Result, one_line};
use crate::files::is_same;
use crate::record::Row;

/// An open CSV file that nobody else writes to.
#[derive(Debug)]
pub(super) struct GrowingTable {
    file: File,
    path: PathBuf,
    /// Bytes of the rows that stand.
    len: u64,
}

impl GrowingTable {
    /// Makes the file, which must not be there, with the names of the columns.
    pub(super) fn create<R: Row>(path: PathBuf) -> Result<GrowingTable> {
        let header = lines::<R>(&path, Some(R::COLUMNS), &[])?;
        let opened = OpenOptions::new().append(true).create_new(true).open(&path);
        let mut file = opened.map_err(|e| cannot("write", &path, &e))?;
        if let Err(e) = file.write_all(&header).and_then(|()| file.sync_data()) {
            let _ = fs::remove_file(&path);
            return Err(cannot("write", &path, &e));
        }
        Ok(GrowingTable { file, path, len: header.len() as u64 })
    }

    /// Opens a file of whole rows, to add to it.
    pub(super) fn open(path: PathBuf) -> Result<GrowingTable> {
        let opened = OpenOptions::new().append(true).open(&path);
        let opened = opened.and_then(|file| Ok((file.metadata()?.len(), file)));
        let (len, file) = opened.map_err(|e| cannot("write", &path, &e))?;
        Ok(GrowingTable { file, path, len })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Fails where the file was removed, replaced or changed by somebody else.
    pub(super) fn check(&self) -> Result<()> {
        if !is_same(&self.file, &self.path) {
            return Err(meddled(&self.path, "removed or replaced"));
        }
        match self.file.metadata().map(|m| m.len()) {
            Ok(len) if len == self.len => Ok(()),
            Ok(_) => Err(meddled(&self.path, "changed")),
            Err(e) => Err(cannot("read", &self.path, &e)),
        }
    }

    /// Rows as [`GrowingTable::append`] takes them.
    pub(super) fn lines<R: Row>(&self, rows: &[R]) -> Result<Vec<u8>> {
        lines(&self.path, None, rows)
    }

    /// Adds rows in one write, for which no memory is needed. Where it fails, some of them may be there until
    /// [`GrowingTable::shorten`].
    pub(super) fn append(&mut self, lines: &[u8]) -> Result<()> {
        self.file.write_all(lines).map_err(|e| cannot("write", &self.path, &e))?;
        self.len += lines.len() as u64;
        Ok(())
    }

    /// Waits until all rows are on the disk.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_data().map_err(|e| cannot("write", &self.path, &e))
    }

    /// Bytes of the rows that stand, to go back to by [`GrowingTable::shorten`].
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Takes rows back. Where even that fails, a reader knows a half row by its missing end of line.
    pub(super) fn shorten(&mut self, len: u64) {
        if self.file.set_len(len).and_then(|()| self.file.sync_data()).is_ok() {
            self.len = len;
        }
    }
}

/// A table as the file of that name has it.
///
/// # Errors
/// [`Error::Failure`] where a row cannot be written as CSV.
pub fn csv_bytes<R: Row>(file: &str, rows: &[R]) -> Result<Vec<u8>> {
    lines(Path::new(file), Some(R::COLUMNS), rows)
}

/// Rows as they stand in the file, below the names of the columns where these are given.
pub(super) fn lines<R: Row>(path: &Path, columns: Option<&[&str]>, rows: &[R]) -> Result<Vec<u8>> {
    let failed = |e: &dyn std::fmt::Display| Error::failure(format!("{}: {}", one_line(path.display()), one_line(e)));
    let mut csv = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    columns.map_or(Ok(()), |columns| csv.write_record(columns)).map_err(|e| failed(&e))?;
    rows.iter().try_for_each(|row| csv.serialize(row)).map_err(|e| failed(&e))?;
    csv.into_inner().map_err(|e| failed(e.error()))
}
