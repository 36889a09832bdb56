//! One process at a time writes to a directory.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

use crate::error::one_line;
use crate::error::{Error, Remedy, Result};

/// Name of the lock file. It stays behind, empty: removing it would let two later processes lock
/// two files of the same name.
pub(super) const NAME: &str = ".lock";

/// Holds the directory until dropped. The operating system releases it if the process dies.
#[derive(Debug)]
pub(super) struct Lock(File);

impl Lock {
    /// Takes the lock of `dir`.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the process that holds it; [`Error::Failure`] where the file cannot
    /// be written.
    pub(super) fn take(dir: &Path) -> Result<Lock> {
        let path = dir.join(NAME);
        let shown = one_line(dir.display());
        let failed = |e: std::io::Error| {
            Error::failure(format!("cannot write to {shown}: {}", one_line(e))).remedy(Remedy::OtherDirectory)
        };
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                // Where the lock forbids reading (Windows) the process stays unnamed.
                let _ = file.read_to_string(&mut holder);
                let holder = match holder.trim() {
                    "" => "another process".to_owned(),
                    pid => format!("process {pid}"),
                };
                let error = Error::usage(format!("{shown} is being written by {holder}")).advice("wait for it");
                return Err(error.remedy(Remedy::OtherDirectory));
            }
            Err(TryLockError::Error(e)) => return Err(failed(e)),
        }
        file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(failed)?;
        Ok(Lock(file))
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // A stale number would name a stranger; the lock itself goes with the file handle.
        let _ = self.0.set_len(0);
    }
}
