//! Models on the same test images.

use serde::{Deserialize, Serialize};
use statrs::distribution::{Binomial, DiscreteCDF};

/// Two-sided p of McNemar's exact test of two single models on the same images, of which `first_only` are right in
/// the first alone and `second_only` in the second alone: the chance of so uneven a split of those images by tossing
/// a coin for each. It says that these two models differ, and nothing of other seeds.
///
/// `min(1, 2·P(X ≤ min(first_only, second_only)))` with X binomial of n = first_only + second_only, p = ½.
pub fn mcnemar(first_only: u64, second_only: u64) -> f64 {
    let all = first_only + second_only;
    Binomial::new(0.5, all).map_or(1.0, |coin| (2.0 * coin.cdf(first_only.min(second_only))).min(1.0))
}

/// Where the variance of accuracy between seeds comes from.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct VarianceSplit {
    /// Variance of the accuracies of the seeds, with n − 1.
    pub observed: f64,
    /// What errors that are independent from image to image give alone: `Σ p·(1 − p) / images²` with p the share of
    /// seeds that get an image right, times `seeds/(seeds − 1)` because p is measured on the same seeds.
    pub test_set: f64,
    /// The rest, at least 0: true difference between models.
    pub models: f64,
}

impl VarianceSplit {
    /// From the number of seeds that get each image right, and each seed's number of right images. `None` of fewer
    /// than two seeds or of no image.
    ///
    /// Jordan, "Calibrated chaos: variance between runs of neural network training is harmless and inevitable", 2023.
    pub fn of(right_by_image: &[u32], right_by_seed: &[u32]) -> Option<VarianceSplit> {
        let (images, seeds) = (right_by_image.len() as f64, right_by_seed.len() as f64);
        if seeds < 2.0 || images < 1.0 {
            return None;
        }
        let accuracies: Vec<f64> = right_by_seed.iter().map(|&right| f64::from(right) / images).collect();
        let observed = super::standard_deviation(&accuracies).powi(2);
        let of_image = |&right: &u32| {
            let p = f64::from(right) / seeds;
            p * (1.0 - p)
        };
        let test_set = right_by_image.iter().map(of_image).sum::<f64>() / images.powi(2) * seeds / (seeds - 1.0);
        Some(VarianceSplit { observed, test_set, models: (observed - test_set).max(0.0) })
    }
}
