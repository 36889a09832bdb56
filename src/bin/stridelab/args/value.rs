//! What an option's value may be, and what is said of one that it may not be.
//!
//! A message completes clap's `invalid value '…' for '--option': `.

use std::num::IntErrorKind;
use std::ops::RangeInclusive;
use std::str::FromStr;

use stridelab::error::one_line;
use stridelab::model::geometry::Padding;
use stridelab::model::network::MOST_CLASSES;
use stridelab::model::{Head, MOST_SIDE, Pooling, Strides};

/// Strides: 1, 2, `2:1`, `1x2`.
pub(super) fn strides(text: &str) -> Result<Strides, String> {
    let parts = || text.split([':', 'x']);
    if parts().count() > 1 && parts().all(|part| part.trim().parse::<i128>().is_ok()) {
        parts().try_for_each(|part| whole(part, 1..=usize::MAX, "1").map(drop))?;
    } else if parts().count() == 1 {
        return whole(text, 1..=usize::MAX, "1, or 2:1 for the two convolutions").map(Strides::all);
    }
    text.parse()
        .map_err(|_| "must be a stride such as 2, 2:1 for the two convolutions, or 1x2 for down and across".into())
}

/// A padding, in any case of letters.
pub(super) fn padding(text: &str) -> Result<Padding, String> {
    let known = text.trim().to_lowercase().parse();
    known.map_err(|_| "must be same, valid, symmetric, or rows and columns by side such as t1l0b1r0".into())
}

/// A side of a kernel.
pub(super) fn kernel(text: &str) -> Result<usize, String> {
    whole(text, 1..=usize::MAX, "3")
}

/// A pooling, in any case of letters.
pub(super) fn pool(text: &str) -> Result<Pooling, String> {
    text.trim().to_lowercase().parse().map_err(|_| "must be 2 or none".into())
}

/// A head, in any case of letters.
pub(super) fn head(text: &str) -> Result<Head, String> {
    text.trim().to_lowercase().parse().map_err(|_| "must be dense or gap".into())
}

/// A number of pixels.
pub(super) fn crop(text: &str) -> Result<usize, String> {
    whole(text, 0..=usize::MAX, "4")
}

/// Epochs; with 0 the initial weights are evaluated. The bound keeps every step's number within 32 bits.
pub(super) fn epochs(text: &str) -> Result<u32, String> {
    whole(text, 0..=10_000, "3")
}

/// Steps between two measurements of gradients; 0 where there are none.
pub(super) fn log_gradients(text: &str) -> Result<u32, String> {
    whole(text, 0..=u32::MAX, "50")
}

/// A batch size.
pub(super) fn batch_size(text: &str) -> Result<usize, String> {
    whole(text, 1..=usize::MAX, "64")
}

/// A number of training samples.
pub(super) fn limit(text: &str) -> Result<usize, String> {
    whole(text, 1..=usize::MAX, "6000")
}

/// A number of classes. Labels are bytes, and one class leaves nothing to learn.
pub(super) fn classes(text: &str) -> Result<usize, String> {
    whole(text, 2..=MOST_CLASSES, "26")
}

/// Any seed.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    whole(text, 0..=u64::MAX, "0")
}

/// A seed, where several can be asked for by another option.
pub(super) fn one_seed(text: &str) -> Result<u64, String> {
    match text.contains(',') || text.contains("..") {
        true => Err(format!("must be one seed; --seeds {} takes several", one_line(text))),
        false => seed(text),
    }
}

/// Different seeds, in the order of training.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Seeds(pub Vec<u64>);

