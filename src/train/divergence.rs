//! Where a model's loss ceased to be a finite number, and what is to blame.

use std::fmt;

use crate::error::{Error, Remedy};

/// The first loss of a model that was no finite number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Divergence {
    /// Epoch, from 1; 0 where nothing was trained.
    pub epoch: u32,
    /// Step of that epoch, from 1; none where validation after the epoch showed it.
    pub step: Option<u32>,
    /// The loss.
    pub loss: f64,
    /// The model's first loss, before any update.
    pub first_loss: f64,
}

/// No sound training begins with a loss above this one: a network that knows nothing has ln(classes), 2.3 of ten, and
/// pixels up to 1 and Glorot's weights leave it below 10.
const MOST_AT_FIRST: f64 = 1e3;

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Divergence { epoch, step, loss, first_loss } = self;
        match step {
            _ if *epoch == 0 => write!(f, "the loss of the initial weights is {loss}"),
            Some(1) if *epoch == 1 => write!(f, "the loss of the first step, before any update, is {loss}"),
            Some(step) if self.blames_weights() => {
                write!(
                    f,
                    "the loss of step {step} of epoch {epoch} is {loss}, that of the first step was {first_loss:.1e}"
                )
            }
            Some(step) => write!(f, "the loss of step {step} of epoch {epoch} is {loss}"),
            None => write!(f, "the validation loss after epoch {epoch} is {loss}"),
        }
    }
}

impl Divergence {
    /// Whether the initial weights are at fault, which no learning rate mends: the loss was out of bounds before any
    /// update.
    pub fn blames_weights(&self) -> bool {
        !(self.first_loss.is_finite() && self.first_loss <= MOST_AT_FIRST)
    }

    /// The error of a run in which this happened.
    pub fn error(&self) -> Error {
        let remedy = if self.blames_weights() { Remedy::OtherWeights } else { Remedy::SmallerLearningRate };
        Error::failure(format!("training diverged: {self}")).remedy(remedy)
    }
}
