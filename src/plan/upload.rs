//! A data set into a plan's buffers, the same way for every backend.

use super::{Plan, Samples, View};
use crate::data::Split;
use crate::error::Result;

/// Hands `write` the images, bytes as in the files, and the labels, `u32`, of as many samples as `samples` holds
/// or fewer.
///
/// # Errors
/// What `write` fails at.
///
/// # Panics
/// Where `split` has more samples than the buffers have room for.
pub fn samples(
    plan: &Plan,
    samples: Samples,
    split: &Split,
    mut write: impl FnMut(View, &[u8]) -> Result<()>,
) -> Result<()> {
    assert!(split.count <= samples.count, "{} samples for buffers of {}", split.count, samples.count);
    let labels: Vec<u32> = split.labels.iter().map(|&label| u32::from(label)).collect();
    write(View { len: split.images.len(), ..plan.whole(samples.images) }, &split.images)?;
    write(View { len: split.count, ..plan.whole(samples.labels) }, bytemuck::cast_slice(&labels))
}
