//! The four networks of the tutorial, as they are and with something else changed.

use std::collections::BTreeMap;
use std::fmt;

use crate::model::geometry::Padding;
use crate::model::{Configuration, Head, Network, Pooling, Strides};
use crate::record::{ModelRow, StudyRecords};

/// What is the same in four networks that differ in stride and padding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// The network of stride 1 and same padding.
    base: Configuration,
}

/// The four networks of a condition, in the tutorial's order.
#[derive(Debug, Clone, Copy)]
pub(super) struct Four {
    pub same1: Configuration,
    pub same2: Configuration,
    pub valid1: Configuration,
    pub valid2: Configuration,
}

impl Four {
    pub(super) fn all(&self) -> [Configuration; 4] {
        [self.same1, self.same2, self.valid1, self.valid2]
    }
}

impl Condition {
    /// The tutorial's networks.
    pub const TUTORIAL: Condition = Condition { base: Configuration::TUTORIAL[0] };

    /// The conditions under which the run has finished models, in the order of training.
    pub fn of(records: &StudyRecords) -> Vec<Condition> {
        let mut all: Vec<Condition> = Vec::new();
        for configuration in records.configurations() {
            let base = Configuration { strides: Strides::all(1), padding: Padding::Same, ..configuration };
            if !all.contains(&Condition { base }) {
                all.push(Condition { base });
            }
        }
        all
    }

    /// Whether these are the tutorial's networks.
    pub fn is_tutorial(&self) -> bool {
        *self == Condition::TUTORIAL
    }

    pub(super) fn four(&self) -> Four {
        let with = |stride, padding| Configuration { strides: Strides::all(stride), padding, ..self.base };
        Four {
            same1: with(1, Padding::Same),
            same2: with(2, Padding::Same),
            valid1: with(1, Padding::Valid),
            valid2: with(2, Padding::Valid),
        }
    }

    /// Pixels that are cut from each side of the images.
    pub(super) fn crop(&self) -> usize {
        self.base.crop
    }

    /// The options that ask for these networks.
    pub(super) fn options(&self) -> String {
        let mut text = String::new();
        if self.base.pool != Pooling::Max {
            text += " --pool none";
        }
        if self.base.head != Head::Dense {
            text += " --head gap";
        }
        if self.base.kernel != Configuration::TUTORIAL[0].kernel {
            text += &format!(" --kernel {}", self.base.kernel);
        }
        if self.base.crop > 0 {
            text += &format!(" --crop {}", self.base.crop);
        }
        text
    }

    /// The command that trains these networks, with what a claim needs.
    pub(super) fn study(&self, options: &str) -> String {
        let options = if options.is_empty() { String::new() } else { format!(" {options}") };
        format!("stridelab study{}{options}", self.options())
    }

    /// The network of a configuration; `None` where it makes none of the run's images.
    pub(super) fn network(records: &StudyRecords, configuration: Configuration) -> Option<Network> {
        let network = Network::new(records.run.data.image, configuration).ok()?;
        network.with_classes(records.run.data.classes.max(1)).ok()
    }

    /// A number of each finished model of a configuration, by seed.
    pub(super) fn sample(
        records: &StudyRecords,
        configuration: Configuration,
        value: impl Fn(&ModelRow) -> f64,
    ) -> BTreeMap<u64, f64> {
        records.of(configuration).into_iter().map(|row| (row.model.seed, value(row))).collect()
    }
}

/// What differs from the tutorial, such as `gap head, images cropped by 4`; empty where nothing does.
impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tutorial = Configuration::TUTORIAL[0];
        let mut parts = Vec::new();
        if self.base.kernel != tutorial.kernel {
            parts.push(format!("kernels of {0}×{0}", self.base.kernel));
        }
        if self.base.pool != tutorial.pool {
            parts.push("no pooling".to_string());
        }
        if self.base.head != tutorial.head {
            parts.push("global average pooling".to_string());
        }
        if self.base.crop > 0 {
            parts.push(format!("images cropped by {}", self.base.crop));
        }
        f.write_str(&parts.join(", "))
    }
}

/// The name of a network inside its condition, such as `stride 2, valid`.
pub(super) fn short(configuration: Configuration) -> String {
    format!("stride {}, {}", configuration.strides, configuration.padding)
}
