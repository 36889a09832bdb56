//! Axes: which range they show, where their ticks are, and where a value lies. [`grid`](super::grid) draws them.

use super::shapes::Extent;
use super::ticks::{decades, enclosing, multiples, nice_step};

/// An axis, linear or logarithmic.
#[derive(Debug, Clone, PartialEq)]
pub struct Axis {
    /// The least and the greatest value shown.
    pub range: Extent,
    /// Values with a grid line.
    pub ticks: Vec<f64>,
    /// Whether the scale is logarithmic.
    pub log: bool,
}

impl Axis {
    /// The position of a value on the axis: 0 at the least value shown, 1 at the greatest.
    pub fn place(&self, value: f64) -> f64 {
        let scale = |v: f64| if self.log { v.log10() } else { v };
        let low = scale(self.range.low);
        let high = scale(self.range.high);
        (scale(value) - low) / (high - low)
    }

    /// A linear axis around the finite `values` with about five round ticks, inside `limits`. Where no value is
    /// finite, the axis shows the limits.
    pub fn linear(values: &[f64], limits: Extent) -> Axis {
        let Some(Extent { low, high }) = Extent::of(values) else {
            let step = nice_step((limits.high - limits.low) / 5.0);
            return Axis { range: limits, ticks: multiples(limits, step), log: false };
        };
        // Equal values still get an axis with room around them.
        let room = ((high - low) * 0.04).max(high.abs() * 1e-3).max(1e-6);
        let step = nice_step((high - low + 2.0 * room) / 5.0);
        let range = Extent {
            low: (((low - room) / step).floor() * step).max(limits.low),
            high: (((high + room) / step).ceil() * step).min(limits.high),
        };
        Axis { range, ticks: multiples(range, step), log: false }
    }

    /// An axis for losses: logarithmic where the finite values span a factor of six or more and all lie between
    /// 1e-30 and 1e30, otherwise linear.
    pub fn loss(values: &[f64]) -> Axis {
        match Extent::of(values) {
            Some(Extent { low, high }) if low >= 1e-30 && high <= 1e30 && high / low >= 6.0 => {
                let range = enclosing(Extent { low: low / 1.05, high: high * 1.05 });
                Axis { range, ticks: decades(range), log: true }
            }
            Some(_) => Axis::linear(values, Extent::new(0.0, f64::MAX)),
            None => Axis::linear(values, Extent::new(0.0, 1.0)),
        }
    }

    /// A tick's text, with as many decimals as the distance between ticks needs.
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

fn is_whole(v: f64) -> bool {
    (v - v.round()).abs() < 1e-6
}

#[cfg(test)]
mod tests {
    use super::*;

    const PERCENT: Extent = Extent::new(0.0, 100.0);

    #[test]
    fn ticks_are_round_and_hold_the_data() {
        let axis = Axis::linear(&[95.6, 99.14, f64::NAN], PERCENT);
        assert_eq!(axis.range, Extent::new(95.0, 100.0));
        assert_eq!(axis.ticks.len(), 6);
        assert_eq!(axis.label(97.0), "97");
        let flat = Axis::linear(&[98.0], PERCENT);
        assert!(flat.range.low < 98.0 && flat.range.high > 98.0 && flat.ticks.len() >= 2, "{flat:?}");
        assert_eq!(Axis::linear(&[], PERCENT).range, PERCENT);
        assert_eq!(Axis::linear(&[1.0, 1.0], Extent::new(0.0, 1.0)).place(1.0), 1.0);
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
}
