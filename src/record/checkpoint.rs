//! A checkpoint: what the unfinished models of one group go on from.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::model::{Configuration, ModelId};

/// The models of one group at one step. The arrays are borrowed where a checkpoint is written and owned where it was
/// read.
#[derive(Debug, Clone, PartialEq)]
pub struct Checkpoint<'a> {
    /// Everything but the arrays.
    pub head: CheckpointHead,
    /// Trained tensors, a row a model of [`CheckpointHead::models`].
    pub weights: Cow<'a, [f32]>,
    /// Adam's first moment, likewise.
    pub first_moment: Cow<'a, [f32]>,
    /// Adam's second moment, likewise.
    pub second_moment: Cow<'a, [f32]>,
    /// Of an epoch that has begun: the loss of each sample so far, in the order of use, a row a model.
    pub losses: Cow<'a, [f32]>,
    /// The predicted class of each of these samples, likewise.
    pub predicted: Cow<'a, [u8]>,
    /// Norms of the gradients of these steps that were measured, likewise.
    pub gradient_norms: Cow<'a, [f64]>,
}

/// What a checkpoint is of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointHead {
    /// The configuration of all models.
    pub configuration: Configuration,
    /// The models that train on.
    pub models: Vec<CheckpointModel>,
    /// The models that trained beside them and have diverged.
    pub diverged: Vec<DivergenceRecord>,
    /// Epochs finished.
    pub epoch: u32,
    /// Steps taken through all epochs, Adam's `t` of the last update.
    pub step: u32,
    /// Of the epoch that has begun; none between epochs.
    pub begun: Option<BegunRecord>,
}

/// A model that trains on.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckpointModel {
    /// Its seed.
    pub seed: u64,
    /// The loss of its first step, before any update; none before the first epoch ends.
    pub first_loss: Option<Number>,
}

/// An epoch that has begun.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BegunRecord {
    /// Steps of it that are taken.
    pub steps: u32,
    /// Seconds that these took, each model's share.
    pub seconds: Number,
}

/// A model that has diverged, and where.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DivergenceRecord {
    /// Its seed.
    pub seed: u64,
    /// Epoch, from 1; 0 where nothing was trained.
    pub epoch: u32,
    /// Step of that epoch, from 1; none where validation after the epoch showed it.
    pub step: Option<u32>,
    /// The loss that was no finite number.
    pub loss: Number,
    /// The model's first loss, before any update.
    pub first_loss: Number,
}

impl CheckpointHead {
    /// The models that train on.
    pub fn living(&self) -> Vec<ModelId> {
        self.models.iter().map(|model| ModelId { configuration: self.configuration, seed: model.seed }).collect()
    }
}

/// Any number of 64 bits, written as text: JSON has no NaN and no infinity.
#[derive(Debug, Clone, Copy)]
pub struct Number(pub f64);

/// The same bits, so that NaN is NaN.
impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits() || (self.0.is_nan() && other.0.is_nan())
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Rust writes as many digits as tell a number from all others.
        serializer.collect_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map(Number).map_err(|_| serde::de::Error::custom("not a number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_is_read_as_it_was_written() {
        for number in [0.1, -0.0, 1e-320, f64::MAX, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 2.25] {
            let text = serde_json::to_string(&Number(number)).unwrap();
            assert_eq!(serde_json::from_str::<Number>(&text).unwrap(), Number(number), "{text}");
        }
        assert!(serde_json::from_str::<Number>("\"x\"").is_err());
    }
}
