//! Two runs side by side.

use serde::Serialize;

use super::{Bench, Pass};
use crate::error::{Error, Result};

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

/// Everything that both runs measured, in this run's order.
///
/// # Errors
/// [`Error::Usage`] where they have nothing in common.
pub fn compare(this: &Bench, other: &Bench) -> Result<Vec<Comparison>> {
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
    if rows.is_empty() {
        let text = "the two runs have no network of the same stride, padding and batch size";
        return Err(Error::Usage(format!("{text}: measure one that --compare's file has")));
    }
    Ok(rows)
}
