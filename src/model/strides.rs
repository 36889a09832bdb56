//! Strides of the two convolutions, and their text form.
//!
//! `2` is a stride of 2 in both layers and both directions. `2:1` is a stride of 2 in the first layer and of 1 in the
//! second. `1x2` is a vertical stride of 1 and a horizontal stride of 2.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::{Error, one_line};

/// The strides of the two convolutions, each `[vertical, horizontal]` and at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Strides([[usize; 2]; 2]);

impl Strides {
    /// The same stride for both layers and both directions.
    ///
    /// # Panics
    /// Where `stride` is 0.
    pub const fn all(stride: usize) -> Self {
        assert!(stride > 0, "a stride is at least 1");
        Strides([[stride; 2]; 2])
    }

    /// The strides by layer, each `[vertical, horizontal]`.
    ///
    /// # Errors
    /// [`Error::Usage`] where a stride is 0.
    pub fn new(by_layer: [[usize; 2]; 2]) -> Result<Self, Error> {
        if by_layer.as_flattened().contains(&0) {
            return Err(Error::usage("a stride of 0 goes nowhere").advice("use strides from 1"));
        }
        Ok(Strides(by_layer))
    }

    /// The strides by layer, each `[vertical, horizontal]`.
    pub fn by_layer(self) -> [[usize; 2]; 2] {
        self.0
    }

    /// The stride, where it is the same for both layers and both directions.
    pub fn uniform(self) -> Option<usize> {
        let first = self.0[0][0];
        (self == Strides::all(first)).then_some(first)
    }
}

impl Display for Strides {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layer = |[down, across]: [usize; 2]| match down == across {
            true => down.to_string(),
            false => format!("{down}x{across}"),
        };
        let [first, second] = self.0;
        f.write_str(&layer(first))?;
        if first == second { Ok(()) } else { write!(f, ":{}", layer(second)) }
    }
}

impl FromStr for Strides {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let bad = || {
            let what = format!("{:?} is no stride", one_line(text));
            Error::usage(what).advice("write 2, or 2:1 for the strides of the two convolutions")
        };
        let number = |text: &str| text.trim().parse::<usize>().ok().filter(|stride| *stride > 0);
        let layer = |text: &str| match text.split_once('x') {
            Some((down, across)) => Some([number(down)?, number(across)?]),
            None => number(text).map(|stride| [stride; 2]),
        };
        let by_layer = match text.split_once(':') {
            Some((first, second)) => layer(first).zip(layer(second)),
            None => layer(text).map(|stride| (stride, stride)),
        };
        let (first, second) = by_layer.ok_or_else(bad)?;
        Ok(Strides([first, second]))
    }
}

/// A number where the stride is the same everywhere, else the text form.
impl Serialize for Strides {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.uniform() {
            Some(stride) => serializer.serialize_u64(stride as u64),
            None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Strides {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct StridesVisitor;
        impl de::Visitor<'_> for StridesVisitor {
            type Value = Strides;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a stride such as 2 or \"2:1\"")
            }

            fn visit_u64<E: de::Error>(self, stride: u64) -> Result<Strides, E> {
                let stride = usize::try_from(stride).ok().filter(|stride| *stride > 0);
                stride.map(Strides::all).ok_or_else(|| E::custom("a stride is a number from 1"))
            }

            fn visit_i64<E: de::Error>(self, stride: i64) -> Result<Strides, E> {
                self.visit_u64(u64::try_from(stride).unwrap_or_default())
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Strides, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(StridesVisitor)
    }
}
