//! Confidence intervals by resampling.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, Normal};

use super::summary::mean;
use crate::random::Stream;

/// Resamples of a bootstrap.
pub const RESAMPLES: usize = 10_000;

/// Two ends.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Whether all of it lies on one side of `value`.
    pub fn excludes(&self, value: f64) -> bool {
        self.low > value || self.high < value
    }
}

/// The bias-corrected and accelerated (BCa) bootstrap interval of a statistic at a confidence such as 0.95, over
/// [`RESAMPLES`] resamples.
///
/// With θ̂ the statistic of the samples, θ* those of the resamples, Φ the normal distribution and `t` the value of
/// the statistic without sample `i`:
///
/// ```text
/// z₀ = Φ⁻¹(share of θ* below θ̂, equal ones counted half)
/// a  = Σ (t̄ − tᵢ)³ / (6·(Σ (t̄ − tᵢ)²)^1.5)
/// an end: the quantile Φ(z₀ + (z₀ + z)/(1 − a·(z₀ + z))) of θ*, z = Φ⁻¹((1 ∓ confidence)/2)
/// ```
///
/// Efron, "Better bootstrap confidence intervals", 1987. `None` of fewer than two samples, and where one is no
/// finite number. Samples that are all equal give an interval of no width.
pub fn bca(samples: &[f64], confidence: f64, statistic: impl Fn(&[f64]) -> f64) -> Option<Interval> {
    if samples.len() < 2 || samples.iter().any(|x| !x.is_finite()) {
        return None;
    }
    let mut drawn = vec![0.0; samples.len()];
    let mut resampled = Vec::with_capacity(RESAMPLES);
    draws(samples.len(), |draw| {
        drawn.iter_mut().zip(draw).for_each(|(drawn, &i)| *drawn = samples[i]);
        resampled.push(statistic(&drawn));
    });
    Some(interval(samples, confidence, &statistic, resampled))
}

/// [`bca`] of the mean of each of several samples, with the same bits as result. The resamples of all samples of one
/// length are drawn together, which takes most of the time.
pub fn bca_of_means(samples: &[&[f64]], confidence: f64) -> Vec<Option<Interval>> {
    let mut by_length: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, sample) in samples.iter().enumerate() {
        if sample.len() >= 2 && sample.iter().all(|x| x.is_finite()) {
            by_length.entry(sample.len()).or_default().push(i);
        }
    }
    let mut intervals = vec![None; samples.len()];
    for (length, members) in by_length {
        let mut resampled: Vec<Vec<f64>> = members.iter().map(|_| Vec::with_capacity(RESAMPLES)).collect();
        draws(length, |draw| {
            for (resampled, &member) in resampled.iter_mut().zip(&members) {
                let sample = samples[member];
                resampled.push(draw.iter().map(|&i| sample[i]).sum::<f64>() / length as f64);
            }
        });
        for (resampled, member) in resampled.into_iter().zip(members) {
            intervals[member] = Some(interval(samples[member], confidence, &mean, resampled));
        }
    }
    intervals
}

/// The interval from the statistic of the resamples, in any order.
fn interval(samples: &[f64], confidence: f64, statistic: &impl Fn(&[f64]) -> f64, mut resampled: Vec<f64>) -> Interval {
    resampled.sort_by(f64::total_cmp);
    let estimate = statistic(samples);
    let jackknife: Vec<f64> = (0..samples.len())
        .map(|left_out| statistic(&[&samples[..left_out], &samples[left_out + 1..]].concat()))
        .collect();
    let centre = mean(&jackknife);
    let power_sum = |power| jackknife.iter().map(|t| (centre - t).powi(power)).sum::<f64>();
    let (squares, cubes) = (power_sum(2), power_sum(3));
    let acceleration = if squares > 0.0 { cubes / (6.0 * squares.powf(1.5)) } else { 0.0 };

    let below = resampled.partition_point(|&value| value < estimate);
    let up_to = resampled.partition_point(|&value| value <= estimate);
    let share = (below + up_to) as f64 / (2 * resampled.len()) as f64;
    let normal = Normal::standard();
    let bias = normal.inverse_cdf(share);
    if !bias.is_finite() {
        // Every resample lies on one side of the estimate: the quantiles are at the ends of what was seen.
        return Interval { low: resampled[0], high: resampled[resampled.len() - 1] };
    }
    let end = |tail: f64| {
        let z = bias + normal.inverse_cdf(tail);
        quantile(&resampled, normal.cdf(bias + z / (1.0 - acceleration * z)))
    };
    let tail = (1.0 - confidence) / 2.0;
    Interval { low: end(tail), high: end(1.0 - tail) }
}

/// Hands on [`RESAMPLES`] draws with replacement of `n` indices below `n`, always the same ones.
fn draws(n: usize, mut take: impl FnMut(&[usize])) {
    let mut stream = Stream::new(0, "statistics/bootstrap");
    let mut drawn = vec![0; n];
    for _ in 0..RESAMPLES {
        drawn.fill_with(|| stream.below(n as u32) as usize);
        take(&drawn);
    }
}

/// The quantile of ascending values, linear between neighbours.
fn quantile(ascending: &[f64], at: f64) -> f64 {
    let position = at.clamp(0.0, 1.0) * (ascending.len() - 1) as f64;
    let below = position.floor();
    let low = ascending[below as usize];
    let high = ascending[position.ceil() as usize];
    low + (high - low) * (position - below)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_drawn_together_have_the_intervals_of_each_alone() {
        let samples: [&[f64]; 6] =
            [&[0.1, 0.4, 0.2], &[0.98, 0.985, 0.99, 0.97], &[0.3; 3], &[1.0], &[0.7, 0.9, f64::NAN], &[5.0, -1.0, 2.5]];
        let alone = samples.map(|sample| bca(sample, 0.95, mean));
        assert_eq!(bca_of_means(&samples, 0.95), alone);
        assert_eq!(alone.map(|interval| interval.is_some()), [true, true, true, false, false, true]);
        assert!(bca_of_means(&[], 0.95).is_empty());
    }
}
