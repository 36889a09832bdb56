//! An output directory: made, locked, and left as it was found where nothing comes of it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::failure::{cannot, in_the_way, meddled};
use super::lock::{Lock, is_lock};
use super::made::{Leftovers, SharedMade, remove};
use crate::error::{Error, Remedy, Result, one_line};
use crate::files::is_temporary;

/// A folder of an output directory, and which of the names in it are ours.
#[derive(Clone, Copy)]
pub(super) struct Room {
    /// The folder's name; empty for the directory itself.
    pub name: &'static str,
    /// Whether we write a file of this name there.
    pub is_ours: fn(&str) -> bool,
    /// Whether it is there from the beginning.
    pub always: bool,
}

/// A directory for results, locked against other processes while this lives.
///
/// Until a writer has results in it, everything that was made in it, and the directory itself where it was made, goes
/// again when this is dropped.
#[derive(Debug)]
pub struct OutputDirectory {
    path: PathBuf,
    lock: Lock,
    force: bool,
    made: SharedMade,
}

impl OutputDirectory {
    /// The directory `path`, made where there is none. With `force` it may be in use: files of an earlier run may be
    /// replaced.
    ///
    /// # Errors
    /// [`Error::Usage`] where it is not empty and not forced, or another process writes to it; [`Error::Failure`]
    /// where it cannot be made.
    pub fn open(path: &Path, force: bool) -> Result<OutputDirectory> {
        let mut made = Unwanted::default();
        made.folders(path)?;
        let lock = Lock::take(path)?;
        if !force && !names(path)?.is_empty() {
            let error = Error::usage(format!("the output directory {} is not empty", one_line(path.display())));
            return Err(error.remedy(Remedy::OtherDirectory).remedy(Remedy::ReplaceFiles));
        }
        Ok(OutputDirectory { path: path.to_owned(), lock, force, made: SharedMade::new(made.keep(), false) })
    }

    /// A directory that nobody else has: `below/name`, or `below/name-2` and so on.
    ///
    /// # Errors
    /// [`Error::Failure`] where none can be made.
    pub fn fresh(below: &Path, name: &str) -> Result<OutputDirectory> {
        let mut made = Unwanted::default();
        made.folders(below)?;
        let mut path = below.join(name);
        for n in 2.. {
            match fs::create_dir(&path) {
                Ok(()) => break,
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => path = below.join(format!("{name}-{n}")),
                Err(e) => return Err(cannot("create", &path, &e)),
            }
        }
        made.0.push(path.clone());
        let lock = Lock::take(&path)?;
        Ok(OutputDirectory { path, lock, force: false, made: SharedMade::new(made.keep(), false) })
    }

