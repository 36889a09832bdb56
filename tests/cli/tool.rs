//! Runs the binary, and writes the small data sets that it runs on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) use super::files::{gzip, idx, rows};

/// Height and width of the small images. All four networks accept sides from 21 on.
pub(crate) const SIDES: [u32; 2] = [22, 24];
/// Training samples of the small set: two batches and a short one.
pub(crate) const TRAIN: u32 = 130;
/// Test samples of the small set.
pub(crate) const TEST: u32 = 40;
/// Options that train one small network on the small set within a moment.
pub(crate) const TINY: &str = "--backend cpu --data data --stride 2 --padding valid --epochs 1";

/// A directory to run in. It is removed at the end of the test.
pub(crate) struct Place(TempDir);

/// The results of a process that has ended.
pub(crate) struct Ran {
    /// The exit code, or -1 where a signal ended the process.
    pub code: i32,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Place {
    /// An empty directory.
    pub(crate) fn empty() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    /// A directory with the small data set in `data`.
    pub(crate) fn new() -> Place {
        let place = Place::empty();
        place.data("data", |_, bytes| Some(bytes));
        place
    }

    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
    }

    pub(crate) fn json(&self, name: &str) -> serde_json::Value {
        serde_json::from_str(&self.read(name)).unwrap()
    }

    /// The paths of all files below the directory, relative to it and sorted.
    pub(crate) fn files(&self) -> Vec<String> {
        let mut files = Vec::new();
        let mut open = vec![self.0.path().to_owned()];
        while let Some(directory) = open.pop() {
            for entry in fs::read_dir(directory).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap().is_dir() {
                    true => open.push(entry.path()),
                    false => files.push(entry.path().strip_prefix(self.0.path()).unwrap().display().to_string()),
                }
            }
        }
        files.sort();
        files
    }

    /// Writes the small data set into the directory `name`. A file holds what `change(file, bytes)` returns, and is
    /// left out where that is `None`.
    pub(crate) fn data(&self, name: &str, change: impl Fn(&str, Vec<u8>) -> Option<Vec<u8>>) {
        let [h, w] = SIDES;
        let sets = [("train", TRAIN), ("t10k", TEST)];
        fs::create_dir_all(self.at(name)).unwrap();
        for (set, count) in sets {
            // A bright row marks the class, so that there is something to learn.
            let label = |i: u32| (i * 7 % 10) as u8;
            let pixel = |i: u32| if i / w % h == 2 * u32::from(label(i / (h * w))) { 255 } else { (i % 13) as u8 };
            let images: Vec<u8> = (0..count * h * w).map(pixel).collect();
            let labels: Vec<u8> = (0..count).map(label).collect();
            let files = [("images-idx3", idx(&[count, h, w], &images)), ("labels-idx1", idx(&[count], &labels))];
            for (kind, bytes) in files {
                let file = format!("{set}-{kind}-ubyte");
                if let Some(bytes) = change(&file, bytes) {
                    fs::write(self.at(name).join(file), bytes).unwrap();
                }
            }
        }
    }

    /// The command with these arguments, split at spaces. Of an option that is there twice the last counts: tests change
    /// what they share, such as [`TINY`].
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_stridelab"));
        command.args(last_of_each(arguments)).current_dir(self.0.path()).stdin(Stdio::null());
        for name in ["RUST_LOG", "RUST_BACKTRACE", "NO_COLOR", "COLUMNS"] {
            command.env_remove(name);
        }
        command
    }

    /// Runs the command to its end.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        ended(self.command(arguments).output().unwrap())
    }

    /// Runs the command to its end. Panics where its exit code is not 0.
    pub(crate) fn fine(&self, arguments: &str) -> Ran {
        let ran = self.run(arguments);
        assert_eq!(ran.code, 0, "{arguments}: {}", ran.err);
        ran
    }

    /// Runs the command, which must end with `code`, write nothing to stdout, and write one line to stderr that
    /// contains all of `words`.
    #[track_caller]
    pub(crate) fn refused(&self, arguments: &str, code: i32, words: &[&str]) {
        one_line(&format!("stridelab {arguments}"), &self.run(&format!("{arguments} --quiet")), code, words);
    }
}

/// The words, less each option with its values that is there again.
pub(crate) fn last_of_each(arguments: &str) -> Vec<&str> {
    let words: Vec<&str> = arguments.split_whitespace().collect();
    let mut dropped = false;
    let kept = words.iter().enumerate().filter(|&(i, word)| {
        if word.starts_with("--") {
            dropped = words[i + 1..].contains(word);
        }
        !dropped
    });
    kept.map(|(_, word)| *word).collect()
}

/// Checks the results of a command as [`Place::refused`] does.
#[track_caller]
pub(crate) fn one_line(what: &str, ran: &Ran, code: i32, words: &[&str]) {
    assert_eq!(ran.code, code, "{what}: {}", ran.err);
    assert_eq!(ran.out, "", "{what}");
    assert!(ran.err.starts_with("error: ") && ran.err.ends_with('\n'), "{what}: {:?}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{what}: {}", ran.err);
    for word in words {
        assert!(ran.err.contains(word), "{what}: {word:?} is missing in {}", ran.err);
    }
}

/// The results of a process, as text. Panics where the process has panicked.
pub(crate) fn ended(output: Output) -> Ran {
    let text = |bytes| String::from_utf8(bytes).unwrap();
    let ran = Ran { code: output.status.code().unwrap_or(-1), out: text(output.stdout), err: text(output.stderr) };
    assert!(!ran.err.contains("panicked"), "{}", ran.err);
    ran
}

/// Panics where there is no adapter, because GPU tests are never skipped.
#[track_caller]
pub(crate) fn needs_adapter(ran: &Ran) {
    assert_ne!(ran.code, 3, "no adapter for the tests ({}): run tests/run.sh, which sets up a software one", ran.err);
}

/// Whether `name` is that of a file that was not finished.
pub(crate) fn is_temporary(name: &str) -> bool {
    Path::new(name).file_name().is_some_and(|n| n.to_string_lossy().starts_with(".stridelab"))
}

/// Runs a line of the shell.
#[cfg(unix)]
pub(crate) fn shell(line: &str) {
    assert!(Command::new("sh").args(["-c", line]).status().unwrap().success(), "{line}");
}

/// Ctrl-C.
#[cfg(unix)]
pub(crate) fn interrupt(child: &std::process::Child) {
    shell(&format!("kill -INT {}", child.id()));
}

/// Waits until `done`, for at most a minute.
pub(crate) fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let start = Instant::now();
    while !done() {
        assert!(start.elapsed() < Duration::from_secs(60), "waited in vain for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
