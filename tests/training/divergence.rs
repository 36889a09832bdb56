//! A model whose loss is no finite number any more is marked, and the models beside it go on.

use super::training::{Run, epoch, options, small};
use crate::common::ok;
use crate::common::training::{CPU, gpu, network, trainer};
use stridelab::backend::Backend;
use stridelab::error::Remedy;
use stridelab::model::init;
use stridelab::train::{Divergence, Epoch, TrainOptions};

/// Weights of 1e29 make a loss that is not finite. It is found in the next step or, after an epoch of one step, in
/// validation, and what is reported later is the first loss that was found.
fn diverges(backend: &Backend) {
    for (learning_rate, batch_size, step) in [(1e30, 16, Some(2)), (1e300, 16, Some(2)), (1e30, 54, None)] {
        for seeds in [&[0][..], &[0, 1]] {
            let options = TrainOptions { learning_rate, batch_size, ..options(seeds) };
            let mut trainer = trainer(backend, &network(2, "valid"), &small(), &options, None);
            let first = epoch(&mut trainer);
            for replica in &first {
                let divergence = replica.divergence.expect("a learning rate that no training survives");
                let Divergence { epoch, step: found, loss, first_loss } = divergence;
                assert_eq!((epoch, found, loss.is_finite()), (1, step, false), "{divergence}");
                assert!((2.0..3.0).contains(&first_loss), "{first_loss}");
                let error = divergence.error();
                assert!(error.to_string().contains("diverged") && error.exit_code() == 1, "{error}");
                assert_eq!(error.problem().unwrap().remedies, [Remedy::SmallerLearningRate]);
            }
            let second = epoch(&mut trainer);
            let first_found = |epoch: &Epoch| epoch.divergence.map(|d| (d.epoch, d.step));
            assert!(second.iter().all(|epoch| first_found(epoch) == Some((1, step))));
        }
    }
}

/// A replica that starts from an infinite weight is marked as diverged, and the replica beside it is bit for bit equal
/// to that of a run alone.
fn others_go_on(backend: &Backend) {
    let network = network(2, "valid");
    let data = small();
    let mut both = trainer(backend, &network, &data, &options(&[3, 4]), None);
    let mut broken = ok(both.state(0));
    broken.weights[6].data[0] = f32::INFINITY;
    both.set_state(0, &broken).expect("a state of this network");
    let epochs = [epoch(&mut both), epoch(&mut both)];
    assert!(epochs.iter().all(|epoch| epoch[0].divergence.is_some() && epoch[1].divergence.is_none()));
    let alone = Run::together(backend, &network, &data, &options(&[4])).remove(0);
    alone.same(&Run::of(&both, &epochs, 1));
}

/// Where the loss is out of bounds before any update, no learning rate is at fault: huge weights make it NaN at once, or
/// finite at first and NaN at the second step.
fn weights_are_blamed(backend: &Backend) {
    let network = network(2, "valid");
    for (factor, epochs, words) in [
        (1e30, 1, "the loss of the first step, before any update, is"),
        (1e9, 1, "of epoch 1 is"),
        (1e30, 0, "the loss of the initial weights is"),
    ] {
        let mut weights = init::parameters(&network, 0);
        weights.iter_mut().flat_map(|tensor| &mut tensor.data).for_each(|value| *value *= factor);
        let options = TrainOptions { learning_rate: 1e25, ..options(&[0]) };
        let mut trainer = trainer(backend, &network, &small(), &options, Some(&weights));
        let result = match epochs {
            0 => ok(trainer.untrained(&small(), &mut |_| true)).remove(0),
            _ => epoch(&mut trainer).remove(0),
        };
        let divergence = result.divergence.unwrap_or_else(|| panic!("weights times {factor}: {}", result.train_loss));
        let error = divergence.error();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(error.problem().unwrap().remedies, [Remedy::OtherWeights], "{error}");
    }
}

#[test]
fn initial_weights_are_blamed_on_the_cpu() {
    weights_are_blamed(&CPU);
}

#[test]
fn initial_weights_are_blamed_on_the_gpu() {
    weights_are_blamed(gpu());
}

#[test]
fn a_model_that_diverges_stops_no_other_on_the_cpu() {
    others_go_on(&CPU);
}

#[test]
fn a_model_that_diverges_stops_no_other_on_the_gpu() {
    others_go_on(gpu());
}

#[test]
fn divergence_is_reported_by_the_cpu() {
    diverges(&CPU);
}

#[test]
fn divergence_is_reported_by_the_gpu() {
    diverges(gpu());
}
