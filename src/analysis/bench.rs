//! Two benchmarks side by side.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::Configuration;
use crate::record::{Cost, Measurement, NetworkCost, Pass};

/// One pass of a layer, or one whole step, that both benchmarks measured.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostRatio {
    /// Samples a step.
    pub batch_size: usize,
    /// The network.
    #[serde(flatten)]
    pub configuration: Configuration,
    /// The layer, as in [`crate::record::Cost`].
    pub layer: String,
    /// The pass, as in [`crate::record::Cost`].
    pub pass: Pass,
    /// Microseconds of a step in this benchmark: the median.
    pub median_us: f64,
    /// Microseconds of a step in the other benchmark: the median.
    pub other_us: f64,
    /// Time in this benchmark over time in the other one. Below 1, this one is faster.
    pub ratio: f64,
}

/// Checks that a benchmark of these configurations and batch sizes will measure a network that `other` has measured.
///
/// # Errors
/// [`Error::Usage`] where it will not.
pub fn comparable(configurations: &[Configuration], batch_sizes: &[usize], other: &Measurement) -> Result<()> {
    let wanted = |network: &NetworkCost| {
        batch_sizes.contains(&network.batch_size) && configurations.contains(&network.configuration)
    };
    if other.networks.iter().any(wanted) {
        return Ok(());
    }
    let name = |network: &NetworkCost| format!("{} at batch {}", network.configuration, network.batch_size);
    let names: Vec<String> = other.networks.iter().map(name).collect();
    let measured = if names.is_empty() { "none at all".into() } else { names.join("; ") };
    let what = format!("the run to compare with has none of the networks to be measured: it has {measured}");
    Err(Error::usage(what).advice("choose from them"))
}

/// Everything that both benchmarks measured, in the order of this one.
pub fn compare(this: &Measurement, other: &Measurement) -> Vec<CostRatio> {
    let mut rows = Vec::new();
    for network in &this.networks {
        let same_network =
            |n: &&NetworkCost| n.batch_size == network.batch_size && n.configuration == network.configuration;
        let Some(twin) = other.networks.iter().find(same_network) else { continue };
        for cost in network.costs() {
            let same_pass = |c: &&Cost| c.layer == cost.layer && c.pass == cost.pass;
            rows.extend(twin.costs().find(same_pass).map(|other| CostRatio {
                batch_size: network.batch_size,
                configuration: network.configuration,
                layer: cost.layer.clone(),
                pass: cost.pass,
                median_us: cost.median_us,
                other_us: other.median_us,
                ratio: cost.median_us / other.median_us,
            }));
        }
    }
    rows
}
