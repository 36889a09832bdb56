//! One number for many.

/// `Σ x / n`; NaN of no samples.
pub fn mean(samples: &[f64]) -> f64 {
    samples.iter().sum::<f64>() / samples.len() as f64
}

/// `√(Σ (x − mean)² / (n − 1))`, the standard deviation of the population that the samples come from; NaN of fewer
/// than two samples.
pub fn standard_deviation(samples: &[f64]) -> f64 {
    if samples.len() < 2 {
        return f64::NAN;
    }
    let centre = mean(samples);
    let squares: f64 = samples.iter().map(|x| (x - centre).powi(2)).sum();
    (squares / (samples.len() - 1) as f64).sqrt()
}

/// Mean of the samples that remain when the lowest and the highest `⌊n/4⌋` are left out: nearly as precise as the
/// mean, and untouched by a single seed that fails. As rliable has it (Agarwal et al., "Deep reinforcement learning
/// at the edge of the statistical precipice", 2021); NaN of no samples.
pub fn interquartile_mean(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let cut = sorted.len() / 4;
    mean(&sorted[cut..sorted.len() - cut])
}
