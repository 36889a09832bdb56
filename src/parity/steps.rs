//! Whole training steps from the same weights over the same samples.

use super::{STEPS, norm_relative, wide};
use crate::backend::Backend;
use crate::data::Dataset;
use crate::error::Result;
use crate::model::{Configuration, Network};
use crate::train::{TrainOptions, Trainer};

/// [`STEPS`] steps of a configuration from the same weights over the same samples: the largest
/// difference of a step's loss, then of each parameter at the end (norm-relative, for
/// information: two `f32` runs drift apart).
///
/// # Errors
/// What the backend fails at.
pub async fn steps(
    backend: &Backend,
    data: &Dataset,
    configuration: Configuration,
    seed: u64,
) -> Result<(f64, Vec<(String, f64)>)> {
    let network = Network::new([data.train.height, data.train.width], configuration)?;
    let options = TrainOptions { seeds: vec![seed], ..TrainOptions::default() };
    let mut ours = Trainer::new(backend, &network, data, &options, None).await?;
    let plain = TrainOptions { fuse: false, ..options };
    let mut twin = Trainer::new(&Backend::Cpu, &network, data, &plain, None).await?;
    let got = ours.first_steps(STEPS).await?;
    let want = twin.first_steps(STEPS).await?;
    // `max` would drop a NaN.
    let worst = |worst: f64, d: f64| if d > worst || d.is_nan() { d } else { worst };
    let loss = got[0].iter().zip(&want[0]).map(|(a, b)| (a - b).abs()).fold(0.0, worst);
    let got = ours.weights(0).await?;
    let want = twin.weights(0).await?;
    let tensors = got.iter().zip(&want).map(|(a, b)| (a.name.clone(), norm_relative(&a.data, &wide(&b.data))));
    Ok((loss, tensors.collect()))
}
