//! Whole training steps from the same weights over the same samples.

use super::{STEPS, norm_relative};
use crate::backend::Backend;
use crate::data::Dataset;
use crate::error::Result;
use crate::model::{Configuration, Network};
use crate::reference::wide;
use crate::train::{TrainOptions, Trainer};

/// How far training on a backend is from training on the CPU after [`STEPS`] steps.
#[derive(Debug, Clone, PartialEq)]
pub struct StepErrors {
    /// The largest absolute difference between the two losses of a step; NaN where a loss is NaN.
    /// [`super::LOSS`] is its bound.
    pub loss: f64,
    /// The difference of each trained tensor at the end. It has no bound, because two runs in `f32`
    /// drift apart.
    pub parameters: Vec<ParameterError>,
}

/// The difference of one trained tensor.
#[derive(Debug, Clone, PartialEq)]
pub struct ParameterError {
    /// The tensor's name, such as `conv1.weight`.
    pub name: String,
    /// The norm-relative difference from the CPU's tensor; see [`norm_relative`].
    pub error: f64,
}

/// Trains a configuration for [`STEPS`] steps on `backend` and, with the plain operations, on the CPU,
/// from the same weights of `seed` over the same samples.
///
/// # Errors
/// [`crate::Error::Usage`] or [`crate::Error::Data`] where the images do not fit the network, and
/// [`crate::Error::Failure`] where the backend fails.
pub async fn steps(backend: &Backend, data: &Dataset, configuration: Configuration, seed: u64) -> Result<StepErrors> {
    let network = Network::new([data.train.height, data.train.width], configuration)?;
    let options = TrainOptions { seeds: vec![seed], ..TrainOptions::default() };
    let mut ours = Trainer::new(backend, &network, data, &options, None).await?;
    let plain = TrainOptions { fuse: false, ..options };
    let mut twin = Trainer::new(&Backend::Cpu, &network, data, &plain, None).await?;
    let got = ours.first_steps(STEPS).await?;
    let want = twin.first_steps(STEPS).await?;
    // `f64::max` would drop a NaN.
    let worst = |worst: f64, d: f64| if d > worst || d.is_nan() { d } else { worst };
    let loss = got[0].iter().zip(&want[0]).map(|(a, b)| (a - b).abs()).fold(0.0, worst);
    let got = ours.weights(0).await?;
    let want = twin.weights(0).await?;
    let parameters = got.iter().zip(&want).map(|(got, want)| ParameterError {
        name: got.name.clone(),
        error: norm_relative(&got.data, &wide(&want.data)),
    });
    Ok(StepErrors { loss, parameters: parameters.collect() })
}
