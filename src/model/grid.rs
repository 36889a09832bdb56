//! A grid of configurations: the product of lists of choices, and single ones beside it.

use serde::{Deserialize, Serialize};

use super::choices::{Head, Pooling};
use super::configuration::{Configuration, TUTORIAL_KERNEL};
use super::geometry::Padding;
use super::strides::Strides;
use crate::error::{Error, Result};

/// The most configurations of a grid: a product of lists grows fast.
pub const MOST_CONFIGURATIONS: usize = 1000;

/// Values of each choice, all of which are combined, and single configurations beside them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConfigurationGrid {
    /// Strides of the convolutions.
    pub stride: Vec<Strides>,
    /// Paddings of the convolutions.
    pub padding: Vec<Padding>,
    /// Rows and columns of the kernels.
    pub kernel: Vec<usize>,
    /// What follows each convolution.
    pub pool: Vec<Pooling>,
    /// What feeds the first dense layer.
    pub head: Vec<Head>,
    /// Pixels cut from each side of the images.
    pub crop: Vec<usize>,
    /// Configurations that are no part of the product, behind it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub configuration: Vec<Configuration>,
}

/// The tutorial's four.
impl Default for ConfigurationGrid {
    fn default() -> Self {
        ConfigurationGrid {
            stride: vec![Strides::all(1), Strides::all(2)],
            padding: vec![Padding::Same, Padding::Valid],
            kernel: vec![TUTORIAL_KERNEL],
            pool: vec![Pooling::Max],
            head: vec![Head::Dense],
            crop: vec![0],
            configuration: Vec::new(),
        }
    }
}

impl ConfigurationGrid {
    /// All configurations, each once. Of the product, the stride changes fastest, then the padding, as in the
    /// tutorial's order; then the kernel, the pooling, the head and the crop. The single ones follow it.
    ///
    /// # Errors
    /// [`Error::Usage`] for none, for a kernel of 0, and for more than [`MOST_CONFIGURATIONS`].
    pub fn configurations(&self) -> Result<Vec<Configuration>> {
        let ConfigurationGrid { stride, padding, kernel, pool, head, crop, configuration } = self;
        let lengths = [stride.len(), padding.len(), kernel.len(), pool.len(), head.len(), crop.len()];
        let product = lengths.into_iter().fold(1, usize::saturating_mul);
        let count = product.saturating_add(configuration.len());
        if count > MOST_CONFIGURATIONS {
            let what = format!("the grid has {count} networks, at most {MOST_CONFIGURATIONS} can be run together");
            return Err(Error::usage(what).advice("shorten its lists, or split it"));
        }
        let mut all = Vec::new();
        for i in 0..product {
            // The digits of a number whose places count as many values as the lists have.
            let mut rest = i;
            let [stride_at, padding_at, kernel_at, pool_at, head_at, crop_at] = lengths.map(|len| {
                let digit = rest % len;
                rest /= len;
                digit
            });
            all.push(Configuration {
                strides: stride[stride_at],
                padding: padding[padding_at],
                kernel: kernel[kernel_at],
                pool: pool[pool_at],
                head: head[head_at],
                crop: crop[crop_at],
            });
        }
        all.extend(configuration);
        if all.is_empty() {
            return Err(Error::usage("there are no networks in the grid").advice("give it at least one"));
        }
        if let Some(none) = all.iter().find(|configuration| configuration.kernel == 0) {
            return Err(Error::usage(format!("{none}: a kernel of 0 sees nothing")).advice("use kernels from 1"));
        }
        let mut seen = std::collections::HashSet::new();
        all.retain(|configuration| seen.insert(*configuration));
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tutorials_order_stays_and_repeats_are_dropped() {
        assert_eq!(ConfigurationGrid::default().configurations().unwrap(), Configuration::TUTORIAL);
        let usual = Configuration::TUTORIAL[1];
        let gap = Configuration { head: Head::GlobalAverage, ..usual };
        let grid = ConfigurationGrid {
            stride: vec![Strides::all(2); 2],
            padding: vec![Padding::Same],
            head: vec![Head::Dense, Head::GlobalAverage],
            configuration: vec![gap, Configuration { crop: 4, ..usual }],
            ..ConfigurationGrid::default()
        };
        assert_eq!(grid.configurations().unwrap(), [usual, gap, Configuration { crop: 4, ..usual }]);
    }

    #[test]
    fn every_combination_is_there_with_the_stride_fastest() {
        let grid = ConfigurationGrid {
            kernel: vec![3, 5],
            pool: vec![Pooling::Max, Pooling::None],
            head: vec![Head::Dense, Head::GlobalAverage],
            crop: vec![0, 4],
            ..ConfigurationGrid::default()
        };
        let all = grid.configurations().unwrap();
        assert_eq!(all.len(), 64);
        assert_eq!(all[..4], Configuration::TUTORIAL);
        let names = [4, 8, 16, 32].map(|i| all[i].to_string());
        let ends = ["kernel 5", "pool none", "head gap", "crop 4"];
        assert_eq!(names, ends.map(|end| format!("stride 1, same, {end}")));
    }

    #[test]
    fn too_much_and_nothing_are_refused() {
        let long = ConfigurationGrid { kernel: (1..=300).collect(), ..ConfigurationGrid::default() };
        let text = long.configurations().unwrap_err().to_string();
        assert_eq!(
            text,
            "the grid has 1200 networks, at most 1000 can be run together; shorten its lists, or split it"
        );
        assert!(ConfigurationGrid { crop: Vec::new(), ..ConfigurationGrid::default() }.configurations().is_err());
        assert!(ConfigurationGrid { kernel: vec![0], ..ConfigurationGrid::default() }.configurations().is_err());
    }
}
