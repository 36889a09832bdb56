//! Two runs side by side.

use serde::Serialize;

use crate::bench::Options;
use crate::error::{Error, Result};
use crate::model::network::Configuration;
use crate::record::{Bench, NetworkCost, Pass};

/// What both runs measured, once.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Comparison {
    /// Samples a step.
    pub batch_size: usize,
    /// Stride of both convolutions.
    pub stride: usize,
    /// `same`, `valid`, or the pads as `t,l,b,r`.
    pub padding: String,
    /// As in [`super::Cost`].
    pub layer: String,
    /// As in [`super::Cost`].
    pub pass: Pass,
    /// Microseconds of a step in this run.
    pub median_us: f64,
    /// Microseconds of a step in the other run.
    pub other_us: f64,
    /// Time of this run over the other's: below 1, this one is faster.
    pub ratio: f64,
}

/// Whether a run of `options` will have anything in common with `other`.
///
/// # Errors
/// [`Error::Usage`] where it will not.
pub fn comparable(options: &Options, other: &Bench) -> Result<()> {
    let wanted = |network: &NetworkCost| {
        let same = |c: &Configuration| (c.stride, c.padding_name()) == (network.stride, network.padding.clone());
        options.batch_sizes.contains(&network.batch_size) && options.configurations.iter().any(same)
    };
    if other.networks.iter().any(wanted) {
        return Ok(());
    }
    let has = |n: &NetworkCost| format!("{} at batch {}", n.name(), n.batch_size);
    let has: Vec<_> = other.networks.iter().map(has).collect();
    let has = if has.is_empty() { "none at all".into() } else { has.join("; ") };
    let what = format!("the run to compare with has none of the networks to be measured: it has {has}");
    Err(Error::usage(what).advice("choose from them"))
}

/// Everything that both runs measured, in this run's order.
pub fn compare(this: &Bench, other: &Bench) -> Vec<Comparison> {
    let mut rows = Vec::new();
    for network in &this.networks {
        let key = (network.batch_size, network.stride, &network.padding);
        let Some(twin) = other.networks.iter().find(|n| (n.batch_size, n.stride, &n.padding) == key) else { continue };
        for cost in network.costs() {
            let same = twin.costs().find(|c| (&c.layer, c.pass) == (&cost.layer, cost.pass));
            rows.extend(same.map(|same| Comparison {
                batch_size: network.batch_size,
                stride: network.stride,
                padding: network.padding.clone(),
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
