//! What a user can get wrong, what to do about it, and the exit code of each kind.
//!
//! A message is one line: what was wrong, where, and what to do. The library states the remedy as
//! data ([`Remedy`]) and names no option of any program; the command `stridelab` words the remedy with
//! its own options ([`Error::worded`]). A bug in stridelab itself is an assertion, not an [`Error`].

use std::fmt::{self, Display};

/// An error a user can act on. `Display` is one line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Something failed that is neither the user's input nor a check (exit code 1).
    #[error("{0}")]
    Failure(Problem),
    /// An option or an operator's shape makes no sense (exit code 2).
    #[error("{0}")]
    Usage(Problem),
    /// No adapter can run the work (exit code 3).
    #[error("{0}")]
    NoAdapter(Problem),
    /// Data or weights are missing or bad (exit code 4).
    #[error("{0}")]
    Data(Problem),
    /// A check did not hold, such as parity of two backends (exit code 5).
    #[error("{0}")]
    Check(Problem),
    /// Stopped by the user at a step boundary (exit code 130).
    #[error("interrupted: every finished epoch is on disk")]
    Interrupted,
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What was wrong and where, and what would help.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What was wrong, and where.
    pub what: String,
    /// Any one of these would help; none where nothing is known to.
    pub remedies: Vec<Remedy>,
}

/// Something that a user can change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remedy {
    /// Words that are right in any program, such as `copy the file again`.
    Advice(String),
    /// Fewer samples a step.
    SmallerBatch,
    /// Fewer training samples.
    FewerSamples,
    /// Images with fewer pixels.
    SmallerImages,
    /// Images with more pixels.
    LargerImages,
    /// A smaller learning rate.
    SmallerLearningRate,
    /// Other initial weights.
    OtherWeights,
    /// A stride of at most so much.
    StrideUpTo(usize),
    /// Padding `same`.
    PaddingSame,
    /// Both a stride of at most so much and padding `same`.
    StrideUpToWithSame(usize),
    /// So many pixels cut from each side of an image, at most.
    CropUpTo(usize),
    /// A smaller kernel, or more rows and columns of padding.
    SmallerKernel,
    /// So many classes.
    Classes(usize),
    /// The CPU backend instead of a GPU.
    CpuBackend,
    /// A driver for a GPU, or a software one.
    InstallDriver,
    /// One adapter, named so that no other fits.
    NameAdapter,
    /// Data from files instead of those in the binary.
    OtherData,
    /// The data that this directory holds.
    DataIn(String),
    /// Another directory for the results.
    OtherDirectory,
    /// Permission to replace the files that an earlier run left in the directory.
    ReplaceFiles,
}

impl Error {
    /// An [`Error::Failure`]; [`Error::remedy`] adds what would help.
    pub fn failure(what: impl Into<String>) -> Self {
        Error::Failure(Problem::new(what))
    }

    /// An [`Error::Usage`].
    pub fn usage(what: impl Into<String>) -> Self {
        Error::Usage(Problem::new(what))
    }

    /// An [`Error::NoAdapter`].
    pub fn no_adapter(what: impl Into<String>) -> Self {
        Error::NoAdapter(Problem::new(what))
    }

    /// An [`Error::Data`].
    pub fn data(what: impl Into<String>) -> Self {
        Error::Data(Problem::new(what))
    }

    /// An [`Error::Check`].
    pub fn check(what: impl Into<String>) -> Self {
        Error::Check(Problem::new(what))
    }

    /// Adds something that would help.
    #[must_use]
    pub fn remedy(mut self, remedy: Remedy) -> Self {
        if let Some(problem) = self.problem_mut() {
            problem.remedies.push(remedy);
        }
        self
    }

    /// Leaves out something that would not help.
    #[must_use]
    pub fn without(mut self, remedy: &Remedy) -> Self {
        if let Some(problem) = self.problem_mut() {
            problem.remedies.retain(|other| other != remedy);
        }
        self
    }

    /// Adds [`Remedy::Advice`].
    #[must_use]
    pub fn advice(self, advice: impl Into<String>) -> Self {
        self.remedy(Remedy::Advice(advice.into()))
    }

    /// Says where it happened, in front of what was wrong: `place: what`.
    #[must_use]
    pub fn at(mut self, place: impl Display) -> Self {
        if let Some(problem) = self.problem_mut() {
            problem.what = format!("{place}: {}", problem.what);
        }
        self
    }

    /// Goes on with what was wrong.
    #[must_use]
    pub fn and(mut self, more: &str) -> Self {
        if let Some(problem) = self.problem_mut() {
            problem.what.push_str(more);
        }
        self
    }

