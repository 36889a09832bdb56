//! Round numbers for axes.

use super::shapes::Extent;

/// The least of 1, 2, 2.5, 5 × 10ᵏ that is not below `step`.
pub(super) fn nice_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let nice = [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * power);
    nice.into_iter().find(|nice| *nice >= step * 0.999).unwrap_or(step)
}

/// The multiples of `step` within a range.
pub(super) fn multiples(range: Extent, step: f64) -> Vec<f64> {
    let first = (range.low / step - 1e-6).ceil();
    (0..50).map(|i| (first + f64::from(i)) * step).take_while(|v| *v <= range.high + step * 1e-6).collect()
}

/// The range widened on both sides to the nearest 1, 2 or 5 × 10ᵏ.
pub(super) fn enclosing(range: Extent) -> Extent {
    let around = |v: f64| {
        let power = v.log10().floor() as i32;
        (power - 1..=power + 1).flat_map(|p| [1.0, 2.0, 5.0].map(|d| d * 10f64.powi(p)))
    };
    Extent {
        low: around(range.low).filter(|v| *v <= range.low).fold(0.0, f64::max).max(f64::MIN_POSITIVE),
        high: around(range.high).filter(|v| *v >= range.high).fold(f64::MAX, f64::min),
    }
}

/// 1, 2 and 5 × 10ᵏ within a range. Where those are more than nine, powers of ten alone, and of a range of many
/// decades only some of them.
pub(super) fn decades(range: Extent) -> Vec<f64> {
    let powers = range.low.log10().floor() as i32..=range.high.log10().ceil() as i32;
    let within = |digits: &[f64], every: usize| -> Vec<f64> {
        let all = powers.clone().step_by(every).flat_map(|p| digits.iter().map(move |d| d * 10f64.powi(p)));
        all.filter(|v| (range.low..=range.high).contains(v)).collect()
    };
    let fine = within(&[1.0, 2.0, 5.0], 1);
    let every = ((range.high / range.low).log10() / 8.0).ceil().max(1.0) as usize;
    if fine.len() <= 9 { fine } else { within(&[1.0], every) }
}

/// The epochs that get a tick: every one while there are few, otherwise round ones, the first and the last.
pub(super) fn epoch_ticks(last: u32) -> Vec<u32> {
    let step = nice_step(f64::from(last) / 10.0).ceil().max(1.0) as u32;
    let round = (step.max(2)..=last).step_by(step as usize);
    let mut ticks: Vec<u32> = std::iter::once(1).chain(round).collect();
    if ticks.last() != Some(&last) {
        // The last epoch is the result and must have a tick. A round epoch too close to it loses its own.
        if ticks.last().is_some_and(|tick| last - tick < step.div_ceil(2)) {
            ticks.pop();
        }
        ticks.push(last);
    }
    ticks
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_are_whole_and_the_last_one_has_a_tick() {
        assert_eq!(epoch_ticks(1), [1]);
        assert_eq!(epoch_ticks(3), [1, 2, 3]);
        assert_eq!(epoch_ticks(50), [1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
        assert_eq!(epoch_ticks(51).last(), Some(&51));
        assert!(epoch_ticks(u32::MAX).len() < 15);
    }
}
