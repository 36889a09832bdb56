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

impl Noted {
    /// Whether it says more than another: that a test has failed, or that more tests have passed.
    fn is_further(&self, other: &Noted) -> bool {
        let rank = |noted: &Noted| (noted.outcome != Outcome::Survived, noted.passed);
        rank(self) > rank(other)
    }
}

/// Forty bits of the FNV-1a hash of a text.
fn hash(text: &str) -> String {
    let hash = text
        .bytes()
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    format!("{:010x}", hash >> 24)
}

/// What stands for a change. The stages that a survivor has passed are part of it: with other stages it begins anew.
fn short(mutant: &Mutant, noted: &Noted) -> String {
    match noted.outcome {
        Outcome::Survived => {
            let all = stages(mutant);
            hash(&format!("{}{:?}", mutant.key(), &all[..noted.passed.min(all.len())]))
        }
        _ => hash(&mutant.key()),
    }
}

/// A line's first four columns, which are a change's key, and the others.
fn columns(line: &str) -> Option<(String, Vec<&str>)> {
    let mut columns = line.split('\t');
    let key = (0..4).map(|_| columns.next()).collect::<Option<Vec<_>>>()?.join("\t");
    Some((key, columns.collect()))
}

fn noted(outcome: Option<&&str>, passed: Option<&&str>) -> Option<Noted> {
    let (_, outcome) = Outcome::NAMES.iter().find(|(name, _)| Some(name) == outcome)?;
    Some(Noted { outcome: *outcome, passed: passed?.parse().ok()? })
}

impl Results {
    /// What both files say.
    pub fn open(short_path: &Path, path: &Path) -> Results {
        let mut results = Results { path: path.into(), known: HashMap::new() };
        for line in fs::read_to_string(short_path).unwrap_or_default().lines() {
            let words: Vec<&str> = line.split(' ').collect();
            if let Some(noted) = noted(words.get(1), words.get(2)) {
                words[3..].iter().for_each(|short| results.learn(short, noted));
            }
        }
        for line in fs::read_to_string(path).unwrap_or_default().lines() {
            let columns: Vec<&str> = line.split('\t').collect();
            if let (Some(short), Some(noted)) = (columns.get(7), noted(columns.get(4), columns.get(5))) {
                results.learn(short, noted);
            }
        }
        results
    }

    fn learn(&mut self, short: &str, noted: Noted) {
        let known = self.known.entry(short.into()).or_insert(noted);
        if noted.is_further(known) {
            *known = noted;
        }
    }

    pub fn of(&self, mutant: &Mutant) -> Option<Noted> {
        let all = stages(mutant).len();
        let survived = (1..=all).rev().map(|passed| Noted { outcome: Outcome::Survived, passed });
        let ended = Noted { outcome: Outcome::Killed, passed: 0 };
        [ended].into_iter().chain(survived).find_map(|noted| self.known.get(&short(mutant, &noted)).copied())
    }

    /// Writes the short file: a line for each file and outcome, with the stages passed and the changes. What is known of
    /// changes that no longer exist is left out.
    pub fn write_short(&self, path: &Path, mutants: &[Mutant]) -> io::Result<()> {
        let mut lines: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for mutant in mutants {
            if let Some(noted) = self.of(mutant) {
                let line = format!("{} {} {}", mutant.file, noted.outcome.name(), noted.passed);
                lines.entry(line).or_default().push(short(mutant, &noted));
            }
        }
        let lines = lines.into_iter().map(|(line, changes)| format!("{line} {}\n", changes.join(" ")));
        fs::write(path, lines.collect::<String>())
    }

    pub fn add(&mut self, mutant: &Mutant, noted: Noted, seconds: f64, stage: &str) -> io::Result<()> {
        let (key, short, outcome) = (mutant.key(), short(mutant, &noted), noted.outcome.name());
        let line = format!("{key}\t{outcome}\t{}\t{seconds:.1}\t{short}\t{stage}\n", noted.passed);
        OpenOptions::new().create(true).append(true).open(&self.path)?.write_all(line.as_bytes())?;
        self.learn(&short, noted);
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