    /// What was wrong and what would help; none for an interruption.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Error::Failure(p) | Error::Usage(p) | Error::NoAdapter(p) | Error::Data(p) | Error::Check(p) => Some(p),
            Error::Interrupted => None,
        }
    }

    fn problem_mut(&mut self) -> Option<&mut Problem> {
        match self {
            Error::Failure(p) | Error::Usage(p) | Error::NoAdapter(p) | Error::Data(p) | Error::Check(p) => Some(p),
            Error::Interrupted => None,
        }
    }

    /// The message with a program's own words for each remedy; `None` leaves a remedy out.
    pub fn worded(&self, words: impl Fn(&Remedy) -> Option<String>) -> String {
        self.problem().map_or_else(|| self.to_string(), |problem| problem.worded(words))
    }

    /// The process exit code that belongs to this error.
    pub fn exit_code(&self) -> u8 {
        match self {
            Error::Failure(_) => 1,
            Error::Usage(_) => 2,
            Error::NoAdapter(_) => 3,
            Error::Data(_) => 4,
            Error::Check(_) => 5,
            Error::Interrupted => 130,
        }
    }
}

impl Problem {
    fn new(what: impl Into<String>) -> Self {
        Problem { what: what.into(), remedies: Vec::new() }
    }

    fn worded(&self, words: impl Fn(&Remedy) -> Option<String>) -> String {
        let remedies: Vec<String> = self.remedies.iter().filter_map(words).collect();
        match remedies.split_last() {
            None => self.what.clone(),
            Some((only, [])) => format!("{}; {only}", self.what),
            Some((last, others)) => format!("{}; {}, or {last}", self.what, others.join(", ")),
        }
    }
}

impl Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.worded(|remedy| Some(remedy.to_string())))
    }
}

/// In words that name no option.
impl Display for Remedy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Remedy::Advice(words) => words,
            Remedy::StrideUpTo(most) => return write!(f, "use {}", up_to(*most)),
            Remedy::StrideUpToWithSame(most) => return write!(f, "use {} with padding same", up_to(*most)),
            Remedy::Classes(n) => return write!(f, "use {n} classes"),
            Remedy::CropUpTo(0) => "do not crop the images",
            Remedy::CropUpTo(most) => return write!(f, "crop at most {most} pixels from each side"),
            Remedy::DataIn(directory) => return write!(f, "use the data in {directory}"),
            Remedy::SmallerBatch => "use a smaller batch",
            Remedy::FewerSamples => "use fewer training samples",
            Remedy::SmallerImages => "use smaller images",
            Remedy::LargerImages => "use larger images",
            Remedy::SmallerLearningRate => "use a smaller learning rate",
            Remedy::OtherWeights => "use other initial weights",
            Remedy::PaddingSame => "use padding same",
            Remedy::SmallerKernel => "use a smaller kernel or more padding",
            Remedy::CpuBackend => "use the CPU backend",
            Remedy::InstallDriver => {
                "install a Vulkan driver (on Debian or Ubuntu: apt-get install mesa-vulkan-drivers, a software one)"
            }
            Remedy::NameAdapter => "name one of these adapters",
            Remedy::OtherData => "use data from files",
            Remedy::OtherDirectory => "choose another output directory",
            Remedy::ReplaceFiles => "allow an earlier run's files to be replaced",
        })
    }
}

fn up_to(most: usize) -> String {
    if most == 1 { "stride 1".into() } else { format!("a stride of at most {most}") }
}

/// Text from outside, such as a path, a name in a file or a library's message, with its control
/// characters escaped: an error stays one line, and a terminal obeys no file.
pub fn one_line(text: impl Display) -> String {
    let escape = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    text.to_string().chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_distinct() {
        let all = [
            Error::failure(""),
            Error::usage(""),
            Error::no_adapter(""),
            Error::data(""),
            Error::check(""),
            Error::Interrupted,
        ];
        let codes: std::collections::BTreeSet<u8> = all.iter().map(Error::exit_code).collect();
        assert_eq!(codes.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 130]);
    }

    #[test]
    fn remedies_follow_what_was_wrong() {
        let error = Error::usage("too large").at("layer conv1");
        assert_eq!(error.to_string(), "layer conv1: too large");
        let error = error.remedy(Remedy::SmallerBatch).remedy(Remedy::FewerSamples).advice("rest");
        assert_eq!(
            error.to_string(),
            "layer conv1: too large; use a smaller batch, use fewer training samples, or rest"
        );
        let only_batch = |remedy: &Remedy| (*remedy == Remedy::SmallerBatch).then(|| "--batch-size 1".to_string());
        assert_eq!(error.worded(only_batch), "layer conv1: too large; --batch-size 1");
        assert_eq!(Error::Interrupted.at("here").remedy(Remedy::CpuBackend), Error::Interrupted);
    }
}
