//! What a process has made in an output directory, and takes away again where nothing comes of it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::files::remove_temporary_files;

/// What was made and is to be removed again, in this order.
#[derive(Debug, Default)]
pub(super) struct Made {
    pub paths: Vec<PathBuf>,
    /// There are results: nothing is removed any more.
    pub kept: bool,
    /// Nobody writes any more.
    pub closed: bool,
}

/// [`Made`], shared by the directory and the thread that ends the process.
#[derive(Debug, Clone, Default)]
pub(super) struct SharedMade(Arc<Mutex<Made>>);

impl SharedMade {
    pub(super) fn new(paths: Vec<PathBuf>, kept: bool) -> SharedMade {
        SharedMade(Arc::new(Mutex::new(Made { paths, kept, closed: false })))
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Made> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a process that ends at once leaves a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// As it was found.
    Nothing,
    /// Some of the results are there, others are not.
    Incomplete(PathBuf),
    /// With all results.
    Whole(PathBuf),
}

/// An output directory as another thread sees it that ends the process.
#[derive(Debug)]
pub struct Leftovers {
    path: PathBuf,
    made: SharedMade,
}

impl Leftovers {
    pub(super) fn new(path: &Path, made: &SharedMade) -> Leftovers {
        Leftovers { path: path.to_owned(), made: made.clone() }
    }

    /// Removes what was made, unless there are results. From now on whoever writes there waits, so the process must end.
    pub fn clear(self) -> Left {
        /// A write under way ends sooner than this.
        const PATIENCE: u32 = 50;
        let made = self.made.lock();
        let left = match (made.kept, made.closed) {
            (false, _) => {
                for _ in 0..PATIENCE {
                    remove_temporary_files();
                    made.paths.iter().rev().for_each(|path| remove(path));
                    if !made.paths.iter().any(|path| path.exists()) {
                        break;
                    }
                    std::thread::sleep(Duration::from_millis(10));
                }
                Left::Nothing
            }
            (true, false) => Left::Incomplete(self.path.clone()),
            (true, true) => Left::Whole(self.path.clone()),
        };
        std::mem::forget(made);
        left
    }
}

/// Removes a file, or a folder that is empty. What does not go, such as a folder into which somebody has put something,
/// stays.
pub(super) fn remove(path: &Path) {
    let is_folder = fs::symlink_metadata(path).is_ok_and(|m| m.is_dir());
    let _ = if is_folder { fs::remove_dir(path) } else { fs::remove_file(path) };
}
