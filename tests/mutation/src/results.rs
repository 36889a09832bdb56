//! What came of each change, in a file that is added to and in a short one that is kept with the crate; and the changes
//! that no test can notice, with the reason.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::mutant::Mutant;
use crate::run::Outcome;
use crate::stages::stages;

/// The file of results.
pub struct Results {
    path: PathBuf,
    known: HashMap<String, Noted>,
}

/// What is known of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    pub outcome: Outcome,
    /// How many stages it has survived.
    pub passed: usize,
}

/// A line's first four columns, which are a change's key, and the others.
fn columns(line: &str) -> Option<(String, Vec<&str>)> {
    let mut columns = line.split('\t');
    let key = (0..4).map(|_| columns.next()).collect::<Option<Vec<_>>>()?.join("\t");
    Some((key, columns.collect()))
}

/// What stands for a change in the short file: 40 bits of the FNV-1a hash of its key.
fn short(key: &str) -> String {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3)
    });
    format!("{:010x}", hash >> 24)
}

fn noted(outcome: Option<&&str>, passed: Option<&&str>) -> Option<Noted> {
    let (_, outcome) = Outcome::NAMES.iter().find(|(name, _)| Some(name) == outcome)?;
    Some(Noted { outcome: *outcome, passed: passed?.parse().ok()? })
}

impl Results {
    /// What the short file says, and then what was added to the other.
    pub fn open(short_path: &Path, path: &Path) -> Results {
        let mut known = HashMap::new();
        for line in fs::read_to_string(short_path).unwrap_or_default().lines() {
            let words: Vec<&str> = line.split(' ').collect();
            if let Some(noted) = noted(words.get(1), words.get(2)) {
                known.extend(words[3..].iter().map(|short| (short.to_string(), noted)));
            }
        }
        let text = fs::read_to_string(path).unwrap_or_default();
        let added = text.lines().filter_map(columns);
        known.extend(added.filter_map(|(key, rest)| Some((short(&key), noted(rest.first(), rest.get(1))?))));
        Results { path: path.into(), known }
    }

    pub fn of(&self, mutant: &Mutant) -> Option<Noted> {
        self.known.get(&short(&mutant.key())).copied()
    }

    /// Writes the short file: a line for each file and outcome, with the stages passed and the changes. What is known of
    /// changes that no longer exist is left out.
    pub fn write_short(&self, path: &Path, mutants: &[Mutant]) -> io::Result<()> {
        let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for mutant in mutants {
            if let Some(Noted { outcome, passed }) = self.of(mutant) {
                let line = format!("{} {} {passed}", mutant.file, outcome.name());
                lines.entry(line).or_default().push(short(&mutant.key()));
            }
        }
        let lines = lines.into_iter().map(|(line, changes)| format!("{line} {}\n", changes.join(" ")));
        fs::write(path, lines.collect::<String>())
    }

    pub fn add(&mut self, mutant: &Mutant, noted: Noted, seconds: f64, stage: &str) -> io::Result<()> {
        let line = format!("{}\t{}\t{}\t{seconds:.1}\t{stage}\n", mutant.key(), noted.outcome.name(), noted.passed);
        OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(line.as_bytes())?;
        self.known.insert(short(&mutant.key()), noted);
        Ok(())
    }
}

/// The changes that make no difference, by key, with the argument.
pub fn equivalent(path: &Path) -> HashMap<String, String> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let argued = |line| columns(line).map(|(key, rest)| (key, rest.join(" ")));
    text.lines().filter(|line| !line.starts_with('#')).filter_map(argued).collect()
}

/// The table of all files, the survivors, and whether all changes were run and none survived.
pub fn summary(mutants: &[Mutant], results: &Results, equivalent: &HashMap<String, String>) -> (String, bool) {
    let mut counts: BTreeMap<&str, [usize; 7]> = BTreeMap::new();
    let mut open = Vec::new();
    for mutant in mutants {
        let place = match results.of(mutant) {
            _ if equivalent.contains_key(&mutant.key()) => 4,
            Some(Noted { outcome: Outcome::Killed, .. }) => 1,
            Some(Noted { outcome: Outcome::Hung, .. }) => 2,
            Some(Noted { outcome: Outcome::Refused, .. }) => 3,
            Some(Noted { passed, .. }) if passed >= stages(mutant).len() => 5,
            _ => 6,
        };
        if place == 5 {
            open.push(mutant);
        }
        for file in [mutant.file.as_str(), "~ all"] {
            let count = counts.entry(file).or_default();
            count[0] += 1;
            count[place] += 1;
        }
    }
    let mut text =
        "| file | changes | killed | hung | refused | make no difference | survived | not run |\n".to_string();
    text += "|---|---|---|---|---|---|---|---|\n";
    for (file, count) in &counts {
        let cells = count.map(|n| n.to_string()).join(" | ");
        text += &format!("| {} | {cells} |\n", file.trim_start_matches("~ "));
    }
    for mutant in &open {
        text += &format!("\nsurvived: {mutant}\n{}\n", mutant.key());
    }
    (text, counts.get("~ all").is_none_or(|count| count[5] + count[6] == 0))
}
