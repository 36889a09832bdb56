//! What a user can get wrong, and the exit code of each.
//!
//! A message is one line: what was wrong, where, and what to do. A bug in stridelab itself is an
//! assertion, not an [`Error`].

/// An error a user can act on. `Display` is the one line that the command prints.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Something failed that is neither the user's input nor a check (exit code 1).
    #[error("{0}")]
    Failure(String),
    /// An option or an operator's shape makes no sense (exit code 2).
    #[error("{0}")]
    Usage(String),
    /// No adapter can run the work (exit code 3).
    #[error("{0}")]
    NoAdapter(String),
    /// Data or weights are missing or bad (exit code 4).
    #[error("{0}")]
    Data(String),
    /// A check did not hold, such as parity of two backends (exit code 5).
    #[error("{0}")]
    Check(String),
    /// Stopped by the user at a step boundary (exit code 130).
    #[error("interrupted: every finished epoch is on disk")]
    Interrupted,
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes_are_distinct() {
        let text = String::new;
        let all = [
            Error::Failure(text()),
            Error::Usage(text()),
            Error::NoAdapter(text()),
            Error::Data(text()),
            Error::Check(text()),
            Error::Interrupted,
        ];
        let codes: std::collections::BTreeSet<u8> = all.iter().map(Error::exit_code).collect();
        assert_eq!(codes.into_iter().collect::<Vec<_>>(), [1, 2, 3, 4, 5, 130]);
    }
}
