//! What can be asked of a model: its features, its results on any images, its state.

use super::training::{Run, epoch, options, small};
use crate::common::ok;
use crate::common::training::{CPU, gpu, network, samples, trainer};
use stridelab::Error;
use stridelab::backend::Backend;
use stridelab::data::Split;

/// Any set of images can be evaluated, also in several steps. Evaluating the test set gives the result of validation.
fn evaluates(backend: &Backend) {
    let network = network(1, "valid");
    let data = small();
    let mut trainer = trainer(backend, &network, &data, &options(&[0, 1]), None);
    let epochs = epoch(&mut trainer);
    for (replica, epoch) in epochs.iter().enumerate() {
        assert_eq!(ok(trainer.evaluate(&data.test, replica)), epoch.validation);
        let of_training = ok(trainer.model(replica).evaluate(&data.train));
        assert_eq!(of_training.predicted.len(), 54);
        let single = ok(trainer.evaluate(&data.train.range(53..54), replica));
        assert_eq!(single.losses[0].to_bits(), of_training.losses[53].to_bits(), "the same sample in another batch");
    }
    assert_ne!(epochs[0].validation.losses, epochs[1].validation.losses, "two seeds");
    let wrong = samples(&data.test, 0..2);
    let wrong = Split { height: 14, width: 56, ..wrong };
    assert!(matches!(pollster::block_on(trainer.evaluate(&wrong, 0)), Err(Error::Data(_))));
    // Evaluation has not changed the model: training goes on as in a run without it.
    let asked = [epochs, epoch(&mut trainer)];
    let unasked = Run::together(backend, &network, &data, &options(&[0, 1]));
    unasked[1].same(&Run::of(&trainer, &asked, 1));
}

#[test]
fn any_images_are_evaluated_on_the_cpu() {
    evaluates(&CPU);
}

#[test]
fn any_images_are_evaluated_on_the_gpu() {
    evaluates(gpu());
}

/// The features of a layer belong to the given image, whichever image was asked about before.
fn shows_features(backend: &Backend) {
    let data = small();
    let mut trainer = trainer(backend, &network(2, "same"), &data, &options(&[5]), None);
    let first = data.train.image(7);
    let second = data.test.image(39);
    let conv1 = ok(trainer.features("conv1", first, 0));
    assert_eq!((conv1.shape, conv1.data.len()), ([14, 14, 32], 14 * 14 * 32));
    assert!(conv1.data.iter().all(|value| *value >= 0.0) && conv1.data.iter().any(|value| *value > 0.0));
    let logits = ok(trainer.features("dense2", second, 0));
    assert_eq!(logits.shape, [1, 1, 10]);
    assert_ne!(ok(trainer.features("conv1", second, 0)), conv1);
    assert_eq!(ok(trainer.model(0).features("conv1", first)), conv1);
    for (layer, image) in [("conv3", first), ("conv1", &first[1..])] {
        assert!(matches!(pollster::block_on(trainer.features(layer, image, 0)), Err(Error::Usage(_))), "{layer}");
    }
}

#[test]
fn features_of_any_image_are_shown_by_the_cpu() {
    shows_features(&CPU);
}

#[test]
fn features_of_any_image_are_shown_by_the_gpu() {
    shows_features(gpu());
}

/// A state is whole, or refused without a change: after an interruption, where a tensor is missing, and for no images.
#[test]
fn half_a_state_is_refused() {
    let data = small();
    let mut trainer = trainer(&CPU, &network(2, "valid"), &data, &options(&[0]), None);
    epoch(&mut trainer);
    let state = ok(trainer.state(0));
    let mut half = state.clone();
    half.second_moment.pop();
    half.weights[0].data[0] = 9.0;
    assert!(matches!(trainer.set_state(0, &half), Err(Error::Data(_))));
    assert_eq!(ok(trainer.state(0)), state, "nothing was changed");
    assert!(matches!(pollster::block_on(trainer.evaluate(&data.test.range(0..0), 0)), Err(Error::Data(_))));
    assert_eq!(pollster::block_on(trainer.epoch(&mut |_| false)), Err(Error::Interrupted));
    assert!(matches!(pollster::block_on(trainer.state(0)), Err(Error::Failure(_))));
    trainer.set_state(0, &state).expect("a state of this network");
    assert_eq!(ok(trainer.state(0)), state);
}
