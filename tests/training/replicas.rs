//! What each model of several, and each epoch, is: not a neighbour's, and not a mean over the wrong count.

use std::time::Instant;

use crate::common::training::{network, part, trainer};
use crate::common::{backends, exact, ok};
use stridelab::parity::exact_weights;
use stridelab::train::TrainOptions;

/// Models side by side have their own biases, in every layer, whether kernels are fused or not.
#[test]
fn every_replica_has_its_own_biases() {
    let data = part(0..9, 2);
    let network = network(2, "valid");
    for (name, backend) in [&backends()[0], &backends()[2]] {
        for fuse in [true, false] {
            let seeds = vec![4, 5];
            let options = TrainOptions { batch_size: 9, fuse, seeds: seeds.clone(), ..TrainOptions::default() };
            let mut together = trainer(backend, &network, &data, &options, None);
            for (replica, &seed) in seeds.iter().enumerate() {
                let mut state = ok(together.state(replica));
                state.weights = exact_weights(&network, seed);
                together.set_state(replica, &state).expect("a state");
            }
            let losses = ok(together.step(0));
            for (replica, &seed) in seeds.iter().enumerate() {
                let solo = TrainOptions { seeds: vec![seed], ..options.clone() };
                let weights = exact_weights(&network, seed);
                let mut alone = trainer(backend, &network, &data, &solo, Some(&weights));
                let what = format!("{name}, fuse: {fuse}, replica {replica}");
                exact(&what, &losses[replica], &ok(alone.step(0))[0]);
                exact(&what, &ok(together.weights(replica)), &ok(alone.weights(0)));
            }
        }
    }
}

/// Of a set with other numbers of training and of test samples.
#[test]
fn validation_is_a_mean_over_the_test_samples() {
    let data = part(0..40, 7);
    for (name, backend) in [&backends()[0], &backends()[2]] {
        let mut trainer = trainer(backend, &network(2, "valid"), &data, &TrainOptions::default(), None);
        let epoch = ok(trainer.epoch(&mut |_| true)).remove(0);
        let mean = |losses: &[f32]| losses.iter().map(|&loss| f64::from(loss)).sum::<f64>() / losses.len() as f64;
        assert_eq!(epoch.validation.losses.len(), 7, "{name}");
        exact(name, &[epoch.validation.loss], &[mean(&epoch.validation.losses)]);
        exact(name, &[epoch.validation.loss], &[ok(trainer.evaluate(&data.test, 0)).loss]);
        let right = epoch.validation.predicted.iter().zip(&data.test.labels).filter(|(a, b)| a == b).count();
        exact(name, &[epoch.validation.accuracy], &[right as f64 / 7.0]);
        exact(name, &[epoch.train_loss], &epoch.step_losses);
    }
}

/// The training times of models trained side by side are shares of the time that passed.
#[test]
fn times_of_replicas_add_up_to_the_time_of_training() {
    let data = part(0..256, 1);
    for (name, backend) in &backends()[..1] {
        let seeds: Vec<u64> = (0..4).collect();
        let options = TrainOptions { seeds, ..TrainOptions::default() };
        let mut trainer = trainer(backend, &network(1, "same"), &data, &options, None);
        let start = Instant::now();
        let epochs = ok(trainer.epoch(&mut |_| true));
        let passed = start.elapsed().as_secs_f64();
        let sum: f64 = epochs.iter().map(|epoch| epoch.seconds).sum();
        assert!(sum <= passed && sum > 0.0, "{name}: {sum} of {passed} seconds");
        assert!(epochs.iter().all(|epoch| epoch.seconds == epochs[0].seconds), "{name}");
    }
}
