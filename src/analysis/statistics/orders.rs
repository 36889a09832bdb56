//! Orders instead of sizes.

use std::cmp::Ordering;

/// Probability of superiority over pairs: the share in which the first is greater, equal ones counted half; 0.5
/// means no order. NaN where there is no pair.
pub fn superiority(differences: &[f64]) -> f64 {
    let score = |d: &f64| match d.total_cmp(&0.0) {
        _ if *d == 0.0 => 0.5,
        Ordering::Greater => 1.0,
        _ => 0.0,
    };
    differences.iter().map(score).sum::<f64>() / differences.len() as f64
}

/// Kendall's τ-b of two scores of the same items: 1 for the same ranking, −1 for the reverse.
///
/// `(concordant − discordant) / √((pairs − ties of a)·(pairs − ties of b))`, over all pairs of items. `None` of fewer
/// than two items and where all scores of one side are equal.
pub fn kendall_tau(a: &[f64], b: &[f64]) -> Option<f64> {
    assert_eq!(a.len(), b.len(), "two scores an item");
    let sign = |values: &[f64], i: usize, j: usize| match values[i].partial_cmp(&values[j]) {
        Some(Ordering::Less) => -1.0,
        Some(Ordering::Greater) => 1.0,
        _ => 0.0,
    };
    let (mut agreement, mut untied_a, mut untied_b) = (0.0, 0.0, 0.0);
    for i in 0..a.len() {
        for j in 0..i {
            let (in_a, in_b): (f64, f64) = (sign(a, i, j), sign(b, i, j));
            agreement += in_a * in_b;
            untied_a += in_a.abs();
            untied_b += in_b.abs();
        }
    }
    let scale = f64::sqrt(untied_a * untied_b);
    (scale > 0.0).then_some(agreement / scale)
}
