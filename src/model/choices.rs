//! Choices of a configuration that have few values: what follows a convolution, and what feeds the first dense layer.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::error::{Error, one_line};

/// What follows each convolution's ReLU.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pooling {
    /// Max pooling of 2×2 with stride 2, as in the tutorial. Its text form is `2`.
    #[default]
    Max,
    /// Nothing: only strides make the maps smaller. Its text form is `none`.
    None,
}

/// How the last map becomes the input of the first dense layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Head {
    /// Every feature of every position, flattened to `[H·W·C]`, as in the tutorial. Its text form is `dense`.
    #[default]
    Dense,
    /// The mean of each channel over all positions, `[C]`. The layers behind it have the same number of
    /// parameters in every configuration. Its text form is `gap`, for global average pooling.
    GlobalAverage,
}

impl Pooling {
    /// Whether this is the pooling of the tutorial.
    pub(crate) fn is_tutorial(&self) -> bool {
        *self == Pooling::Max
    }
}

impl Head {
    /// Whether this is the head of the tutorial.
    pub(crate) fn is_tutorial(&self) -> bool {
        *self == Head::Dense
    }
}

impl Display for Pooling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Pooling::Max => "2",
            Pooling::None => "none",
        })
    }
}

impl FromStr for Pooling {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "2" => Ok(Pooling::Max),
            "none" => Ok(Pooling::None),
            _ => Err(Error::usage(format!("{:?} is no pooling", one_line(text)))
                .advice("write 2 for windows of 2×2, or none")),
        }
    }
}

impl Display for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Head::Dense => "dense",
            Head::GlobalAverage => "gap",
        })
    }
}

impl FromStr for Head {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text {
            "dense" => Ok(Head::Dense),
            "gap" => Ok(Head::GlobalAverage),
            _ => Err(Error::usage(format!("{:?} is no head", one_line(text)))
                .advice("write dense, or gap for global average pooling")),
        }
    }
}

/// The number 2, or the text `none`.
impl Serialize for Pooling {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Pooling::Max => serializer.serialize_u64(2),
            Pooling::None => serializer.collect_str(self),
        }
    }
}

impl<'de> Deserialize<'de> for Pooling {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PoolingVisitor;
        impl de::Visitor<'_> for PoolingVisitor {
            type Value = Pooling;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("2 or \"none\"")
            }

            fn visit_u64<E: de::Error>(self, side: u64) -> Result<Pooling, E> {
                side.to_string().parse().map_err(E::custom)
            }

            fn visit_i64<E: de::Error>(self, side: i64) -> Result<Pooling, E> {
                side.to_string().parse().map_err(E::custom)
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Pooling, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(PoolingVisitor)
    }
}

impl Serialize for Head {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Head {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
