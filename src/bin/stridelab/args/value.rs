//! What an option's value may be, and what is said of one that it may not be.
//!
//! A message completes clap's `invalid value '…' for '--option': `.

use std::num::IntErrorKind;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// A stride: 1, 2, …
pub(super) fn stride(text: &str) -> Result<usize, String> {
    whole(text, 1..=usize::MAX, "1")
}

/// Epochs. The bound keeps every step's number within 32 bits.
pub(super) fn epochs(text: &str) -> Result<u32, String> {
    whole(text, 1..=10_000, "3")
}

/// A batch size.
pub(super) fn batch_size(text: &str) -> Result<usize, String> {
    whole(text, 1..=usize::MAX, "64")
}

/// A number of training samples.
pub(super) fn limit(text: &str) -> Result<usize, String> {
    whole(text, 1..=usize::MAX, "6000")
}

/// Any seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    whole(text, 0..=u64::MAX, "0")
}

/// Seeds, first to last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seeds {
    first: u64,
    last: u64,
}

impl From<Seeds> for Vec<u64> {
    fn from(seeds: Seeds) -> Self {
        (seeds.first..=seeds.last).collect()
    }
}

/// `10`: seeds 0 to 9. `5..9`: seeds 5 to 9.
pub(super) fn seeds(text: &str) -> Result<Seeds, String> {
    /// More do not fit a dispatch's third dimension on every adapter, or an evening.
    const MOST: u64 = 1000;
    let (first, last) = match text.split_once("..") {
        Some((first, last)) => (seed(first)?, seed(last)?),
        None => (0, whole(text, 1..=MOST, "10")? - 1),
    };
    match last.checked_sub(first) {
        Some(more) if more < MOST => Ok(Seeds { first, last }),
        Some(_) => Err(format!("must be at most {MOST} seeds")),
        None => Err("must begin with the smaller seed, such as 0..9".into()),
    }
}

/// A learning rate.
pub(super) fn learning_rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if rate.is_finite() && rate > 0.0 => Ok(rate),
        _ => Err("must be a positive number, such as 0.001".into()),
    }
}

/// `28x28`: height, then width.
pub(super) fn image_size(text: &str) -> Result<[usize; 2], String> {
    let sides = text.split_once('x').and_then(|(h, w)| Some([h.parse().ok()?, w.parse().ok()?]));
    let sides = sides.filter(|s| s.iter().all(|n| (1..=4096).contains(n)));
    sides.ok_or("must be HEIGHTxWIDTH with sides from 1 to 4096, such as 28x28".into())
}

fn whole<T>(text: &str, range: RangeInclusive<T>, example: &str) -> Result<T, String>
where
    T: FromStr<Err = std::num::ParseIntError> + PartialOrd + std::fmt::Display,
{
    let (least, most) = (range.start(), range.end());
    match text.trim().parse::<T>() {
        Ok(n) if range.contains(&n) => Ok(n),
        Ok(n) if n < *least => Err(format!("must be at least {least}")),
        Err(e) if *e.kind() == IntErrorKind::NegOverflow => Err(format!("must be at least {least}")),
        Ok(_) => Err(format!("must be at most {most}")),
        Err(e) if *e.kind() == IntErrorKind::PosOverflow => Err(format!("must be at most {most}")),
        // An unsigned type calls a sign no digit.
        Err(_) if text.trim().parse::<i128>().is_ok() => Err(format!("must be at least {least}")),
        Err(_) => Err(format!("must be a whole number, such as {example}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_say_which_bound_they_pass() {
        assert_eq!((seed("18446744073709551615"), stride("2"), epochs("10000")), (Ok(u64::MAX), Ok(2), Ok(10_000)));
        for (text, words) in [("0", "at least 1"), ("-7", "at least 1"), ("x", "such as"), ("", "such as")] {
            assert!(batch_size(text).unwrap_err().contains(words), "{text}");
        }
        assert!(epochs("10001").unwrap_err().contains("at most 10000"));
        assert!(seed("18446744073709551616").unwrap_err().contains("at most 18446744073709551615"));
        assert!(stride("1.5").unwrap_err().contains("whole number"));
    }

    #[test]
    fn seeds_are_counted_or_ranged() {
        let all = |text| seeds(text).map(Vec::from);
        assert_eq!(all("3"), Ok(vec![0, 1, 2]));
        assert_eq!(all("5..7"), Ok(vec![5, 6, 7]));
        assert_eq!(all("18446744073709551615..18446744073709551615"), Ok(vec![u64::MAX]));
        for text in ["0", "-1", "7..5", "..3", "1..", "1..2..3", "1001", "0..1000", "x", ""] {
            assert!(seeds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_learning_rate_is_positive_and_finite() {
        assert_eq!(learning_rate("1e-3"), Ok(0.001));
        for text in ["0", "-1", "nan", "inf", "1e-400", "fast", ""] {
            assert!(learning_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_image_has_two_sides() {
        assert_eq!(image_size("20x24"), Ok([20, 24]));
        for text in ["28", "0x28", "28x", "x", "28x28x1", "28x4097", "-1x28"] {
            assert!(image_size(text).is_err(), "{text}");
        }
    }
}