/// `10`: seeds 0 to 9. `5..9` or `5..=9`: seeds 5 to 9. `1,5,7`: these three.
pub(super) fn seeds(text: &str) -> Result<Seeds, String> {
    /// More do not fit a dispatch's third dimension on every adapter, or an evening.
    const MOST: u64 = 1000;
    if text.contains(',') {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let mut seeds = parts.map(seed).collect::<Result<Vec<_>, _>>()?;
        let mut seen = std::collections::BTreeSet::new();
        seeds.retain(|seed| seen.insert(*seed));
        return match seeds.len() as u64 {
            0 => Err("must name seeds, such as 1,5,7".into()),
            1..=MOST => Ok(Seeds(seeds)),
            _ => Err(format!("must be at most {MOST} seeds")),
        };
    }
    let (first, last) = match text.split_once("..") {
        Some((first, last)) => (seed(first)?, seed(last.strip_prefix('=').unwrap_or(last))?),
        None => (0, whole(text, 1..=MOST, "10, a range such as 0..9, or a list such as 1,5,7")? - 1),
    };
    match last.checked_sub(first) {
        Some(more) if more < MOST => Ok(Seeds((first..=last).collect())),
        Some(_) => Err(format!("must be at most {MOST} seeds")),
        None => Err("must begin with the smaller seed, such as 0..9".into()),
    }
}

/// The number of an image, from 0.
pub(super) fn image(text: &str) -> Result<usize, String> {
    whole(text, 0..=usize::MAX, "7")
}

/// Positions of filters, from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Filters(pub Vec<usize>);

/// `6`: the first six filters. `1,5,9`: these three, counted from 1.
pub(super) fn filters(text: &str) -> Result<Filters, String> {
    /// Filters of the widest layer.
    const MOST: usize = 64;
    if text.contains(',') {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let numbers = parts.map(|part| whole(part, 1..=MOST, "1,5,9")).collect::<Result<Vec<_>, _>>()?;
        let mut seen = std::collections::BTreeSet::new();
        let positions = numbers.into_iter().filter(|number| seen.insert(*number)).map(|number| number - 1).collect();
        return match seen.is_empty() {
            true => Err("must name filters, such as 1,5,9".into()),
            false => Ok(Filters(positions)),
        };
    }
    Ok(Filters((0..whole(text, 1..=MOST, "6, or a list such as 1,5,9")?).collect()))
}

/// A learning rate; with 0 training changes nothing.
pub(super) fn learning_rate(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        // A sum with 0 makes 0 of −0.
        Ok(rate) if rate.is_finite() && rate >= 0.0 => Ok(rate + 0.0),
        Err(_) if text.contains(',') => Err("must be one number with a point, such as 0.001".into()),
        _ => Err("must be 0 or a positive number, such as 0.001".into()),
    }
}

/// A number of seconds.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    match text.trim().parse::<f64>() {
        Ok(seconds) if seconds.is_finite() && seconds > 0.0 => Ok(seconds),
        _ => Err("must be a positive number of seconds, such as 60".into()),
    }
}

