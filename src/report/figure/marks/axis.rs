//! Axes: which range they show, where their ticks are, and where a value lies. [`grid`](super::grid) draws them.

use super::shapes::Extent;
use super::ticks::{decades, enclosing, multiples, nice_step};

/// Values smaller than this are 0 to an axis.
const LEAST: f64 = 1e-100;

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
    /// finite, and where all are 0 and so have no scale of their own, the axis shows the limits, or 0 to 1 where these
    /// are those of all numbers.
    pub fn linear(values: &[f64], limits: Extent) -> Axis {
        let extent = Extent::of(values).filter(|extent| extent.low.abs().max(extent.high.abs()) >= LEAST);
        let Some(Extent { low, high }) = extent else {
            let range = if limits.high < f64::MAX { limits } else { Extent::new(limits.low, limits.low + 1.0) };
            let step = nice_step((range.high - range.low) / 5.0);
            return Axis { range, ticks: multiples(range, step), log: false };
        };
        // Equal values still get an axis with room around them.
        let room = ((high - low) * 0.04).max(high.abs() * 1e-3);
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

    /// A logarithmic axis around the positive finite `values`, from 1 to 10 where there is none.
    pub fn logarithmic(values: &[f64]) -> Axis {
        let positive: Vec<f64> = values.iter().copied().filter(|value| (1e-300..=1e300).contains(value)).collect();
        let Extent { low, high } = Extent::of(&positive).unwrap_or(Extent::new(1.05, 9.5));
        let range = enclosing(Extent { low: low / 1.05, high: high * 1.05 });
        Axis { range, ticks: decades(range), log: true }
    }

    /// A tick's text: as many digits as tell it from its neighbours, in scientific notation where a number would have
    /// more than six decimals or whole digits.
    pub fn label(&self, tick: f64) -> String {
        if self.log {
            return if (1e-4..1e5).contains(&tick) {
                format!("{}", (tick * 1e6).round() / 1e6)
            } else {
                format!("{tick:.0e}")
            };
        }
        let step = self.ticks.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
        let step = if step.is_finite() { step } else { tick.abs() };
        let exact = |text: &str, tick: f64| text.parse().is_ok_and(|v: f64| (v - tick).abs() <= 1e-3 * step);
        let all = |write: &dyn Fn(f64) -> String| self.ticks.iter().all(|&tick| exact(&write(tick), tick));
        if self.ticks.iter().all(|tick| tick.abs() < 1e6) {
            let fixed = (0..=6usize).find(|&decimals| all(&|tick| format!("{tick:.decimals$}")));
            if let Some(decimals) = fixed {
                // Adding zero turns −0 into 0.
                return format!("{:.decimals$}", tick + 0.0);
            }
        }
        if tick == 0.0 {
            return "0".into();
        }
        let digits = (0..=6usize).find(|&digits| all(&|tick| format!("{tick:.digits$e}"))).unwrap_or(6);
        format!("{tick:.digits$e}")
    }
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

    /// Whatever the values, a reader can tell the ticks apart.
    #[test]
    fn labels_are_different_and_say_where_their_ticks_are() {
        let cases: [&[f64]; 14] = [
            &[0.0],
            &[0.0, 0.0, 0.0],
            &[-0.0, 0.0],
            &[100.0],
            &[2.3e-5],
            &[1e-9, 2e-9],
            &[0.0, 1e-7],
            &[5e-324],
            &[327_702_524.891],
            &[27_127_927_244_925_640.0, 2.8e16],
            &[98.01, 98.02],
            &[0.2499, 0.2501],
            &[0.0, 1e-30],
            &[1e300],
        ];
        for values in cases {
            for axis in
                [Axis::linear(values, PERCENT), Axis::loss(values), Axis::linear(values, Extent::new(0.0, f64::MAX))]
            {
                let labels: Vec<String> = axis.ticks.iter().map(|&tick| axis.label(tick)).collect();
                // Above 100 %, nothing of the range is left.
                let outside = axis.range.low > axis.range.high;
                assert!(labels.len() >= 2 || outside, "{values:?}: {axis:?}");
                let step = axis.ticks.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
                for (label, tick) in labels.iter().zip(&axis.ticks) {
                    assert_eq!(labels.iter().filter(|other| *other == label).count(), 1, "{values:?}: {labels:?}");
                    assert!(label.chars().count() <= 10, "{values:?}: {labels:?}");
                    let written: f64 = label.parse().unwrap();
                    assert!((written - tick).abs() <= 0.01 * step, "{values:?}: {label} for {tick}");
                }
            }
        }
        let zero = Axis::linear(&[0.0], PERCENT);
        assert_eq!(zero.ticks.iter().map(|&t| zero.label(t)).collect::<Vec<_>>(), ["0", "20", "40", "60", "80", "100"]);
        let lossless = Axis::loss(&[0.0]);
        assert_eq!(lossless.range, Extent::new(0.0, 1.0));
    }

    #[test]
    fn logarithmic_axes_hold_what_is_positive() {
        assert_eq!(Axis::logarithmic(&[]).range, Extent::new(1.0, 10.0));
        let axis = Axis::logarithmic(&[0.0, 131_872.0, f64::NAN, 4_241_152.0, -1.0]);
        assert_eq!(axis.range, Extent::new(1e5, 5e6));
        assert!(axis.place(131_872.0) > 0.0 && axis.place(4_241_152.0) < 1.0);
        assert!(Axis::logarithmic(&[3.0]).ticks.len() >= 2);
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
