//! Reads a data set from a directory. No other file of this module touches the file system.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::Path;

use super::idx::{self, Source};
use super::mnist::{Dataset, FILES, spellings};
use crate::error::one_line;
use crate::error::{Error, Result};

impl Dataset {
    /// Reads a set from a directory with four files in MNIST's format, plain or gzipped.
    ///
    /// The files are called as in [`FILES`], with or without `.gz`, or with a dot, as in
    /// `train-images.idx3-ubyte`. Where a file is there under several of these names, the name in
    /// [`FILES`] comes first. Images may have any size up to 4096×4096. The name of the set is that of
    /// the directory, unless the files are MNIST's.
    ///
    /// # Errors
    /// [`Error::Data`], which names the file that is missing, unreadable or bad, and says what to do.
    pub fn open(directory: &Path) -> Result<Self> {
        let name = directory.canonicalize().ok().and_then(|d| Some(d.file_name()?.to_string_lossy().into_owned()));
        Self::read(&name.unwrap_or_else(|| "data".into()), |i| find(directory, FILES[i]))
    }
}

/// Opens the file that [`FILES`] calls `file`, under any of its names.
fn find(directory: &Path, file: &str) -> Result<Source<'static>> {
    let shown = one_line(directory.display());
    match fs::metadata(directory) {
        Err(e) => return Err(failed(&shown, e, "give a directory with the four IDX files")),
        Ok(m) if !m.is_dir() => {
            return Err(idx::error(&shown, "is not a directory", "give a directory with the four IDX files"));
        }
        Ok(_) => {}
    }
    let mut obstacle = None;
    for spelling in spellings(file) {
        let path = directory.join(spelling);
        let shown = one_line(path.display());
        match fs::metadata(&path) {
            Ok(m) if m.is_file() => {
                let opened = File::open(&path).map_err(|e| failed(&shown, e, "make it readable"))?;
                return Ok(Source { name: shown, len: m.len(), reader: Box::new(BufReader::new(opened)) });
            }
            // Some unpacking tools make a directory of such a name and put the file beside it.
            Ok(_) => _ = obstacle.get_or_insert(idx::error(&shown, "is not a file", &format!("put {file} there"))),
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(failed(&shown, e, "make it readable")),
        }
    }
    let missing =
        || idx::error(&one_line(directory.join(file).display()), "is missing", "put it there, plain or as .gz");
    Err(obstacle.unwrap_or_else(missing))
}

fn failed(name: &str, e: io::Error, advice: &str) -> Error {
    idx::error(name, &format!("cannot be read: {}", one_line(e)), advice)
}
