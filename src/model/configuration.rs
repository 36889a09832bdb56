//! What an experiment varies. Rows, file names and messages all use these text forms and those of
//! [`ModelId`](super::ModelId), the name of a trained model.
//!
//! | | for people (`Display`) | in file names (`slug`) |
//! |---|---|---|
//! | a configuration | `stride 1, same` | `stride1-same` |
//! | strides by layer, a kernel of 5×5, explicit pads | `stride 2:1, t1l0b1r0, kernel 5` | `stride2+1-t1l0b1r0-kernel5` |
//! | no pooling, global average pooling, cropped images | `stride 2, same, pool none, head gap, crop 4` | `stride2-same-poolnone-headgap-crop4` |
//! | a model | `stride 1, same, seed 0` | `stride1-same-seed0` |
//!
//! `FromStr` reads either form. The text forms and JSON leave out what is as in the tutorial: a kernel of 3×3, pooling of
//! 2×2, a dense head, whole images. CSV files have a column for each part.

use std::fmt::{self, Display};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::choices::{Head, Pooling};
use super::geometry::{Padding, cropped};
use super::strides::Strides;
use crate::error::{Error, one_line};

/// Rows and columns of the kernels in the tutorial.
pub(super) const TUTORIAL_KERNEL: usize = 3;

/// The choices that an experiment varies. They apply to images of every size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Configuration {
    /// Strides of the convolutions, by layer.
    #[serde(rename = "stride")]
    pub strides: Strides,
    /// Padding of every convolution.
    pub padding: Padding,
    /// Rows and columns of every convolution's kernel.
    #[serde(default = "tutorial_kernel", skip_serializing_if = "is_tutorial_kernel")]
    pub kernel: usize,
    /// What follows each convolution.
    #[serde(default, skip_serializing_if = "Pooling::is_tutorial")]
    pub pool: Pooling,
    /// What feeds the first dense layer.
    #[serde(default, skip_serializing_if = "Head::is_tutorial")]
    pub head: Head,
    /// Pixels cut from each of the four sides of every image.
    #[serde(default, skip_serializing_if = "is_whole")]
    pub crop: usize,
}

pub(crate) fn tutorial_kernel() -> usize {
    TUTORIAL_KERNEL
}

pub(crate) fn is_tutorial_kernel(kernel: &usize) -> bool {
    *kernel == TUTORIAL_KERNEL
}

pub(crate) fn is_whole(crop: &usize) -> bool {
    *crop == 0
}

impl Configuration {
    /// The four configurations of the tutorial, in its order.
    pub const TUTORIAL: [Configuration; 4] = [
        Configuration::new(1, Padding::Same),
        Configuration::new(2, Padding::Same),
        Configuration::new(1, Padding::Valid),
        Configuration::new(2, Padding::Valid),
    ];

    /// The same stride and padding for both convolutions, and everything else as in the tutorial.
    ///
    /// # Panics
    /// Where `stride` is 0.
    pub const fn new(stride: usize, padding: Padding) -> Self {
        let strides = Strides::all(stride);
        Configuration { strides, padding, kernel: TUTORIAL_KERNEL, pool: Pooling::Max, head: Head::Dense, crop: 0 }
    }

    /// The size `[height, width]` of what the network sees of images of size `image`.
    ///
    /// # Errors
    /// [`Error::Usage`] where nothing is left of them; see [`cropped`].
    pub fn image(&self, image: [usize; 2]) -> Result<[usize; 2], Error> {
        cropped(image, self.crop)
    }

    /// The choices for each convolution layer, the first layer first.
    pub fn convolutions(&self) -> [Convolution; 2] {
        let Configuration { strides, padding, kernel, .. } = *self;
        strides.by_layer().map(|stride| Convolution { kernel: [kernel; 2], stride, padding })
    }

    /// The text form for file names, such as `stride1-same`.
    pub fn slug(&self) -> String {
        slug(self)
    }

    /// The same configuration with stride 1 in every layer. Benchmarks report a cost as its ratio to the cost of
    /// this one.
    pub fn at_stride_1(&self) -> Self {
        Configuration { strides: Strides::all(1), ..*self }
    }
}

/// The text form for people, such as `stride 1, same`; see the [module](self).
impl Display for Configuration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stride {}, {}", self.strides, self.padding)?;
        if self.kernel != TUTORIAL_KERNEL {
            write!(f, ", kernel {}", self.kernel)?;
        }
        if !self.pool.is_tutorial() {
            write!(f, ", pool {}", self.pool)?;
        }
        if !self.head.is_tutorial() {
            write!(f, ", head {}", self.head)?;
        }
        if self.crop > 0 {
            write!(f, ", crop {}", self.crop)?;
        }
        Ok(())
    }
}

impl FromStr for Configuration {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let Parts { configuration, seed } = Parts::read(text)?;
        if seed.is_some() { Err(bad(text, "a configuration has no seed")) } else { Ok(configuration) }
    }
}

/// The choices for one convolution layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convolution {
    /// Kernel height and width.
    pub kernel: [usize; 2],
    /// Vertical and horizontal stride.
    pub stride: [usize; 2],
    /// Padding of the layer's input.
    pub padding: Padding,
}

/// The text form without spaces, and without the colon, which some file systems refuse.
pub(super) fn slug(id: &impl Display) -> String {
    id.to_string().replace(", ", "-").replace(' ', "").replace(':', "+")
}

/// The contents of a text form.
pub(super) struct Parts {
    pub configuration: Configuration,
    pub seed: Option<u64>,
}

