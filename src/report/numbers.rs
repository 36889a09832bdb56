//! How numbers are written, in tables and in figures alike.

/// What stands in place of a number that there is none of.
pub(super) const DASH: &str = "–";

/// `421642` as `421,642`.
pub(super) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A number with its thousands grouped and `decimals` digits after the point. Infinities and NaN are written as
/// Rust writes them.
pub(super) fn decimal(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let point = text.find('.').unwrap_or(text.len());
    let (whole, fraction) = text.split_at(point);
    match whole.parse() {
        Ok(whole) => format!("{}{fraction}", grouped(whole)),
        Err(_) => text,
    }
}

/// `4241152` as `4.24 M`, `53002` as `53 k`, and a number below 10,000 in full.
pub(super) fn short(number: u64) -> String {
    match number {
        0..10_000 => grouped(number),
        10_000..1_000_000 => format!("{:.0} k", number as f64 / 1e3),
        _ => format!("{} M", decimal(number as f64 / 1e6, 2)),
    }
}

/// The share `0.123` as `12.3 %`.
pub(super) fn percent(share: f64, decimals: usize) -> String {
    format!("{:.decimals$} %", 100.0 * share)
}

/// A ratio as a table shows it: two decimals, so that a column's points are aligned, and three below 0.1.
pub(super) fn ratio(value: f64) -> String {
    if value < 0.0995 { format!("{value:.3}") } else { format!("{value:.2}") }
}

/// Microseconds, without the unit: one decimal below 100, none above.
pub(super) fn microseconds(us: f64) -> String {
    decimal(us, if us < 99.95 { 1 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1000, 4_241_152].map(grouped), ["0", "999", "1,000", "4,241,152"]);
        assert_eq!(decimal(12_345.678, 1), "12,345.7");
        assert_eq!(decimal(999.96, 1), "1,000.0");
        assert_eq!(decimal(f64::NAN, 2), "NaN");
        assert_eq!(decimal(f64::INFINITY, 2), "inf");
    }

    #[test]
    fn large_counts_get_a_suffix() {
        assert_eq!([0, 9_999, 53_002, 4_241_152].map(short), ["0", "9,999", "53 k", "4.24 M"]);
    }

    #[test]
    fn shares_are_percentages() {
        assert_eq!(percent(0.1234, 1), "12.3 %");
        assert_eq!(percent(1.0, 0), "100 %");
    }

    #[test]
    fn times_and_ratios_keep_the_digits_that_count() {
        assert_eq!([0.0994, 0.0996, 12.345].map(ratio), ["0.099", "0.10", "12.35"]);
        assert_eq!([99.94, 99.96, 12_345.6].map(microseconds), ["99.9", "100", "12,346"]);
    }
}
