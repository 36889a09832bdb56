//! Trained weights asked about images, without training.

use super::{TrainOptions, Trainer};
use crate::backend::Backend;
use crate::data::{Dataset, Split};
use crate::error::{Error, Result};
use crate::model::Network;
use crate::model::network::{Layer, LayerKind};

impl Trainer {
    /// A trainer of one replica that is only asked: [`Trainer::set_weights`] gives it one model's weights after the other.
    /// `images` has at least one image, of the size that is asked about; [`Trainer::evaluate`] takes as many at once as a
    /// trainer with these for validation does, so that a model gives the bits that it gave in training.
    ///
    /// # Errors
    /// As [`Trainer::new`].
    pub async fn to_ask(backend: &Backend, network: &Network, images: &Split, fuse: bool) -> Result<Trainer> {
        if images.count == 0 {
            return Err(Error::data("a set without images cannot be evaluated"));
        }
        let data = Dataset {
            train: images.range(0..1),
            test: images.clone(),
            name: String::new(),
            sha256: Default::default(),
        };
        let options = TrainOptions { batch_size: 1, fuse, ..TrainOptions::default() };
        Trainer::new(backend, network, &data, &options, None).await
    }

    /// The probability of each class that the model of one replica gives to an image of the data's size, pixels 0 to 255:
    /// `softmax(logits)`, in `f64`. The logits are those of the plain operations.
    ///
    /// # Errors
    /// As [`Trainer::features`].
    pub async fn probabilities(&mut self, image: &[u8], replica: usize) -> Result<Vec<f64>> {
        let is_last = |layer: &&Layer| matches!(layer.kind, LayerKind::Dense { relu: false, .. });
        let last = self.network().layers.iter().find(is_last).map_or("dense2", |layer| layer.name);
        let logits = self.features(last, image, replica).await?.data;
        Ok(softmax(&logits))
    }
}

/// `e^(x − max) / Σ e^(x − max)`.
fn softmax(logits: &[f32]) -> Vec<f64> {
    let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let powers: Vec<f64> = logits.iter().map(|&x| (f64::from(x) - f64::from(most)).exp()).collect();
    let sum: f64 = powers.iter().sum();
    powers.iter().map(|power| power / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn probabilities_follow_the_differences_of_logits() {
        let of = softmax(&[1.0, 1.0 + f32::ln(3.0), 1.0]);
        for (found, expected) in of.iter().zip([0.2, 0.6, 0.2]) {
            assert!((found - expected).abs() < 1e-7, "{of:?}");
        }
        assert_eq!(softmax(&[1e30, 0.0, -1e30]), [1.0, 0.0, 0.0]);
    }
}