impl Parts {
    /// Reads either text form.
    pub(super) fn read(text: &str) -> Result<Self, Error> {
        let mut strides: Option<Strides> = None;
        let mut padding: Option<Padding> = None;
        let mut kernel: Option<usize> = None;
        let mut pool: Option<Pooling> = None;
        let mut head: Option<Head> = None;
        let mut crop: Option<usize> = None;
        let mut seed: Option<u64> = None;
        for part in text.split([',', '-']).map(str::trim) {
            let repeated = if let Some(rest) = part.strip_prefix("stride") {
                strides.replace(rest.trim().replace('+', ":").parse()?).is_some()
            } else if let Some(rest) = part.strip_prefix("kernel") {
                let side = rest.trim().parse().ok().filter(|side| *side > 0);
                kernel.replace(side.ok_or_else(|| bad(text, "a kernel is a number from 1"))?).is_some()
            } else if let Some(rest) = part.strip_prefix("pool") {
                pool.replace(rest.trim().parse()?).is_some()
            } else if let Some(rest) = part.strip_prefix("head") {
                head.replace(rest.trim().parse()?).is_some()
            } else if let Some(rest) = part.strip_prefix("crop") {
                let pixels = rest.trim().parse().map_err(|_| bad(text, "a crop is a number of pixels"))?;
                crop.replace(pixels).is_some()
            } else if let Some(rest) = part.strip_prefix("seed") {
                let number = rest.trim().parse().map_err(|_| bad(text, "a seed is a whole number"))?;
                seed.replace(number).is_some()
            } else {
                padding.replace(part.parse()?).is_some()
            };
            if repeated {
                return Err(bad(text, "a part is there twice"));
            }
        }
        let strides = strides.ok_or_else(|| bad(text, "the stride is missing"))?;
        let padding = padding.ok_or_else(|| bad(text, "the padding is missing"))?;
        let configuration = Configuration {
            strides,
            padding,
            kernel: kernel.unwrap_or(TUTORIAL_KERNEL),
            pool: pool.unwrap_or_default(),
            head: head.unwrap_or_default(),
            crop: crop.unwrap_or_default(),
        };
        Ok(Parts { configuration, seed })
    }
}

pub(super) fn bad(text: &str, what: &str) -> Error {
    Error::usage(format!("{:?} names no network: {what}", one_line(text))).advice("write it as stride1-same-seed0")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelId;
    use crate::model::geometry::Pads;

    #[test]
    fn every_form_is_read_back() {
        let mut all = Configuration::TUTORIAL.to_vec();
        let pads = Pads { top: 1, left: 0, bottom: 12, right: 3 };
        all.push(Configuration { kernel: 5, ..Configuration::new(3, Padding::Explicit(pads)) });
        all.push(Configuration { strides: "2:1".parse().unwrap(), ..all[0] });
        all.push(Configuration { strides: "1x2:3".parse().unwrap(), ..all[2] });
        all.push(Configuration { pool: Pooling::None, padding: Padding::Symmetric, ..all[1] });
        all.push(Configuration { head: Head::GlobalAverage, crop: 4, ..all[0] });
        all.push(Configuration {
            kernel: 4,
            pool: Pooling::None,
            head: Head::GlobalAverage,
            crop: usize::MAX,
            ..all[5]
        });
        for configuration in all {
            for text in [configuration.to_string(), configuration.slug()] {
                assert_eq!(text.parse(), Ok(configuration), "{text}");
            }
            assert!(!configuration.slug().contains([' ', ':', ',', '/']), "{}", configuration.slug());
            let model = ModelId { configuration, seed: u64::MAX };
            for text in [model.to_string(), model.slug()] {
                assert_eq!(text.parse(), Ok(model), "{text}");
            }
            let json = serde_json::to_string(&configuration).unwrap();
            assert_eq!(serde_json::from_str::<Configuration>(&json).unwrap(), configuration, "{json}");
        }
    }

    #[test]
    fn the_tutorials_names_are_short() {
        let model = ModelId { configuration: Configuration::TUTORIAL[3], seed: 7 };
        assert_eq!((model.to_string(), model.slug()), ("stride 2, valid, seed 7".into(), "stride2-valid-seed7".into()));
        let json = serde_json::to_string(&model.configuration).unwrap();
        assert_eq!(json, r#"{"stride":2,"padding":"valid"}"#);
        let control = Configuration { pool: Pooling::None, head: Head::GlobalAverage, crop: 4, ..model.configuration };
        assert_eq!(control.to_string(), "stride 2, valid, pool none, head gap, crop 4");
        assert_eq!(control.slug(), "stride2-valid-poolnone-headgap-crop4");
        let json = serde_json::to_string(&control).unwrap();
        assert_eq!(json, r#"{"stride":2,"padding":"valid","pool":"none","head":"gap","crop":4}"#);
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "stride1",
            "same",
            "stride1-same-same",
            "stride0-same",
            "stridex-same",
            "stride1-some",
            "stride1-same-",
            "stride1-same-kernel0",
            "stride1-same-seed-1",
            "stride1-same-seed1",
            "stride1-same-stride1",
            "stride1-t1l0b1",
            "stride1-same-pool",
            "stride1-same-pool3",
            "stride1-same-poolnone-pool2",
            "stride1-same-headmean",
            "stride1-same-headgap-headgap",
            "stride1-same-crop-1",
            "stride1-same-crop1.5",
        ] {
            assert!(text.parse::<Configuration>().is_err(), "{text}");
        }
        assert!("stride1-same".parse::<ModelId>().is_err());
    }
}
