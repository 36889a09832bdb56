//! A model whose loss is no finite number any more is marked, and the models beside it go on.

use super::training::{Run, epoch, options, small};
use crate::common::ok;
use crate::common::training::{CPU, gpu, network, trainer};
use stridelab::backend::Backend;
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
                let Divergence { epoch, step: found, loss } = divergence;
                assert_eq!((epoch, found, loss.is_finite()), (1, step, false), "{divergence}");
                let error = divergence.error();
                assert!(error.to_string().contains("diverged") && error.exit_code() == 1, "{error}");
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
