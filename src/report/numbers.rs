//! How numbers are written, in tables and in figures alike.
//!
//! Every function that rounds to a fixed number of decimals turns to [`significant`] digits where those decimals would
//! show nothing but zeros, or digits that nobody counts.

/// What stands in place of a number that there is none of.
pub(super) const DASH: &str = "–";

/// A value as `write` writes it, or a dash where there is none.
pub(super) fn or_dash<T>(value: Option<T>, write: impl Fn(T) -> String) -> String {
    value.map_or(DASH.into(), write)
}

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

/// `1 image`, `2 images`.
pub fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Whether a number is too small to be seen with a last digit of `digit`, or too large to be read.
fn extreme(number: f64, digit: f64) -> bool {
    number != 0.0 && (number.abs() < digit / 2.0 || number.abs() >= 1e9)
}

/// A number with its thousands grouped and `decimals` digits after the point. Infinities and NaN are written as
/// Rust writes them.
pub(super) fn decimal(number: f64, decimals: usize) -> String {
    if extreme(number, 0.1f64.powi(decimals as i32)) {
        return significant(number);
    }
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

/// The share `0.123` as `12.3 %`. One that would read like none is `<0.1 %`.
pub(super) fn percent(share: f64, decimals: usize) -> String {
    let digit = 0.1f64.powi(decimals as i32);
    if share > 0.0 && 100.0 * share < digit / 2.0 {
        return format!("<{digit:.decimals$} %");
    }
    format!("{:.decimals$} %", 100.0 * share)
}

/// Three significant digits; in scientific notation below 0.001 and from 10,000.
pub(super) fn significant(value: f64) -> String {
    if value == 0.0 {
        return "0".into();
    }
    if !(1e-3..1e4).contains(&value.abs()) {
        return format!("{value:.2e}");
    }
    let decimals = (2 - value.abs().log10().floor() as i32).max(0) as usize;
    format!("{value:.decimals$}")
}

/// A time or a ratio as a figure shows it: at most three digits from 0.1 up to 999, without decimals from 100, and
/// three decimals below 0.1.
pub(super) fn rounded(value: f64) -> String {
    match value {
        _ if extreme(value, 2e-3) => significant(value),
        ..0.0995 => format!("{value:.3}"),
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}

/// A ratio as a table shows it: two decimals, so that a column's points are aligned, and three below 0.1.
pub(super) fn ratio(value: f64) -> String {
    match value {
        _ if extreme(value, 2e-3) => significant(value),
        ..0.0995 => format!("{value:.3}"),
        _ => format!("{value:.2}"),
    }
}

/// A loss in a figure: three decimals, four below 0.01, and in scientific notation below 0.001 and from 1,000.
pub(super) fn loss(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        ..1e-3 => format!("{value:.1e}"),
        ..0.01 => format!("{value:.4}"),
        ..1e3 => format!("{value:.3}"),
        _ => format!("{value:.1e}"),
    }
}

/// A loss of an epoch: four decimals, and in scientific notation below 0.001 and from 10,000.
pub(super) fn epoch_loss(value: f64) -> String {
    match value {
        0.0 => "0".into(),
        ..1e-3 | 1e4.. => format!("{value:.2e}"),
        _ => format!("{value:.4}"),
    }
}

/// Seconds without the unit: two decimals, one from 10.
pub fn seconds(value: f64) -> String {
    decimal(value, if value < 9.995 { 2 } else { 1 })
}

/// A rate by the second: whole from 100, else three digits.
pub(super) fn per_second(value: f64) -> String {
    if value < 99.95 { significant(value) } else { decimal(value, 0) }
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
    fn three_digits_are_significant() {
        let written = [0.05, 0.5, 2.0, 12.345, 9_999.0].map(significant);
        assert_eq!(written, ["0.0500", "0.500", "2.00", "12.3", "9999"]);
        assert_eq!([0.0, 5e-4, 12_345.0].map(significant), ["0", "5.00e-4", "1.23e4"]);
        assert_eq!(significant(-0.05), "-0.0500");
    }

    #[test]
    fn times_and_ratios_keep_the_digits_that_count() {
        let written = [0.0994, 0.0996, 9.994, 9.996, 99.94, 99.96, 12_345.0].map(rounded);
        assert_eq!(written, ["0.099", "0.10", "9.99", "10.0", "99.9", "100", "12345"]);
        assert_eq!([0.0994, 0.0996, 12.345].map(ratio), ["0.099", "0.10", "12.35"]);
        assert_eq!([99.94, 99.96, 12_345.6].map(microseconds), ["99.9", "100", "12,346"]);
    }

    #[test]
    fn small_losses_get_a_digit_more() {
        assert_eq!([0.00123, 0.0456, 2.3456, 1e6].map(loss), ["0.0012", "0.046", "2.346", "1.0e6"]);
        assert_eq!(loss(f64::NAN), "NaN");
    }

    #[test]
    fn no_number_is_only_zeros_or_only_digits() {
        assert_eq!([0.0, 2.3e-5, 9.9e-4, 1e-3].map(loss), ["0", "2.3e-5", "9.9e-4", "0.0010"]);
        let losses = [0.0, 2.3e-5, 9.9e-4, 1e-3, 0.25, 9_999.0, 327_702_524.891, 27_127_927_244_925_640.0];
        let written = ["0", "2.30e-5", "9.90e-4", "0.0010", "0.2500", "9999.0000", "3.28e8", "2.71e16"];
        assert_eq!(losses.map(epoch_loss), written);
        assert_eq!([f64::NAN, f64::INFINITY].map(epoch_loss), ["NaN", "inf"]);
        assert_eq!(
            [0.0, 0.002, 0.02, 9.99, 9.999, 5.3e9].map(seconds),
            ["0.00", "0.00200", "0.02", "9.99", "10.0", "5.30e9"]
        );
        assert_eq!([0.0, 0.031, 0.05, 1e10].map(microseconds), ["0.0", "0.0310", "0.1", "1.00e10"]);
        assert_eq!([0.0, 1e-5, 0.004, 1e12].map(ratio), ["0.000", "1.00e-5", "0.004", "1.00e12"]);
        assert_eq!([0.0, 1e-5, 1e12].map(rounded), ["0.000", "1.00e-5", "1.00e12"]);
        assert_eq!([0.0, 0.00004, 0.0006].map(|share| percent(share, 1)), ["0.0 %", "<0.1 %", "0.1 %"]);
        assert_eq!(percent(0.001, 0), "<1 %");
        assert_eq!([0.25, 12.34, 1234.5].map(per_second), ["0.250", "12.3", "1,234"]);
        assert_eq!(decimal(1.7e-5, 4), "1.70e-5");
    }

    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 2].map(|n| counted(n, "image")), ["0 images", "1 image", "2 images"]);
    }
}
