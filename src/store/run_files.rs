//! The files of a run, in its directory or packed into one `.tar.gz`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::error::{Error, Result, one_line};
use crate::files::read_bounded;

/// Most bytes of a packed run.
const PACKED_BYTES: u64 = 1 << 30;
/// Most bytes of its files together, unpacked.
const UNPACKED_BYTES: u64 = 4 << 30;

/// Where the files of a run are.
#[derive(Debug)]
pub(super) enum RunFiles {
    /// A directory.
    Directory(PathBuf),
    /// A packed directory: its files by their names below it.
    Packed { path: PathBuf, files: BTreeMap<String, Vec<u8>> },
}

impl RunFiles {
    /// A run's directory, or a `.tar.gz` that holds one.
    ///
    /// # Errors
    /// [`Error::Data`] where it is neither.
    pub(super) fn open(path: &Path) -> Result<RunFiles> {
        let at = |error: Error| error.advice("name the directory of a run, or a .tar.gz of one");
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Ok(RunFiles::Directory(path.to_owned())),
            Ok(_) => {
                let bytes = read_bounded(path, PACKED_BYTES).map_err(at)?;
                let files = unpack(&bytes).map_err(|e| {
                    let what = format!("{} is no packed run: {}", one_line(path.display()), one_line(e));
                    at(Error::data(what))
                })?;
                Ok(RunFiles::Packed { path: path.to_owned(), files })
            }
            Err(e) => Err(at(Error::data(format!("{}: cannot be read: {}", one_line(path.display()), one_line(e))))),
        }
    }

    /// How messages name a file.
    pub(super) fn name(&self, file: &str) -> String {
        match self {
            RunFiles::Directory(path) => one_line(path.join(file).display()),
            RunFiles::Packed { path, .. } => format!("{file} in {}", one_line(path.display())),
        }
    }

    /// The contents of a file of at most `most` bytes, or nothing where there is none.
    ///
    /// # Errors
    /// [`Error::Data`] where it cannot be read.
    pub(super) fn read(&self, file: &str, most: u64) -> Result<Option<Vec<u8>>> {
        match self {
            RunFiles::Directory(path) => {
                let path = path.join(file);
                match fs::symlink_metadata(&path) {
                    Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
                    _ => read_bounded(&path, most).map(Some),
                }
            }
            RunFiles::Packed { files, .. } => Ok(files.get(file).cloned()),
        }
    }
}

/// The files of an archive, by their names below its one top folder, where it has one.
fn unpack(bytes: &[u8]) -> io::Result<BTreeMap<String, Vec<u8>>> {
    let mut archive = tar::Archive::new(MultiGzDecoder::new(bytes));
    let (mut files, mut room) = (BTreeMap::new(), UNPACKED_BYTES);
    for entry in archive.entries()? {
        let mut entry = entry?;
        if !entry.header().entry_type().is_file() {
            continue;
        }
        let name = entry.path()?.to_string_lossy().replace('\\', "/");
        let mut contents = Vec::new();
        entry.by_ref().take(room + 1).read_to_end(&mut contents)?;
        room = room.checked_sub(contents.len() as u64).ok_or_else(|| io::Error::other("its files are too large"))?;
        files.insert(name.trim_start_matches("./").to_string(), contents);
    }
    let top = files.keys().next().and_then(|name| name.split_once('/')).map(|(top, _)| format!("{top}/"));
    match top.filter(|top| files.keys().all(|name| name.starts_with(top.as_str()))) {
        Some(top) => Ok(files.into_iter().map(|(name, bytes)| (name[top.len()..].to_string(), bytes)).collect()),
        None => Ok(files),
    }
}
