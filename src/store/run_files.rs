//! The files of a run, in its directory or packed into one `.tar.gz`.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;

use crate::error::{Error, Result, one_line};
use crate::files::read_bounded;

/// Most bytes of a packed run.
const PACKED_BYTES: u64 = 1 << 30;
/// Most bytes of its files together, unpacked.
const UNPACKED_BYTES: u64 = 4 << 30;

/// The files of a run, wherever they are.
#[derive(Debug)]
pub struct RunFiles(Place);

#[derive(Debug)]
enum Place {
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
    pub fn open(path: &Path) -> Result<RunFiles> {
        let at = |error: Error| error.advice("name the directory of a run, or a .tar.gz of one");
        match fs::metadata(path) {
            Ok(metadata) if metadata.is_dir() => Ok(RunFiles(Place::Directory(path.to_owned()))),
            Ok(_) => {
                let bytes = read_bounded(path, PACKED_BYTES).map_err(at)?;
                let files = unpack(&bytes).map_err(|e| {
                    let what = format!("{} is no packed run: {}", one_line(path.display()), one_line(e));
                    at(Error::data(what))
                })?;
                Ok(RunFiles(Place::Packed { path: path.to_owned(), files }))
            }
            Err(e) => Err(at(Error::data(format!("{}: cannot be read: {}", one_line(path.display()), one_line(e))))),
        }
    }

    /// How messages name a file.
    pub(super) fn name(&self, file: &str) -> String {
        match &self.0 {
            Place::Directory(path) => one_line(path.join(file).display()),
            Place::Packed { path, .. } => format!("{file} in {}", one_line(path.display())),
        }
    }

    /// The contents of a file of at most `most` bytes, or nothing where there is none.
    ///
    /// # Errors
    /// [`Error::Data`] where it cannot be read.
    pub(super) fn read(&self, file: &str, most: u64) -> Result<Option<Vec<u8>>> {
        match &self.0 {
            Place::Directory(path) => {
                let path = path.join(file);
                match fs::symlink_metadata(&path) {
                    Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
                    _ => read_bounded(&path, most).map(Some),
                }
            }
            Place::Packed { files, .. } => Ok(files.get(file).cloned()),
        }
    }

    /// Whether there is such a file.
    pub(super) fn has(&self, file: &str) -> bool {
        match &self.0 {
            Place::Directory(path) => path.join(file).is_file(),
            Place::Packed { files, .. } => files.contains_key(file),
        }
    }

    /// A file to be read a part at a time, or nothing where there is none.
    ///
    /// # Errors
    /// [`Error::Data`] where it cannot be opened.
    pub(super) fn stream(&self, file: &str) -> Result<Option<Box<dyn Read + '_>>> {
        match &self.0 {
            Place::Directory(path) => {
                let path = path.join(file);
                let failed = |e: io::Error| Error::data(format!("{}: {}", one_line(path.display()), one_line(e)));
                match fs::metadata(&path) {
                    Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
                    Err(e) => Err(failed(e)),
                    // A pipe could be waited for without end.
                    Ok(metadata) if !metadata.is_file() => Err(failed(io::Error::other("is not a file"))),
                    Ok(_) => Ok(Some(Box::new(BufReader::new(fs::File::open(&path).map_err(failed)?)))),
                }
            }
            Place::Packed { files, .. } => Ok(files.get(file).map(|bytes| Box::new(&bytes[..]) as Box<dyn Read>)),
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
