//! Reads a data set from a directory. No other file of this module touches the file system.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use super::idx::{self, Source};
use super::mnist::{Dataset, FILES};
use super::names::FileName;
use crate::error::{Error, Remedy, Result, one_line};
use crate::formats::{FIRST_BYTES, known};

/// Entries of a directory that are looked at.
const MOST_ENTRIES: usize = 10_000;
/// Names that a message lists.
const MOST_NAMES: usize = 8;
/// What a message asks for where the directory is none.
const FOUR_FILES: &str = "give a directory with the four IDX files";

/// The files of one set by their places in [`FILES`], those of one place by [`FileName::rank`].
type Places = [Vec<PathBuf>; 4];

impl Dataset {
    /// Reads a set from a directory with four files in MNIST's format, plain or gzipped.
    ///
    /// The files are called as in [`FILES`], with or without `.gz`, with a dot as in `train-images.idx3-ubyte`, with `test`
    /// for `t10k`, or as those of EMNIST (`emnist-letters-train-images-idx3-ubyte.gz`). Where a file is there
    /// under several of these names, the name in [`FILES`] comes first, and a plain file before a gzipped one. Of a
    /// directory with several sets, `directory/emnist-letters` names one. EMNIST's images are stored with rows and columns
    /// exchanged, and are taken as they are. Images may have any size up to
    /// 4096×4096. The name of the set is that of the directory, or of its files, unless the files are MNIST's.
    ///
    /// # Errors
    /// [`Error::Data`], which names the file that is missing, unreadable or bad, and says what to do.
    pub fn open(directory: &Path) -> Result<Self> {
        let (name, places) = find(directory)?;
        let read = |chosen: [usize; 4]| Self::read(&name, |i| open(&places[i][chosen[i]]));
        let mut error = match read([0; 4]) {
            Err(error) => error,
            read => return read,
        };
        // A damaged file may hide a sound one: `gunzip` that was stopped leaves both.
        let singles = (0..4).map(|i| std::array::from_fn(|j| usize::from(i == j)));
        let all = [std::array::from_fn(|i| usize::from(places[i].len() > 1))];
        let exists = |chosen: &[usize; 4]| (0..4).all(|i| chosen[i] < places[i].len()) && chosen.contains(&1);
        if let Some(chosen) = singles.chain(all).filter(exists).find(|&chosen| read(chosen).is_ok()) {
            for i in (0..4).filter(|i| chosen[*i] == 1) {
                let [bad, sound] = [0, 1].map(|n| one_line(places[i][n].file_name().unwrap_or_default().display()));
                error = error.advice(format!("remove {bad}, so that the sound {sound} beside it is read"));
            }
        }
        Err(error)
    }
}

/// The set that a path names: its name and its files.
fn find(directory: &Path) -> Result<(String, Places)> {
    let shown = one_line(directory.display());
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    match fs::metadata(directory) {
        Ok(metadata) if metadata.is_dir() => {
            let sets = Sets::read(directory)?;
            let directory_name = directory.canonicalize().ok().and_then(|path| name(&path));
            let (set, places) = sets.only(directory)?;
            let name = if set.is_empty() { directory_name.unwrap_or_else(|| "data".into()) } else { set };
            Ok((name, places))
        }
        Ok(metadata) => Err(no_directory(directory, metadata.is_file())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            // One of the sets of the directory above.
            let (above, set) = (directory.parent(), name(directory).map(|set| set.to_ascii_lowercase()));
            let above = above.map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above });
            let sets = above.filter(|above| above.is_dir()).and_then(|above| Sets::read(above).ok());
            let found = set.and_then(|set| sets?.sets.remove_entry(&set).filter(|(set, _)| !set.is_empty()));
            match found {
                Some((set, places)) if complete(&places) => Ok((set, places)),
                _ => Err(dangling(directory).unwrap_or_else(|| failed(&shown, e, FOUR_FILES))),
            }
        }
        Err(e) => Err(failed(&shown, e, FOUR_FILES)),
    }
}

/// The error of a path that is no directory: what it is, and whether it is one of the four files of a set.
fn no_directory(path: &Path, is_file: bool) -> Error {
    let mut first = Vec::new();
    if is_file {
        // What cannot be read tells nothing.
        _ = File::open(path).and_then(|file| file.take(FIRST_BYTES as u64).read_to_end(&mut first));
    }
    let what = known(&first).map_or_else(|| "is not a directory".into(), |f| format!("is not a directory but {f}"));
    let error = Error::data(format!("{}: {what}", one_line(path.display())));
    let above = path.parent().map(|above| if above.as_os_str().is_empty() { Path::new(".") } else { above });
    let is_part = path.file_name().and_then(|name| FileName::read(name.to_str()?)).is_some();
    match above.filter(|above| is_part && Sets::read(above).is_ok_and(|sets| sets.sets.values().any(complete))) {
        Some(above) => error.remedy(Remedy::DataIn(one_line(above.display()))),
        None => error.advice(FOUR_FILES),
    }
}

/// The sets that lie in a directory, by name, and everything else that is there.
struct Sets {
    sets: BTreeMap<String, Places>,
    /// What has the name of one of the files and is none.
    obstacles: Vec<(usize, Error)>,
    /// All names, sorted.
    names: Vec<String>,
}

