//! Is a difference smaller than what matters, and how many seeds would decide it.

use statrs::distribution::{ContinuousCDF, StudentsT};

use super::summary::{mean, standard_deviation};

/// p of two one-sided t tests (TOST) that the mean of paired differences lies within ±`margin`: small where it does.
/// The larger of the p of `mean > −margin` and of `mean < margin`, each with n − 1 degrees of freedom.
///
/// Schuirmann, "A comparison of the two one-sided tests procedure", 1987. `None` of fewer than two pairs. The margin
/// is to be chosen before the data are seen.
pub fn equivalence(differences: &[f64], margin: f64) -> Option<f64> {
    let centre = mean(differences);
    let error = standard_deviation(differences) / (differences.len() as f64).sqrt();
    if !error.is_finite() {
        return None;
    }
    if error == 0.0 {
        return Some(if centre.abs() < margin { 0.0 } else { 1.0 });
    }
    let t = StudentsT::new(0.0, 1.0, (differences.len() - 1) as f64).ok()?;
    let above = t.sf((centre + margin) / error);
    let below = t.cdf((centre - margin) / error);
    Some(above.max(below))
}

/// Pairs that a two-sided t test at `level` needs to see a mean difference of `effect` with probability `power`,
/// where differences scatter by `sd`: the least n with `n ≥ ((t₁₋level/₂ + t_power)·sd/effect)²`, both quantiles with
/// n − 1 degrees of freedom (an approximation to the noncentral t that is at most one pair off), and no fewer than
/// `least`, below which a sign-flip test cannot reach the level.
///
/// `None` where more than a million would be needed, or a value is no finite number.
pub fn seeds_to_decide(effect: f64, sd: f64, level: f64, power: f64) -> Option<usize> {
    const MOST: usize = 1_000_000;
    // The least p of a sign-flip test is 2/2ⁿ.
    let least = (2..64).find(|&n| 2.0 / f64::powi(2.0, n) <= level)? as usize;
    let enough = |n: usize| {
        let t = StudentsT::new(0.0, 1.0, (n - 1) as f64).ok()?;
        let quantiles = t.inverse_cdf(1.0 - level / 2.0) + t.inverse_cdf(power);
        Some(n as f64 >= (quantiles * sd / effect).powi(2))
    };
    let (mut low, mut high) = (least.max(2), MOST);
    if !enough(high)? {
        return None;
    }
    while low < high {
        let middle = low.midpoint(high);
        if enough(middle)? { high = middle } else { low = middle + 1 }
    }
    Some(low)
}
