//! A change of one place of one file.

use std::collections::HashMap;
use std::fmt;

/// One change.
#[derive(Debug, Clone)]
pub struct Mutant {
    /// The file, from the crate's root.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// The line as it is, without its indentation.
    pub before: String,
    /// The line with the change.
    pub after: String,
    /// How many changes before this one, in the same file, read the same.
    pub repeat: usize,
    /// How it is put in force.
    pub action: Action,
}

/// How a change is put in force.
#[derive(Debug, Clone)]
pub enum Action {
    /// The file has this text when the tests read it.
    Shader(String),
    /// The tests are told this number; all changes are compiled in.
    Number(u32),
}

impl Mutant {
    /// What it is called from run to run, as long as its line stays as it is; four columns.
    pub fn key(&self) -> String {
        format!("{}\t{}\t{}\t{}", self.file, self.repeat, self.before, self.after)
    }
}

impl fmt::Display for Mutant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}  →  {}", self.file, self.line, self.before, self.after)
    }
}

/// The line of a text around a byte, counted from 1, and the line with `range` replaced, both without indentation.
/// A change of several lines is shown on the first.
pub fn lines(text: &str, range: std::ops::Range<usize>, by: &str) -> (usize, String, String) {
    let start = text[..range.start].rfind('\n').map_or(0, |i| i + 1);
    let end = text[range.start..].find('\n').map_or(text.len(), |i| range.start + i);
    let before = text[start..end].trim().to_string();
    let rest = if range.end < end { &text[range.end..end] } else { "" };
    let after = format!("{}{by}{rest}", &text[start..range.start]).trim().to_string();
    (text[..range.start].matches('\n').count() + 1, before, after)
}

/// Numbers the changes that read the same.
pub fn number_repeats(mutants: &mut [Mutant]) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for mutant in mutants {
        mutant.repeat = 0;
        let count = seen.entry(mutant.key()).or_default();
        mutant.repeat = *count;
        *count += 1;
    }
}
