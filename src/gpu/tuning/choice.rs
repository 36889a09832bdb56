//! A choice of the tuning by its name, and the values that it may take.

use std::fmt::{self, Display};
use std::ops::RangeInclusive;

use crate::error::{Error, Result};

/// A choice and the values that it may take.
pub(super) enum Choice<'a> {
    /// 0 or 1.
    Switch(&'a mut bool),
    /// At least 1.
    Count(&'a mut usize),
    /// Within this range.
    Within(&'a mut usize, RangeInclusive<usize>),
    /// One of these.
    OneOf(&'a mut usize, Vec<usize>),
}

impl Choice<'_> {
    /// The value now, a switch as 0 or 1.
    pub(super) fn value(&self) -> usize {
        match self {
            Choice::Switch(switch) => usize::from(**switch),
            Choice::Count(value) | Choice::Within(value, _) | Choice::OneOf(value, _) => **value,
        }
    }

    /// Replaces the value by what `text` says; `name` is for the error.
    ///
    /// # Errors
    /// [`Error::Usage`] with what it can be.
    pub(super) fn set(&mut self, name: &str, text: &str) -> Result<()> {
        let value = text.parse::<usize>().ok();
        let allowed = match self {
            Choice::Switch(switch) => match value {
                Some(value @ (0 | 1)) => {
                    **switch = value == 1;
                    return Ok(());
                }
                _ => "0 or 1".to_string(),
            },
            Choice::Count(count) => match value {
                Some(value @ 1..) => {
                    **count = value;
                    return Ok(());
                }
                _ => "a whole number of at least 1".to_string(),
            },
            Choice::Within(count, range) => match value {
                Some(value) if range.contains(&value) => {
                    **count = value;
                    return Ok(());
                }
                _ => format!("{} to {}", range.start(), range.end()),
            },
            Choice::OneOf(choice, values) => match value {
                Some(value) if values.contains(&value) => {
                    **choice = value;
                    return Ok(());
                }
                _ => {
                    let values: Vec<_> = values.iter().map(usize::to_string).collect();
                    format!("{} on this adapter", values.join(" or "))
                }
            },
        };
        Err(Error::usage(format!("tuning {name}={text}: {name} can be {allowed}")))
    }
}

impl Display for Choice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.value().fmt(f)
    }
}
