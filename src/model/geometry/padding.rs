//! How an image is padded, and the text form of it.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::error::{Error, Result, one_line};

/// Zero padding of an image: the number of rows or columns on each side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Pads {
    /// Rows above the image.
    pub top: usize,
    /// Columns left of the image.
    pub left: usize,
    /// Rows below the image.
    pub bottom: usize,
    /// Columns right of the image.
    pub right: usize,
}

impl Pads {
    /// The same number of rows and columns on every side.
    pub const fn all(side: usize) -> Self {
        Pads { top: side, left: side, bottom: side, right: side }
    }

    /// The sizes of an image of `[height, width]` with its padding.
    pub(super) fn around(&self, [height, width]: [usize; 2], channels: usize) -> [usize; 3] {
        [self.top + height + self.bottom, self.left + width + self.right, channels]
    }

    pub(super) fn before(&self) -> [usize; 2] {
        [self.top, self.left]
    }

    pub(super) fn after(&self) -> [usize; 2] {
        [self.bottom, self.right]
    }
}

/// How a layer pads its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Padding {
    /// TensorFlow's `same`: `⌈n/s⌉` outputs. Where the total padding is odd, the extra row or column comes
    /// after the image.
    Same,
    /// No padding.
    Valid,
    /// `⌊(k − 1)/2⌋` rows and columns on every side, whatever the stride: PyTorch's `padding=1` of a 3×3 kernel. With an
    /// odd kernel it has as many outputs as [`Padding::Same`], but where that pads after the image alone, other values. An
    /// even kernel has one row and column less at stride 1 than the image, because equal pads cannot make up for an
    /// odd number.
    Symmetric,
    /// The given numbers of rows and columns.
    Explicit(Pads),
}

/// `same`, `valid`, `symmetric`, or the pads by side as `t1l0b1r0`.
impl Display for Padding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Padding::Same => f.write_str("same"),
            Padding::Valid => f.write_str("valid"),
            Padding::Symmetric => f.write_str("symmetric"),
            Padding::Explicit(Pads { top, left, bottom, right }) => write!(f, "t{top}l{left}b{bottom}r{right}"),
        }
    }
}

impl FromStr for Padding {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let explicit = || {
            let (top, rest) = text.strip_prefix('t')?.split_once('l')?;
            let (left, rest) = rest.split_once('b')?;
            let (bottom, right) = rest.split_once('r')?;
            let side = |text: &str| text.parse::<usize>().ok();
            Some(Pads { top: side(top)?, left: side(left)?, bottom: side(bottom)?, right: side(right)? })
        };
        match text {
            "same" => Ok(Padding::Same),
            "valid" => Ok(Padding::Valid),
            "symmetric" => Ok(Padding::Symmetric),
            _ => explicit().map(Padding::Explicit).ok_or_else(|| {
                let what = format!("{:?} is no padding", one_line(text));
                Error::usage(what).advice("write same, valid, symmetric, or the pads by side as t1l0b1r0")
            }),
        }
    }
}

impl Serialize for Padding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Padding {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl Padding {
    /// The pads by side for an input of `[height, width]`. Every size is from 1 to 2³¹ − 1.
    pub(super) fn pads(self, input: [usize; 2], kernel: [usize; 2], stride: [usize; 2]) -> Pads {
        match self {
            Padding::Valid => Pads::default(),
            Padding::Explicit(pads) => pads,
            Padding::Symmetric => {
                let [rows, columns] = kernel.map(|k| (k - 1) / 2);
                Pads { top: rows, left: columns, bottom: rows, right: columns }
            }
            Padding::Same => {
                let axis = |a: usize| {
                    let out = input[a].div_ceil(stride[a]);
                    let total = (out.saturating_sub(1) * stride[a] + kernel[a]).saturating_sub(input[a]);
                    (total / 2, total - total / 2)
                };
                let (top, bottom) = axis(0);
                let (left, right) = axis(1);
                Pads { top, left, bottom, right }
            }
        }
    }
}