/// `28x28`: height, then width. `28`: both.
pub(super) fn image_size(text: &str) -> Result<[usize; 2], String> {
    let (height, width) = text.split_once(['x', 'X', '×', ',']).unwrap_or((text, text));
    let side = |side: &str| side.trim().parse().ok();
    let sides = side(height).zip(side(width)).map(|(height, width)| [height, width]);
    let sides = sides.filter(|s| s.iter().all(|n| (1..=MOST_SIDE).contains(n)));
    sides.ok_or_else(|| format!("must be HEIGHTxWIDTH with sides from 1 to {MOST_SIDE}, such as 28x28"))
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
        assert_eq!((seed("18446744073709551615"), kernel("2"), epochs("10000")), (Ok(u64::MAX), Ok(2), Ok(10_000)));
        for (text, words) in [("0", "at least 1"), ("-7", "at least 1"), ("x", "such as"), ("", "such as")] {
            assert!(batch_size(text).unwrap_err().contains(words), "{text}");
        }
        assert!(epochs("10001").unwrap_err().contains("at most 10000"));
        assert!(seed("18446744073709551616").unwrap_err().contains("at most 18446744073709551615"));
        assert!(kernel("1.5").unwrap_err().contains("whole number"));
    }

    #[test]
    fn choices_are_read_in_any_case_and_bad_ones_say_what_is_good() {
        assert_eq!(strides("2"), Ok(Strides::all(2)));
        assert_eq!(strides(" 2:1x3 ").unwrap().by_layer(), [[2, 2], [1, 3]]);
        for (text, words) in [
            ("0", "at least 1"),
            ("-1", "at least 1"),
            ("2:0", "at least 1"),
            ("0x2", "at least 1"),
            ("two", "such as 1"),
            ("1:2:3", "2:1 for the two"),
            ("1:x", "2:1 for the two"),
        ] {
            assert!(strides(text).unwrap_err().contains(words), "{text}: {:?}", strides(text));
        }
        assert_eq!((padding("SAME"), padding(" Symmetric")), (Ok(Padding::Same), Ok(Padding::Symmetric)));
        assert_eq!(padding("T1L0B2R0").unwrap().to_string(), "t1l0b2r0");
        assert!(padding("some").unwrap_err().contains("same, valid, symmetric"));
        assert_eq!((pool("2"), pool("None")), (Ok(Pooling::Max), Ok(Pooling::None)));
        assert_eq!((head("GAP"), head("dense")), (Ok(Head::GlobalAverage), Ok(Head::Dense)));
        assert!(pool("3").is_err() && head("mean").is_err() && crop("-1").unwrap_err().contains("at least 0"));
    }

    #[test]
    fn seeds_are_counted_or_ranged() {
        let all = |text| seeds(text).map(|seeds| seeds.0);
        assert_eq!(all("3"), Ok(vec![0, 1, 2]));
        assert_eq!(all("5..7"), Ok(vec![5, 6, 7]));
        assert_eq!(all("5..=7"), Ok(vec![5, 6, 7]));
        for text in ["7,1,3", "7, 1, 3,", "7,1,3,7,1"] {
            assert_eq!(all(text), Ok(vec![7, 1, 3]), "{text}");
        }
        assert_eq!(all("4,"), Ok(vec![4]));
        assert!(
            one_seed("1,2").unwrap_err().contains("--seeds 1,2") && one_seed("0..9").unwrap_err().contains("--seeds")
        );
        assert_eq!(all("18446744073709551615..18446744073709551615"), Ok(vec![u64::MAX]));
        for text in ["0", "-1", "7..5", "..3", "1..", "1..2..3", "1001", "0..1000", "x", "", ",", "1,x", "1,-1"] {
            assert!(seeds(text).is_err(), "{text}");
        }
    }

    #[test]
    fn filters_are_counted_or_listed() {
        let all = |text| filters(text).map(|filters| filters.0);
        assert_eq!(all("3"), Ok(vec![0, 1, 2]));
        assert_eq!(all("9, 1,9"), Ok(vec![8, 0]));
        assert_eq!(all("4,"), Ok(vec![3]));
        for text in ["0", "65", "x", "", ",", "0,1", "1,65", "-1", "1..3"] {
            assert!(filters(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_learning_rate_is_finite_and_not_negative() {
        assert_eq!(learning_rate("1e-3"), Ok(0.001));
        for text in ["0", "0.0", "-0", "1e-400"] {
            assert_eq!(learning_rate(text).map(f64::to_bits), Ok(0), "{text}");
        }
        for text in ["-1", "nan", "inf", "fast", "", "0,001"] {
            assert!(learning_rate(text).is_err(), "{text}");
        }
    }

    #[test]
    fn an_image_has_two_sides() {
        for text in ["20x24", "20X24", "20×24", "20, 24"] {
            assert_eq!(image_size(text), Ok([20, 24]), "{text}");
        }
        assert_eq!(image_size("28"), Ok([28, 28]));
        for text in ["", "0", "0x28", "28x", "x", "28x28x1", "28x4097", "-1x28"] {
            assert!(image_size(text).is_err(), "{text}");
        }
    }
}
