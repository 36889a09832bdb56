//! The name of a trained model; its text forms are in the table of `configuration`.

use std::fmt::{self, Display};
use std::str::FromStr;

use super::configuration::{Configuration, Parts, bad, slug};
use crate::error::Error;

/// The name of a trained model: its configuration and its seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ModelId {
    /// The configuration of its network.
    pub configuration: Configuration,
    /// The seed of its initial weights and of the order of its samples.
    pub seed: u64,
}

impl ModelId {
    /// The text form for file names, such as `stride1-same-seed0`.
    pub fn slug(&self) -> String {
        slug(self)
    }
}

/// The text form for people, such as `stride 1, same, seed 0`; see [`configuration`](super::configuration).
impl Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, seed {}", self.configuration, self.seed)
    }
}

impl FromStr for ModelId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Parts { configuration, seed } = Parts::read(text)?;
        let seed = seed.ok_or_else(|| bad(text, "a model has a seed"))?;
        Ok(ModelId { configuration, seed })
    }
}
