//! Samples of the clock.

use std::ops::AsyncFnMut;

use super::Options;
use crate::error::Result;

/// Seconds of one step in each sample of `run(n)`, which takes `n` steps, at most `most`, and returns
/// their seconds.
///
/// # Errors
/// What `run` fails at.
pub(super) async fn sample(
    options: &Options,
    most: usize,
    mut run: impl AsyncFnMut(usize) -> Result<f64>,
) -> Result<Vec<f64>> {
    // Doubling warms up as well.
    let mut n = 1;
    while run(n).await? < options.sample_seconds && n < most {
        n = (2 * n).min(most);
    }
    let mut samples = Vec::new();
    for _ in 0..options.samples {
        samples.push(run(n).await? / n as f64);
    }
    Ok(samples)
}
