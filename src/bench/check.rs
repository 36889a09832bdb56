//! Nothing is timed before it is right.

use crate::error::{Error, Result};
use crate::parity::STEPS;
use crate::train::Trainer;

/// Trains both for [`STEPS`] steps over the same samples and returns the largest difference of a
/// step's loss.
///
/// # Errors
/// [`Error::Check`] naming the first step whose losses differ by more than `allowed` or are not
/// numbers; what a backend fails at.
pub async fn check(name: &str, ours: &mut Trainer, plain: &mut Trainer, allowed: f64) -> Result<f64> {
    let (got, want) = (ours.first_steps(STEPS).await?, plain.first_steps(STEPS).await?);
    let mut worst = 0.0f64;
    for (step, (got, want)) in got[0].iter().zip(&want[0]).enumerate() {
        let difference = (got - want).abs();
        // NaN is not within any bound.
        if difference > allowed || difference.is_nan() {
            let step = step + 1;
            let what = format!(
                "{name}: the loss of step {step} is {got:.6}, the plain CPU's {want:.6}, allowed difference {allowed:.0e}: \
                 nothing was timed"
            );
            return Err(Error::check(what).advice("let stridelab parity look at each operator"));
        }
        worst = worst.max(difference);
    }
    Ok(worst)
}
