//! Two runs side by side.

use serde::Serialize;

use crate::error::{Error, Result};
use crate::model::Configuration;
use crate::record::{Measurement, NetworkCost, Pass};

/// What both runs measured, once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CostRatio {
    /// Samples a step.
    pub batch_size: usize,
    /// The network.
    #[serde(flatten)]
    pub configuration: Configuration,
    /// As in [`crate::record::Cost`].
    pub layer: String,
    /// As in [`crate::record::Cost`].
    pub pass: Pass,
    /// Microseconds of a step in this run.
    pub median_us: f64,
    /// Microseconds of a step in the other run.
    pub other_us: f64,
    /// Time of this run over the other's: below 1, this one is faster.
    pub ratio: f64,
}

/// Whether a benchmark of these configurations and batch sizes will have anything in common with `other`.
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
    let has = |n: &NetworkCost| format!("{} at batch {}", n.configuration, n.batch_size);
    let has: Vec<_> = other.networks.iter().map(has).collect();
    let has = if has.is_empty() { "none at all".into() } else { has.join("; ") };
    let what = format!("the run to compare with has none of the networks to be measured: it has {has}");
    Err(Error::usage(what).advice("choose from them"))
}

/// Everything that both runs measured, in this run's order.
pub fn compare(this: &Measurement, other: &Measurement) -> Vec<CostRatio> {
    let mut rows = Vec::new();
    for network in &this.networks {
        let same = |n: &&NetworkCost| n.batch_size == network.batch_size && n.configuration == network.configuration;
        let Some(twin) = other.networks.iter().find(same) else { continue };
        for cost in network.costs() {
            let same = twin.costs().find(|c| (&c.layer, c.pass) == (&cost.layer, cost.pass));
            rows.extend(same.map(|same| CostRatio {
                batch_size: network.batch_size,
                configuration: network.configuration,
                layer: cost.layer.clone(),
                pass: cost.pass,
                median_us: cost.median_us,
                other_us: same.median_us,
                ratio: cost.median_us / same.median_us,
            }));
        }
    }
    rows
}
