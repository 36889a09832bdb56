//! Files that are whole or not there, and files of users, read with a bound.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Error, Result, one_line};
use crate::way_out::{WayOut, way_out};

/// How the name of a temporary file begins and ends.
const PREFIX: &str = ".stridelab-";
const SUFFIX: &str = ".tmp";

/// Writes `path` so that it holds either all of what `write` wrote or what it held before, even
/// across a crash or a power failure.
///
/// A temporary file in the same directory is written, synced and renamed over `path`, then the
/// directory is synced. Where anything fails, the temporary file is removed. A symbolic link at
/// `path` is replaced, not followed.
///
/// # Errors
/// [`Error::Failure`] with the path and the system's reason.
pub fn write_atomic(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<()> {
    replace(path, write).and_then(|()| sync_directory(directory_of(path))).map_err(|e| cannot_be_written(path, e))
}

/// Writes several files as [`write_atomic`] writes each, on several threads: a disk syncs many files at once in little
/// more time than one. Where one fails, each of the others is whole or as it was.
///
/// # Errors
/// As there, for one of those that failed.
pub fn write_together(files: &[(PathBuf, &[u8])]) -> Result<()> {
    /// Files that are synced at once.
    const THREADS: usize = 8;
    let next = AtomicUsize::new(0);
    let work = || {
        let mut paths = std::iter::from_fn(|| files.get(next.fetch_add(1, Ordering::Relaxed)));
        paths
            .try_for_each(|(path, bytes)| replace(path, |w| w.write_all(bytes)).map_err(|e| cannot_be_written(path, e)))
    };
    std::thread::scope(|scope| {
        // Without another thread, one file after the other.
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, work).ok();
        let others: Vec<_> = (1..THREADS.min(files.len())).map_while(start).collect();
        let joined = |thread: std::thread::ScopedJoinHandle<'_, Result<()>>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        others.into_iter().map(joined).fold(work(), Result::and)
    })?;
    let directories: BTreeSet<&Path> = files.iter().map(|(path, _)| directory_of(path)).collect();
    directories.into_iter().try_for_each(|path| sync_directory(path).map_err(|e| cannot_be_written(path, e)))
}

fn cannot_be_written(path: &Path, e: io::Error) -> Error {
    let advice = match way_out(&e) {
        Some(WayOut::Room) => "make room there, or choose another place",
        Some(WayOut::Limit(advice)) => advice,
        None => "choose a writable place",
    };
    Error::failure(format!("{}: cannot be written: {}", one_line(path.display()), one_line(e))).advice(advice)
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Reads all of a regular file of at most `most` bytes. A pipe or a device is refused before it is opened: it could
/// be waited for without end.
///
/// # Errors
/// [`Error::Data`] with the path, where it is no such file or cannot be read.
pub fn read_bounded(path: &Path, most: u64) -> Result<Vec<u8>> {
    let bad = |what: String| Error::data(format!("{}: {what}", one_line(path.display())));
    let failed = |e: io::Error| bad(format!("cannot be read: {}", one_line(e)));
    let metadata = fs::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        return Err(bad("is not a file".into()));
    }
    let too_long = |len: u64| bad(format!("has {len} bytes, such a file may have {most}"));
    if metadata.len() > most {
        return Err(too_long(metadata.len()));
    }
    let mut bytes = Vec::new();
    // One byte more than there may be, if it has grown since.
    File::open(path).and_then(|file| file.take(most + 1).read_to_end(&mut bytes)).map_err(failed)?;
    if bytes.len() as u64 > most {
        return Err(too_long(bytes.len() as u64));
    }
    Ok(bytes)
}

/// Makes a directory that only this user can look into, unless it is there. Where this fails, writing into it fails too,
/// with the better message.
pub fn make_private(directory: &Path) {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let _ = builder.create(directory);
}

/// Whether `path` still leads to this open file or folder.
pub fn is_same(file: &File, path: &Path) -> bool {
    let (Ok(open), Ok(found)) = (file.metadata(), fs::metadata(path)) else { return false };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        (open.dev(), open.ino()) == (found.dev(), found.ino())
    }
    #[cfg(not(unix))]
    {
        open.file_type() == found.file_type()
    }
}

/// Whether a file of this name is one that [`write_atomic`] was writing when it was killed, if no
/// other process writes there now.
pub fn is_temporary(name: &str) -> bool {
    name.starts_with(PREFIX) && name.ends_with(SUFFIX)
}

/// Temporary files that this process is writing.
static TEMPORARY: Mutex<BTreeSet<PathBuf>> = Mutex::new(BTreeSet::new());

fn temporary_files() -> MutexGuard<'static, BTreeSet<PathBuf>> {
    TEMPORARY.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes every temporary file of [`write_atomic`], for a process that ends at once: what is being written fails.
