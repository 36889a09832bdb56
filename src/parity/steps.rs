//! Training steps of a backend beside the CPU's, each from the same state.
//!
//! Two runs in `f32` that train freely drift apart: Adam's first step moves a weight by the whole learning rate
//! whatever the size of its gradient, so one near zero whose sign differs is enough. Therefore every step starts from
//! a common state, with weights and images that leave no decision to rounding ([`super::exact`]). Losses, gradients and
//! moments are compared with the CPU's. The updated weights are compared with what Adam's equation, in `f64`, makes of
//! the backend's own moments, which no sign can touch.

use super::compare::{Table, TensorError};
use super::exact::{black_and_white, exact_weights};
use super::{BACKWARD, FORWARD};
use crate::backend::Backend;
use crate::data::Dataset;
use crate::error::Result;
use crate::model::tensor::Tensor;
use crate::model::{Configuration, Network};
use crate::ops::adam::AdamParameters;
use crate::reference::wide;
use crate::train::{ModelState, TrainOptions, Trainer};

/// Samples of a whole batch.
const BATCH: usize = 64;
/// Two whole batches and a short one.
const SAMPLES: usize = 2 * BATCH + 29;
/// Images that the trained network classifies.
const TEST_SAMPLES: usize = 37;
/// Models trained side by side.
const REPLICAS: u64 = 2;

/// Takes a few steps of a configuration on `backend` and, with the plain operations, on the CPU: two models side by
/// side, over whole batches of MNIST and a short last one. Returns the largest error of the losses, of each tensor's
/// gradient, of the moments and of the weights, and of the losses and classes of some test images.
///
/// # Errors
/// [`crate::Error::Usage`] or [`crate::Error::Data`] where the images do not fit the network, and
/// [`crate::Error::Failure`] where the backend fails.
pub async fn steps(
    backend: &Backend,
    data: &Dataset,
    configuration: Configuration,
    seed: u64,
) -> Result<Vec<TensorError>> {
    let grey = data.test.range(0..TEST_SAMPLES);
    let mut train = data.train.range(0..SAMPLES);
    black_and_white(&mut train);
    let data = Dataset { train, test: grey.clone(), name: data.name.clone(), sha256: data.sha256.clone() };
    let network = Network::new([data.train.height, data.train.width], configuration)?;
    let seeds: Vec<u64> = (0..REPLICAS).map(|replica| seed.wrapping_add(replica)).collect();
    let options = TrainOptions { batch_size: BATCH, seeds: seeds.clone(), ..TrainOptions::default() };
    let mut ours = Trainer::new(backend, &network, &data, &options, None).await?;
    let plain = TrainOptions { fuse: false, ..options };
    let mut twin = Trainer::new(&Backend::Cpu, &network, &data, &plain, None).await?;
    let mut table = Table(Vec::new());
    for (replica, _) in seeds.iter().enumerate() {
        let got = ours.evaluate(&grey, replica).await?;
        let want = twin.evaluate(&grey, replica).await?;
        add(&mut table, "test losses", FORWARD, &got.losses, &want.losses);
        let floats = |classes: &[u8]| classes.iter().map(|&class| f32::from(class)).collect::<Vec<_>>();
        add(&mut table, "test classes", 0.0, &floats(&got.predicted), &floats(&want.predicted));
    }
    for step in 0..SAMPLES.div_ceil(BATCH) {
        let mut starts = Vec::new();
        for replica in 0..seeds.len() {
            let mut state = twin.state(replica).await?;
            state.weights = exact_weights(&network, seed.wrapping_add((step * seeds.len() + replica) as u64));
            ours.set_state(replica, &state)?;
            twin.set_state(replica, &state)?;
            starts.push(state);
        }
        let got = ours.step(step).await?;
        let want = twin.step(step).await?;
        for (replica, start) in starts.iter().enumerate() {
            add(&mut table, "losses", FORWARD, &got[replica], &want[replica]);
            let gradients = ours.gradients(replica).await?;
            for (got, want) in gradients.iter().zip(&twin.gradients(replica).await?) {
                add(&mut table, &format!("d {}", got.name), BACKWARD, &got.data, &want.data);
            }
            let (got, want) = (ours.state(replica).await?, twin.state(replica).await?);
            add(&mut table, "first moment", BACKWARD, &flat(&got.first_moment), &flat(&want.first_moment));
            // A square has twice the relative error.
            add(&mut table, "second moment", 2.0 * BACKWARD, &flat(&got.second_moment), &flat(&want.second_moment));
            let weights = flat(&got.weights);
            let updated: Vec<f64> = updated(start, &got, plain.learning_rate);
            // The CPU's weights come of moments of its own.
            table.add("weights", FORWARD, &weights, &narrow(&updated), &updated);
        }
    }
    Ok(table.0)
}

/// Compares with the CPU's tensor.
fn add(table: &mut Table, name: &str, bound: f64, got: &[f32], cpu: &[f32]) {
    table.add(name, bound, got, cpu, &wide(cpu));
}

fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().map(|&value| value as f32).collect()
}

fn flat(tensors: &[Tensor]) -> Vec<f32> {
    tensors.iter().flat_map(|tensor| &tensor.data).copied().collect()
}

/// `w − α·m/(√v + ε)` with the moments after the step.
fn updated(start: &ModelState, end: &ModelState, learning_rate: f64) -> Vec<f64> {
    let adam = AdamParameters::default();
    let alpha = f64::from(adam.alpha(learning_rate, start.step + 1));
    let moments = flat(&end.first_moment).into_iter().zip(flat(&end.second_moment));
    let one =
        |(w, (m, v)): (f32, (f32, f32))| f64::from(w) - alpha * f64::from(m) / (f64::from(v).sqrt() + adam.epsilon);
    flat(&start.weights).into_iter().zip(moments).map(one).collect()
}
