//! Ranges, ticks and where a value lands.

/// A vertical axis: its range, its ticks, linear or logarithmic.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// Least and greatest value shown.
    pub range: [f64; 2],
    /// Values with a grid line.
    pub ticks: Vec<f64>,
    /// Whether equal ratios are equal distances.
    pub log: bool,
}

impl Axis {
    /// From 0 at the bottom to 1 at the top.
    pub fn place(&self, value: f64) -> f64 {
        let scale = |v: f64| if self.log { v.log10() } else { v };
        let [low, high] = self.range.map(scale);
        (scale(value) - low) / (high - low)
    }

    /// About five round ticks around finite `values`, inside `limits`. Without any: the limits.
    pub fn linear(values: &[f64], limits: [f64; 2]) -> Axis {
        let Some([low, high]) = extent(values) else {
            let step = nice_step((limits[1] - limits[0]) / 5.0);
            return Axis { range: limits, ticks: multiples(limits, step), log: false };
        };
        // A flat line still gets an axis with room around it.
        let room = ((high - low) * 0.04).max(high.abs() * 1e-3).max(1e-6);
        let step = nice_step((high - low + 2.0 * room) / 5.0);
        let range = [
            (((low - room) / step).floor() * step).max(limits[0]),
            (((high + room) / step).ceil() * step).min(limits[1]),
        ];
        Axis { range, ticks: multiples(range, step), log: false }
    }

    /// Logarithmic where the finite values are positive (and of a size that losses have) and span a
    /// factor of six or more; else linear from a round value.
    pub fn loss(values: &[f64]) -> Axis {
        match extent(values) {
            Some([low, high]) if low >= 1e-30 && high <= 1e30 && high / low >= 6.0 => {
                let range = enclosing([low / 1.05, high * 1.05]);
                Axis { range, ticks: decades(range), log: true }
            }
            Some(_) => Axis::linear(values, [0.0, f64::MAX]),
            None => Axis::linear(values, [0.0, 1.0]),
        }
    }

    /// A tick's text, with as many decimals as the closest ticks need.
    pub fn label(&self, tick: f64) -> String {
        if self.log {
            return if (1e-4..1e5).contains(&tick) {
                format!("{}", (tick * 1e6).round() / 1e6)
            } else {
                format!("{tick:.0e}")
            };
        }
        let step = self.ticks.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
        let decimals = (0..6).find(|&d| is_whole(step * 10f64.powi(d))).unwrap_or(6) as usize;
        if step.is_finite() { format!("{tick:.decimals$}") } else { format!("{tick}") }
    }
}

/// Epochs that get a tick: every one while there are few, then round ones and the last.
pub fn epoch_ticks(last: u32) -> Vec<u32> {
    let step = nice_step(f64::from(last) / 10.0).ceil().max(1.0) as u32;
    let round = (step.max(2)..=last).step_by(step as usize);
    let mut ticks: Vec<u32> = std::iter::once(1).chain(round).collect();
    if ticks.last() != Some(&last) {
        // The last epoch is the result; a round neighbour too close to it gives way.
        if ticks.last().is_some_and(|t| last - t < step.div_ceil(2)) {
            ticks.pop();
        }
        ticks.push(last);
    }
    ticks
}

fn extent(values: &[f64]) -> Option<[f64; 2]> {
    let finite = values.iter().copied().filter(|v| v.is_finite());
    let range = finite.fold([f64::INFINITY, f64::NEG_INFINITY], |[l, h], v| [l.min(v), h.max(v)]);
    (range[0] <= range[1]).then_some(range)
}

/// The least of 1, 2, 2.5, 5 × 10ᵏ that is not below `step`.
fn nice_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    [1.0, 2.0, 2.5, 5.0, 10.0].map(|m| m * power).into_iter().find(|nice| *nice >= step * 0.999).unwrap_or(step)
}

fn multiples([low, high]: [f64; 2], step: f64) -> Vec<f64> {
    let first = (low / step - 1e-6).ceil();
    (0..50).map(|i| (first + f64::from(i)) * step).take_while(|v| *v <= high + step * 1e-6).collect()
}

/// The nearest 1, 2 or 5 × 10ᵏ on either side.
fn enclosing([low, high]: [f64; 2]) -> [f64; 2] {
    let around = |v: f64| {
        let power = v.log10().floor() as i32;
        (power - 1..=power + 1).flat_map(|p| [1.0, 2.0, 5.0].map(|d| d * 10f64.powi(p)))
    };
    [
        around(low).filter(|v| *v <= low).fold(0.0, f64::max).max(f64::MIN_POSITIVE),
        around(high).filter(|v| *v >= high).fold(f64::MAX, f64::min),
    ]
}

/// 1, 2 and 5 in every decade, or decades alone where those would be many.
fn decades([low, high]: [f64; 2]) -> Vec<f64> {
    let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let within = |digits: &[f64], every: usize| -> Vec<f64> {
        let all = powers.clone().step_by(every).flat_map(|p| digits.iter().map(move |d| d * 10f64.powi(p)));
        all.filter(|v| (low..=high).contains(v)).collect()
    };
    let fine = within(&[1.0, 2.0, 5.0], 1);
    let every = ((high / low).log10() / 8.0).ceil().max(1.0) as usize;
    if fine.len() <= 9 { fine } else { within(&[1.0], every) }
}

fn is_whole(v: f64) -> bool {
    (v - v.round()).abs() < 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_hold_the_data() {
        let axis = Axis::linear(&[95.6, 99.14, f64::NAN], [0.0, 100.0]);
        assert_eq!((axis.range, axis.ticks.len()), ([95.0, 100.0], 6));
        assert_eq!(axis.label(97.0), "97");
        let flat = Axis::linear(&[98.0], [0.0, 100.0]);
        assert!(flat.range[0] < 98.0 && flat.range[1] > 98.0 && flat.ticks.len() >= 2, "{flat:?}");
        assert_eq!(Axis::linear(&[], [0.0, 100.0]).range, [0.0, 100.0]);
        assert_eq!(Axis::linear(&[1.0, 1.0], [0.0, 1.0]).place(1.0), 1.0);
    }

    #[test]
    fn loss_is_logarithmic_where_it_spans_much() {
        let axis = Axis::loss(&[0.45, 0.03, f64::INFINITY]);
        assert!(axis.log);
        assert_eq!(axis.ticks, [0.02, 0.05, 0.1, 0.2, 0.5]);
        assert_eq!(axis.label(0.05), "0.05");
        assert!(!Axis::loss(&[0.3, 0.2]).log);
        assert!(!Axis::loss(&[0.0, 2.0]).log);
        assert!(!Axis::loss(&[f64::NAN]).log);
        assert!(Axis::loss(&[1e-30, 1e30]).ticks.len() <= 9);
    }

    #[test]
    fn epochs_are_whole_and_the_last_one_is_named() {
        assert_eq!(epoch_ticks(1), [1]);
        assert_eq!(epoch_ticks(3), [1, 2, 3]);
        assert_eq!(epoch_ticks(50), [1, 5, 10, 15, 20, 25, 30, 35, 40, 45, 50]);
        assert_eq!(epoch_ticks(51).last(), Some(&51));
        assert!(epoch_ticks(u32::MAX).len() < 15);
    }
}
