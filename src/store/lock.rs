//! One process at a time writes to a directory.
//!
//! On Unix the lock is on the directory itself: no file has to be made for it, so none can be in the way, be
//! somebody's own, or stay behind.

use std::fs::File;
#[cfg(unix)]
use std::fs::TryLockError;
use std::path::Path;

use super::failure::cannot;
use crate::error::one_line;
use crate::error::{Error, Remedy, Result};

/// Holds a directory until dropped. The operating system releases it if the process dies.
#[derive(Debug)]
pub(super) struct Lock {
    /// The directory on Unix, the lock's file on Windows.
    handle: Option<File>,
}

impl Lock {
    /// Takes the lock of `dir`.
    ///
    /// # Errors
    /// [`Error::Usage`] naming the process that holds it, where the system tells; [`Error::Failure`] where the
    /// directory cannot be opened.
    #[cfg(unix)]
    pub(super) fn take(dir: &Path) -> Result<Lock> {
        let handle = File::open(dir).map_err(|e| cannot("open", dir, &e))?;
        match handle.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(dir, holder(&handle))),
            // A file system without locks keeps no results from being written.
            Err(TryLockError::Error(e)) => log::debug!("{} is not locked: {e}", dir.display()),
        }
        Ok(Lock { handle: Some(handle) })
    }

    /// Windows locks no directory. A file that is new and that nobody else may open does as well, and the system
    /// removes it when it is closed, also where the process is killed.
    #[cfg(windows)]
    pub(super) fn take(dir: &Path) -> Result<Lock> {
        use std::io::ErrorKind;
        use std::os::windows::fs::OpenOptionsExt;

        const WRITE_AND_DELETE: u32 = 0x4001_0000;
        const DELETE_ON_CLOSE: u32 = 0x0400_0000;
        let mut options = File::options();
        options.write(true).create_new(true).access_mode(WRITE_AND_DELETE).share_mode(0).custom_flags(DELETE_ON_CLOSE);
        match options.open(dir.join(NAME)) {
            Ok(file) => Ok(Lock { handle: Some(file) }),
            Err(e) if e.kind() == ErrorKind::AlreadyExists => Err(held(dir, None)),
            Err(e) => Err(cannot("write to", dir, &e)),
        }
    }

    /// Gives the directory free.
    pub(super) fn release(&mut self) {
        self.handle = None;
    }

    /// Whether `dir` is still the directory that was locked.
    pub(super) fn is_on(&self, dir: &Path) -> bool {
        match &self.handle {
            Some(handle) if cfg!(unix) => crate::files::is_same(handle, dir),
            _ => dir.is_dir(),
        }
    }
}

/// Whether this is the lock's own file.
pub(super) fn is_lock(name: &str) -> bool {
    cfg!(windows) && name == NAME
}

const NAME: &str = ".stridelab-lock";

fn held(dir: &Path, holder: Option<String>) -> Error {
    let holder = holder.unwrap_or_else(|| "another process".into());
    let error = Error::usage(format!("{} is being written by {holder}", one_line(dir.display())));
    error.advice("wait for it").remedy(Remedy::OtherDirectory)
}

/// The process that holds the lock of this file, as Linux lists it: `1: FLOCK ADVISORY WRITE 4711 fe:00:131 0 EOF`.
#[cfg(unix)]
fn holder(file: &File) -> Option<String> {
    use std::os::unix::fs::MetadataExt;

    let inode = file.metadata().ok()?.ino().to_string();
    let locks = std::fs::read_to_string("/proc/locks").ok()?;
    locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find_map(|words| match words[..] {
        [_, "FLOCK", _, _, pid, place, ..] if place.rsplit(':').next() == Some(&inode) && pid != "0" => {
            Some(format!("process {pid}"))
        }
        _ => None,
    })
}