    /// The directory of an earlier run, to go on in it. Nothing in it is removed when this is dropped.
    ///
    /// # Errors
    /// [`Error::Data`] where there is no directory of that name; [`Error::Usage`] where another process writes to it.
    pub fn existing(path: &Path) -> Result<OutputDirectory> {
        if !path.is_dir() {
            let error = Error::data(format!("{} is no directory", one_line(path.display())));
            return Err(error.advice("name the directory of a run"));
        }
        let lock = Lock::take(path)?;
        Ok(OutputDirectory { path: path.to_owned(), lock, force: false, made: SharedMade::new(Vec::new(), true) })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What is to be taken away where the process ends before this is dropped.
    pub fn leftovers(&self) -> Leftovers {
        Leftovers::new(&self.path, &self.made)
    }

    /// Makes the rooms, after [`OutputDirectory::look`]; where the directory was opened by force, an earlier run's
    /// files are removed.
    pub(super) fn clear(&mut self, rooms: &[Room]) -> Result<()> {
        let earlier = self.look(rooms)?;
        if self.force {
            // What was there goes, so an interrupt no longer leaves the directory as it was found.
            self.made.lock().kept |= !earlier.is_empty();
            earlier.iter().try_for_each(|path| fs::remove_file(path).map_err(|e| cannot("replace", path, &e)))?;
        }
        for room in rooms {
            match room.always {
                true => self.room(room.name)?,
                // It stays where somebody has put something into it.
                false => _ = fs::remove_dir(self.path.join(room.name)),
            }
        }
        Ok(())
    }

    /// What a killed process was writing goes, of all rooms, and those that should be there are made.
    pub(super) fn tidy(&mut self, rooms: &[Room]) -> Result<()> {
        let is_rest = |path: &PathBuf| path.file_name().is_some_and(|name| is_temporary(&name.to_string_lossy()));
        let rest = self.look(rooms)?.into_iter().filter(is_rest).collect::<Vec<_>>();
        rest.iter().try_for_each(|path| fs::remove_file(path).map_err(|e| cannot("remove", path, &e)))?;
        rooms.iter().filter(|room| room.always).try_for_each(|room| self.room(room.name))
    }

    /// An earlier run's files. Nothing but a file may stand where a file of ours belongs, and no way there may lead
    /// through a link.
    pub(super) fn look(&self, rooms: &[Room]) -> Result<Vec<PathBuf>> {
        let mut earlier = Vec::new();
        for room in rooms {
            let folder = self.path.join(room.name);
            match fs::symlink_metadata(&folder) {
                // The directory itself may be reached through a link: the user named it.
                Ok(_) if room.name.is_empty() => {}
                Ok(m) if m.is_symlink() => return Err(in_the_way(&folder, "a link")),
                Ok(m) if !m.is_dir() => return Err(in_the_way(&folder, "a file")),
                Ok(_) => {}
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                Err(e) => return Err(cannot("read", &folder, &e)),
            }
            for name in names(&folder)?.iter().filter(|name| (room.is_ours)(name) || is_temporary(name)) {
                let path = folder.join(name);
                let kind = fs::symlink_metadata(&path).map_err(|e| cannot("read", &path, &e))?;
                if kind.is_file() {
                    earlier.push(path);
                } else if !is_temporary(name) {
                    let what = match () {
                        () if kind.is_symlink() => "a link",
                        () if kind.is_dir() => "a folder",
                        () => "something that is no file",
                    };
                    return Err(in_the_way(&path, what));
                }
            }
        }
        Ok(earlier)
    }

    /// Makes a room where it is missing.
    pub(super) fn room(&mut self, name: &str) -> Result<()> {
        let folder = self.path.join(name);
        match fs::create_dir(&folder) {
            Ok(()) => self.note(&folder),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(cannot("create", &folder, &e)),
        }
        Ok(())
    }

    /// Notes what was made before there are results: it is removed with the rest.
    pub(super) fn note(&mut self, file: &Path) {
        let mut made = self.made.lock();
        if !made.kept {
            made.paths.push(file.to_owned());
        }
    }

    /// From now on there are results: nothing is removed any more.
    pub(super) fn keep(&mut self) {
        let mut made = self.made.lock();
        made.kept = true;
        made.paths.clear();
    }

    /// Fails where the directory, or a room, is not there any more.
    ///
    /// # Errors
    /// [`Error::Failure`] naming it.
    pub(super) fn check(&self, room: &str) -> Result<PathBuf> {
        if !self.lock.is_on(&self.path) {
            return Err(meddled(&self.path, "moved, removed or replaced"));
        }
        let folder = if room.is_empty() { return Ok(self.path.clone()) } else { self.path.join(room) };
        match fs::symlink_metadata(&folder) {
            Ok(m) if m.is_dir() => Ok(folder),
            _ => Err(meddled(&folder, "removed or replaced")),
        }
    }
}

impl Drop for OutputDirectory {
    fn drop(&mut self) {
        let mut made = self.made.lock();
        made.closed = true;
        if self.lock.is_on(&self.path) {
            self.lock.release();
            drop(Unwanted(std::mem::take(&mut made.paths)));
        }
    }
}

/// Files and folders that are removed again unless they are kept. A folder goes only where it is empty.
#[derive(Default)]
struct Unwanted(Vec<PathBuf>);

impl Unwanted {
    /// Makes a folder and those above it.
    fn folders(&mut self, path: &Path) -> Result<()> {
        let missing = |folder: &&Path| !folder.as_os_str().is_empty() && fs::symlink_metadata(folder).is_err();
        let folders: Vec<_> = path.ancestors().take_while(missing).collect();
        for folder in folders.into_iter().rev() {
            match fs::create_dir(folder) {
                Ok(()) => self.0.push(folder.to_owned()),
                // Another process was quicker.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
                // `new/..` names a folder that is there once `new` is.
                Err(_) if folder.is_dir() => {}
                Err(e) => return Err(cannot("create", path, &e)),
            }
        }
        match fs::metadata(path) {
            Ok(m) if m.is_dir() => Ok(()),
            Ok(_) => Err(in_the_way(path, "a file")),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Err(in_the_way(path, "a link to nothing")),
            Err(e) => Err(cannot("create", path, &e)),
        }
    }

    fn keep(mut self) -> Vec<PathBuf> {
        std::mem::take(&mut self.0)
    }
}

impl Drop for Unwanted {
    fn drop(&mut self) {
        self.0.drain(..).rev().for_each(|path| remove(&path));
    }
}

fn names(dir: &Path) -> Result<Vec<String>> {
    let read = || -> io::Result<Vec<String>> {
        fs::read_dir(dir)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    };
    let mut names = read().map_err(|e| cannot("read", dir, &e))?;
    names.retain(|name| !is_lock(name));
    Ok(names)
}