impl Sets {
    fn read(directory: &Path) -> Result<Self> {
        let shown = one_line(directory.display());
        let entries = fs::read_dir(directory).map_err(|e| failed(&shown, e, "make it readable"))?;
        let mut names: Vec<_> = entries.take(MOST_ENTRIES).filter_map(|entry| Some(entry.ok()?.file_name())).collect();
        names.sort();
        let mut files: Vec<(FileName, PathBuf)> = Vec::new();
        let mut obstacles = Vec::new();
        for name in &names {
            let Some(read) = name.to_str().and_then(FileName::read) else { continue };
            let path = directory.join(name);
            let shown = one_line(path.display());
            match fs::metadata(&path) {
                Ok(metadata) if metadata.is_file() => files.push((read, path)),
                // Some unpacking tools make a directory of such a name and put the file into it or beside it.
                Ok(_) if path.join(name).is_file() => files.push((read, path.join(name))),
                Ok(_) => {
                    let what = if path.is_dir() { "is not a file but a directory" } else { "is not a file" };
                    let error = idx::error(&shown, what, &format!("put the file {} there", FILES[read.role]));
                    obstacles.push((read.role, error));
                }
                Err(e) => {
                    let error = dangling(&path).unwrap_or_else(|| failed(&shown, e, "make it readable"));
                    obstacles.push((read.role, error));
                }
            }
        }
        files.sort_by_key(|(name, _)| name.rank());
        let mut sets: BTreeMap<String, Places> = BTreeMap::new();
        for (name, path) in files {
            sets.entry(name.set).or_default()[name.role].push(path);
        }
        let names = names.iter().map(|name| one_line(name.display())).collect();
        Ok(Sets { sets, obstacles, names })
    }

    /// The set to be read: the one of the usual names, or the only other one.
    fn only(mut self, directory: &Path) -> Result<(String, Places)> {
        let whole: Vec<String> = self.sets.iter().filter(|(_, p)| complete(p)).map(|(set, _)| set.clone()).collect();
        let shown = one_line(directory.display());
        match &whole[..] {
            [set] => Ok(self.sets.remove_entry(set).unwrap_or_default()),
            [first, ..] if first.is_empty() => Ok(self.sets.remove_entry("").unwrap_or_default()),
            [first, ..] => {
                let what = format!("holds several sets: {}", whole.join(", "));
                let one = one_line(directory.join(first).display());
                Err(Error::data(format!("{shown}: {what}")).remedy(Remedy::DataIn(one)))
            }
            [] => Err(self.missing(directory)),
        }
    }

    /// What is wrong where no set is whole: the first file that is missing or in the way.
    fn missing(mut self, directory: &Path) -> Error {
        // The set that is nearest to being whole; the one of the usual names where none has begun.
        let begun = |places: &Places| places.iter().filter(|place| !place.is_empty()).count();
        let nearest = self.sets.iter().max_by_key(|(_, places)| begun(places));
        let (set, places) = nearest.map_or_else(Default::default, |(set, places)| (set.clone(), places.clone()));
        let role = (0..4).find(|&role| places[role].is_empty()).unwrap_or_default();
        if let Some(at) = self.obstacles.iter().position(|(obstacle, _)| *obstacle == role) {
            return self.obstacles.swap_remove(at).1;
        }
        let file = if set.is_empty() {
            FILES[role].to_string()
        } else {
            format!("{set}-{}", FILES[role].replace("t10k", "test"))
        };
        let other = FILES[role].replace("-idx", ".idx").replace("t10k", "test");
        let shown = one_line(directory.display());
        let what =
            format!("is missing, also as .gz, as {other} and as EMNIST's; {shown} holds {}", listed(&self.names));
        let error = Error::data(format!("{}: {what}", one_line(directory.join(file).display())));
        match below(directory) {
            Some(below) => error.remedy(Remedy::DataIn(one_line(below.display()))),
            None => error.advice("put it there, plain or as .gz"),
        }
    }
}

fn complete(places: &Places) -> bool {
    places.iter().all(|place| !place.is_empty())
}

/// A directory below with a whole set: one or two levels, as torchvision's `MNIST/raw`.
fn below(directory: &Path) -> Option<PathBuf> {
    let folders = |directory: &Path| -> Vec<PathBuf> {
        let entries = fs::read_dir(directory).into_iter().flatten().take(MOST_ENTRIES).flatten();
        let mut all: Vec<_> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).take(100).collect();
        all.sort();
        all
    };
    let first = folders(directory);
    let second: Vec<_> = first.iter().flat_map(|folder| folders(folder)).collect();
    let holds = |folder: &PathBuf| Sets::read(folder).is_ok_and(|sets| sets.sets.values().any(complete));
    first.into_iter().chain(second).find(holds)
}

/// `a, b and 3 more`.
fn listed(names: &[String]) -> String {
    match names {
        [] => "nothing".into(),
        _ if names.len() <= MOST_NAMES => names.join(", "),
        _ => format!("{} and {} more", names[..MOST_NAMES].join(", "), names.len() - MOST_NAMES),
    }
}

/// The error of a link to something that is not there, where the path is one.
fn dangling(path: &Path) -> Option<Error> {
    let target = fs::read_link(path).ok()?;
    let what = format!("is a link to {}, which is not there", one_line(target.display()));
    Some(idx::error(&one_line(path.display()), &what, "mend the link"))
}

fn open(path: &Path) -> Result<Source<'static>> {
    let shown = one_line(path.display());
    let opened = File::open(path).and_then(|file| Ok((file.metadata()?.len(), file)));
    let (len, file) = opened.map_err(|e| failed(&shown, e, "make it readable"))?;
    Ok(Source { name: shown, len, reader: Box::new(BufReader::new(file)) })
}

fn failed(name: &str, e: io::Error, advice: &str) -> Error {
    idx::error(name, &format!("cannot be read: {}", one_line(e)), advice)
}
