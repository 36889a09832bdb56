//! Which value of a column is the best, where that is decided.

use super::run::RunRow;

/// An accuracy leads where it does so by more than so many standard errors.
const STANDARD_ERRORS: f64 = 2.0;
/// The longest that a time may be, as a share of the next one, to be the shorter one.
const FASTER: f64 = 0.9;
/// Seconds below which starting and stopping are a part of what is measured.
const LEAST_SECONDS: f64 = 0.1;

/// The model whose accuracy on so many `images` is above that of every other model by more than two standard errors,
/// `2·√(e₁ + e₂)` images where `e₁` and `e₂` are classified wrongly. Models that did not finish are never marked, and
/// nothing is where the number of images is not known.
pub(super) fn most_accurate(
    rows: &[RunRow],
    accuracy: impl Fn(&RunRow) -> f64,
    images: impl Fn(&RunRow) -> usize,
) -> Vec<bool> {
    let measured: Vec<usize> = (0..rows.len()).filter(|&i| accuracy(&rows[i]).is_finite()).collect();
    let leads = |leader: usize, other: usize| {
        let [first, second] = [leader, other].map(|i| accuracy(&rows[i]));
        let images = images(&rows[leader]).min(images(&rows[other])) as f64;
        let wrong = images * ((1.0 - first) + (1.0 - second));
        images * (first - second) > STANDARD_ERRORS * wrong.sqrt()
    };
    let best = |i: usize| {
        let others = || measured.iter().filter(|&&other| other != i);
        rows[i].finished && measured.contains(&i) && others().count() > 0 && others().all(|&other| leads(i, other))
    };
    (0..rows.len()).map(best).collect()
}

/// The models of the configuration whose times are all at least a tenth below those of every other configuration and
/// long enough to be measured. Models that did not finish are not compared. `time` is in any unit, `seconds` how long
/// was measured.
pub(super) fn fastest(rows: &[RunRow], time: impl Fn(&RunRow) -> f64, seconds: impl Fn(&RunRow) -> f64) -> Vec<bool> {
    let compared: Vec<&RunRow> = rows.iter().filter(|row| row.finished && time(row).is_finite()).collect();
    let best = |row: &RunRow| {
        let (same, others): (Vec<&RunRow>, Vec<&RunRow>) =
            compared.iter().partition(|other| other.model.configuration == row.model.configuration);
        let slowest = same.iter().map(|row| time(row)).fold(0.0, f64::max);
        let long_enough = same.iter().all(|row| seconds(row) >= LEAST_SECONDS);
        let faster = others.iter().all(|other| slowest <= FASTER * time(other));
        row.finished && time(row).is_finite() && long_enough && !others.is_empty() && faster
    };
    rows.iter().map(best).collect()
}