pub fn remove_temporary_files() {
    for path in temporary_files().iter() {
        let _ = fs::remove_file(path);
    }
}

/// Replaces a file by a whole one, of which the directory may not know yet after a power failure.
fn replace(path: &Path, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    if path.file_name().is_none() {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "the path names no file"));
    }
    let (mut temporary, file) = Temporary::new(directory_of(path))?;
    let mut writer = BufWriter::new(file);
    write(&mut writer)?;
    let file = writer.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()?;
    drop(file); // Windows renames no open file.
    fs::rename(&temporary.path, path)?;
    temporary.renamed = true;
    Ok(())
}

/// A file that is removed unless it was renamed, also where the writer panics.
struct Temporary {
    path: PathBuf,
    renamed: bool,
}

impl Temporary {
    fn new(directory: &Path) -> io::Result<(Self, File)> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        loop {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            let path = directory.join(format!("{PREFIX}{}-{number}{SUFFIX}", std::process::id()));
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => {
                    temporary_files().insert(path.clone());
                    return Ok((Temporary { path, renamed: false }, file));
                }
                // Left by a killed process that had the same number.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                Err(e) => return Err(e),
            }
        }
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        temporary_files().remove(&self.path);
        if !self.renamed {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(unix)]
fn sync_directory(directory: &Path) -> io::Result<()> {
    match File::open(directory).and_then(|d| d.sync_all()) {
        // Some file systems sync no directory; one may be writable and not readable.
        Err(e)
            if !matches!(
                e.kind(),
                io::ErrorKind::InvalidInput | io::ErrorKind::Unsupported | io::ErrorKind::PermissionDenied
            ) =>
        {
            Err(e)
        }
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn sync_directory(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = fs::read_dir(directory).unwrap();
        entries.map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    #[test]
    fn a_file_is_written_and_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.txt");
        for (text, files) in [("first", 1), ("second", 2)] {
            let write = |w: &mut dyn Write| {
                // A rename is atomic only within a file system, so within a directory.
                assert_eq!(names(directory.path()).len(), files);
                w.write_all(text.as_bytes())
            };
            write_atomic(&path, write).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert_eq!(names(directory.path()), ["a.txt"]);
    }

    #[test]
    fn a_failed_write_leaves_the_old_file_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.txt");
        fs::write(&path, "old").unwrap();
        let error = write_atomic(&path, |w| {
            w.write_all(&[0; 100_000])?;
            Err(io::Error::other("disk\nfull"))
        });
        let text = error.unwrap_err().to_string();
        assert!(text.contains("a.txt: cannot be written: disk\\nfull"), "{text}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "old");
        let _ = std::panic::catch_unwind(|| write_atomic(&path, |_| panic!("a bug in a writer")));
        assert_eq!(names(directory.path()), ["a.txt"]);
    }

    #[test]
    fn files_are_written_together_or_stay_as_they_were() {
        let directory = tempfile::tempdir().unwrap();
        let at = |i: usize| directory.path().join(i.to_string());
        let texts: Vec<String> = (0..40).map(|i| format!("text {i}")).collect();
        fs::write(at(3), "old").unwrap();
        // A folder is in the way of one.
        fs::create_dir(at(20)).unwrap();
        let files: Vec<_> = texts.iter().enumerate().map(|(i, text)| (at(i), text.as_bytes())).collect();
        let error = write_together(&files).unwrap_err().to_string();
        assert!(error.contains(&format!("{}: cannot be written", at(20).display())), "{error}");
        assert!(["old", "text 3"].contains(&&*fs::read_to_string(at(3)).unwrap()));
        for name in names(directory.path()).iter().filter(|name| *name != "3" && *name != "20") {
            assert_eq!(fs::read_to_string(directory.path().join(name)).unwrap(), format!("text {name}"));
        }
        fs::remove_dir(at(20)).unwrap();
        write_together(&files).unwrap();
        assert_eq!(names(directory.path()).len(), 40);
        for (i, text) in texts.iter().enumerate() {
            assert_eq!(fs::read_to_string(at(i)).unwrap(), *text);
        }
        write_together(&[]).unwrap();
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named() {
        let directory = tempfile::tempdir().unwrap();
        for path in [directory.path().join("missing/a.txt"), directory.path().to_path_buf(), PathBuf::from("..")] {
            let error = write_atomic(&path, |w| w.write_all(b"x")).unwrap_err();
            assert!(
                matches!(&error, Error::Failure(p) if p.what.starts_with(&path.display().to_string())),
                "{error:?}"
            );
        }
        assert_eq!(names(directory.path()), [""; 0]);
    }
}
