//! A batch of the data set; see [`crate::ops::gather`].

use super::call::{Call, floats};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::ops::Gather;
use crate::plan::{Op, StepRecord};

/// A batch of a data set: `x[i,p] = images[order[start + i], p] / 255` and
/// `label[i] = labels[order[start + i]]` for `i < n`; zeros for `n ≤ i < capacity`.
///
/// `samples` is `[images, labels]`: the images `[labels.len(), pixels]`, bytes as in the files, and a
/// class each. `range` is `[start, n]`. Returns `x`, `[capacity, pixels]`, and `label`, `[capacity]`.
///
/// # Errors
/// [`crate::Error::Usage`] where `start + n` passes the end of `order`, `n` passes `capacity`, `order`
/// names no sample, the images are not a whole one a label, or something is empty; see the
/// [module](super).
pub async fn gather(
    backend: &Backend,
    capacity: usize,
    samples: [&[u8]; 2],
    order: &[u32],
    range: [usize; 2],
) -> Result<(Vec<f32>, Vec<u32>)> {
    let ([images, labels], [start, n]) = (samples, range);
    let (samples, pixels) = (labels.len(), images.len() / labels.len().max(1));
    let reaches = start.checked_add(n).is_some_and(|end| end <= order.len());
    if !reaches || n > capacity || order.iter().any(|&i| i as usize >= samples) {
        return Err(Error::usage(format!(
            "samples {start}+{n} of an order of {} over {samples} samples do not fit a batch of {capacity}",
            order.len()
        )));
    }
    let labels: Vec<u32> = labels.iter().map(|&label| u32::from(label)).collect();
    let mut call = Call::new(backend);
    let images = call.input("images", images, &[samples, pixels])?;
    let labels = call.input("labels", &labels, &[samples])?;
    let order = call.input("order", order, &[order.len()])?;
    let x = call.output("x", &[capacity, pixels])?;
    let label = call.output("label", &[capacity])?;
    let op = Op::Gather(Gather { capacity, pixels, images, labels, order, x, label });
    let record = StepRecord { start: start as u32, n: n as u32, ..StepRecord::default() };
    let [x, label] = call.run(op, record, [x, label]).await?;
    Ok((floats(x), label))
}
