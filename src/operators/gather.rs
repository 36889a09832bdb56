//! A batch of the data set; see [`crate::ops::gather`].

use super::call::{Call, floats};
use crate::backend::Backend;
use crate::error::{Error, Result};
use crate::ops::Gather;
use crate::plan::{Op, StepRecord};

/// `capacity` rows of `images` `[samples, pixels]` at `order[start..start + n]`, in `[0, 1]`, zeros
/// below; and the rows' labels.
///
/// # Errors
/// See the module; also where the order leaves the samples, or `start + n` the order.
pub async fn gather(
    backend: &Backend,
    capacity: usize,
    [images, labels]: [&[u8]; 2],
    order: &[u32],
    [start, n]: [usize; 2],
) -> Result<(Vec<f32>, Vec<u32>)> {
    let (samples, pixels) = (labels.len(), images.len() / labels.len().max(1));
    let reaches = start.checked_add(n).is_some_and(|end| end <= order.len());
    if !reaches || n > capacity || order.iter().any(|&i| i as usize >= samples) {
        return Err(Error::Usage(format!(
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
