//! A batch of a data set; see [`crate::ops::gather`].

use std::ops::Range;

use super::call::{Call, floats};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::ops::Gather;
use crate::plan::{Op, StepRecord};

/// The images of a data set, each with its class.
#[derive(Debug, Clone, Copy)]
pub struct LabelledImages<'a> {
    /// The pixels, `[labels.len(), pixels]`, 0 to 255 as in the files.
    pub images: &'a [u8],
    /// One class for each image.
    pub labels: &'a [u8],
}

/// Collects a batch of a data set: `x[i,p] = images[order[start + i], p] / 255` and
/// `label[i] = labels[order[start + i]]` for `i < n`, zeros for `n ≤ i < capacity`.
///
/// `order` holds indices of samples, and `range`, `start .. start + n`, says which of its positions
/// make up the batch. Returns `x`, `[capacity, pixels]`, and `label`, `[capacity]`.
///
/// # Errors
/// [`crate::Error::Usage`] where `range` ends before it starts or past the end of `order`, is longer
/// than `capacity`, or where `order` holds the index of no sample, the number of pixels is no multiple
/// of the number of labels, or a slice is empty; see the [module](super).
pub async fn gather(
    backend: &Backend,
    samples: LabelledImages<'_>,
    order: &[u32],
    range: Range<usize>,
    capacity: usize,
) -> Result<(Vec<f32>, Vec<u32>)> {
    let LabelledImages { images, labels } = samples;
    let count = labels.len();
    let pixels = images.len() / count.max(1);
    let within = range.start <= range.end && range.end <= order.len();
    if !within || range.len() > capacity || order.iter().any(|&i| i as usize >= count) {
        return Err(Error::usage(format!(
            "positions {range:?} of an order of {} over {count} samples do not fit a batch of {capacity}",
            order.len()
        )));
    }
    let labels: Vec<u32> = labels.iter().map(|&label| u32::from(label)).collect();
    let mut call = Call::new(backend);
    let images = call.input("images", images, &[count, pixels])?;
    let labels = call.input("labels", &labels, &[count])?;
    let order = call.input("order", order, &[order.len()])?;
    let x = call.output("x", &[capacity, pixels])?;
    let label = call.output("label", &[capacity])?;
    let op = Op::Gather(Gather { capacity, pixels, images, labels, order, x, label });
    let record = StepRecord { start: range.start as u32, n: range.len() as u32, ..StepRecord::default() };
    let [x, label] = call.run(op, record, [x, label]).await?;
    Ok((floats(x), label))
}
