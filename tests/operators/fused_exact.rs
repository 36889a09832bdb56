//! The fused kernels against the plain operations where rounding decides nothing (`parity::exact_weights`): pixels are
//! black or white, weights are multiples of a power of two, and both sides must choose the same winner in every pool
//! window, the first of several equal ones. Then gradients agree however many windows there are.

use std::sync::Arc;

use super::fused::{PLAIN, data, network};
use crate::common::training::trainer;
use crate::common::{backends, compare, exact, ok, wide};
use stridelab::backend::Backend;
use stridelab::model::Network;
use stridelab::model::geometry::Padding;
use stridelab::parity::{black_and_white, exact_weights};
use stridelab::train::TrainOptions;

/// Both add the same products in another order, within one step.
const BOUND: f64 = 2e-6;

/// Losses and gradients of one step of some models side by side.
fn agree_on(backend: &Backend, what: &str, network: &Network, samples: usize, replicas: usize, bound: f64) {
    let [height, width, _] = network.input;
    let mut data = data(samples, [height, width]);
    black_and_white(&mut data.train);
    let run = |backend: &Backend, fuse: bool| {
        let seeds = (0..replicas as u64).collect();
        let options =
            TrainOptions { batch_size: samples, fuse, seeds, evaluate_capacity: 3, ..TrainOptions::default() };
        let mut trainer = trainer(backend, network, &data, &options, None);
        for replica in 0..replicas {
            let mut state = ok(trainer.state(replica));
            state.weights = exact_weights(network, replica as u64);
            trainer.set_state(replica, &state).expect("a state");
        }
        let losses = ok(trainer.step(0));
        (0..replicas).map(|r| (losses[r].clone(), ok(trainer.gradients(r)))).collect::<Vec<_>>()
    };
    for (replica, (fused, plain)) in run(backend, true).into_iter().zip(run(&PLAIN, false)).enumerate() {
        let what = format!("{what}, replica {replica}");
        compare("losses", &fused.0, &wide(&plain.0), bound).unwrap_or_else(|report| panic!("{what}: {report}"));
        for (got, want) in fused.1.iter().zip(&plain.1) {
            assert!(want.data.iter().any(|&v| v != 0.0), "{what}: {} has no gradient to compare", got.name);
            compare(&got.name, &got.data, &wide(&want.data), bound).unwrap_or_else(|report| panic!("{what}: {report}"));
        }
    }
}

#[test]
fn equal_pixels_have_one_winner() {
    for (size, strides, paddings) in [
        ([28, 28], [[1; 2]; 2], [Padding::Same; 2]),
        ([28, 28], [[2; 2]; 2], [Padding::Valid; 2]),
        ([17, 23], [[1, 2], [2, 1]], [Padding::Same, Padding::Valid]),
    ] {
        let network = network(size, strides, paddings);
        for (name, backend) in &with_tiles() {
            agree_on(backend, &format!("{name}: {size:?} {strides:?} {paddings:?}"), &network, 9, 2, BOUND);
        }
    }
}

/// So many windows that, with weights as they come, a few have two pixels within rounding, which the kernels decide
/// differently; gradients then differ by 1e-3. Of sums of half a million terms, rounding alone makes 4e-6.
#[test]
fn tall_images() {
    let network = network([1000, 60], [[1, 1], [3, 2]], [Padding::Same; 2]);
    agree_on(&Backend::Cpu, "cpu", &network, 9, 1, 1e-5);
    agree_on(&backends()[2].1, "gpu", &network, 1, 1, 1e-5);
}

/// Slices of the batch that are shorter than an image.
#[test]
fn slices_within_an_image() {
    let network = network([28, 28], [[1; 2]; 2], [Padding::Same; 2]);
    for (most, merge) in [("180", "0"), ("180", "1"), ("16", "0")] {
        let mut gpu = ok(stridelab::gpu::open(None, true));
        gpu.tuning_mut().set("loop_iterations", most).expect("a choice");
        gpu.tuning_mut().set("merge", merge).expect("a choice");
        let backend = Backend::Gpu(Arc::new(gpu));
        agree_on(&backend, &format!("loops of at most {most}, merge={merge}"), &network, 7, 1, BOUND);
    }
}

/// An image of 66,000 pool windows: more than the loop over them may have iterations on Mesa's software driver.
#[test]
fn one_image_of_many_windows() {
    let network = network([4, 66_000], [[1, 1], [1, 50]], [Padding::Same; 2]);
    agree_on(&backends()[2].1, "gpu", &network, 1, 1, 1e-5);
}

/// The backends, and a GPU with the kernels by tiles.
fn with_tiles() -> [(&'static str, Backend); 3] {
    let [cpu, _, gpu] = backends().each_ref().map(|(name, backend)| (*name, backend.clone()));
    [cpu, gpu, ("tiles", super::tiled::tiled(&[]))]
}

/// In a pool's window any number beats a smaller one, minus infinity too, and NaN beats every number.
#[test]
fn the_winner_may_be_infinite_or_nan() {
    let network = crate::common::training::network(1, "valid");
    let seen = |taps: [f32; 2], bias: f32, bright: fn(usize, usize) -> bool| {
        let mut weights = exact_weights(&network, 3);
        // The second of 32 filters reads a pixel and its right neighbour.
        weights[0].data.iter_mut().skip(1).step_by(32).for_each(|w| *w = 0.0);
        [weights[0].data[1], weights[0].data[33]] = taps;
        weights[1].data[1] = bias;
        let mut data = crate::common::training::part(0..4, 4);
        let pixels = data.train.images.iter_mut().zip(0..);
        pixels.for_each(|(pixel, i)| *pixel = if bright(i % 784 / 28, i % 28) { 255 } else { 0 });
        let losses = |backend: &Backend, fuse: bool| {
            let options = TrainOptions { batch_size: 4, fuse, ..TrainOptions::default() };
            ok(trainer(backend, &network, &data, &options, Some(&weights)).first_steps(1)).swap_remove(0)
        };
        let fused = with_tiles().into_iter().flat_map(|(name, backend)| {
            [true, false].map(|fuse| (format!("{name}, fuse: {fuse}"), losses(&backend, fuse)))
        });
        (losses(&PLAIN, false), fused.collect::<Vec<_>>())
    };
    // The last pixel of each window is NaN, 0 times infinity, and the others are minus infinity.
    let (plain, fused) = seen([f32::NEG_INFINITY, 0.0], 0.0, |h, w| h % 2 == 0 || w % 2 == 0);
    for (what, losses) in &fused {
        assert!(plain.iter().chain(losses).all(|loss| loss.is_nan()), "{what}: {losses:?}, plain {plain:?}");
    }
    // The upper pixels are finite, the lower ones minus infinity.
    let (plain, fused) = seen([-3e38; 2], 3.0001e38, |h, w| h % 2 == 1 || w % 2 == 1);
    assert!(plain.iter().all(|&loss| loss > 1e30 || loss == 0.0), "{plain:?}");
    for (what, losses) in &fused {
        let near = |(got, want): (&f64, &f64)| (got - want).abs() <= 1e-5 * want;
        assert!(losses.iter().zip(&plain).all(near), "{what}: {losses:?}, plain {plain:?}");
    }
}

/// Logits that only just differ decide: a sum that did not begin at 0 would lose the difference.
#[test]
fn the_smallest_differences_decide() {
    let network = crate::common::training::network(2, "valid");
    let mut weights = exact_weights(&network, 3);
    weights.iter_mut().for_each(|tensor| tensor.data.fill(0.0));
    weights[7].data[3] = 1e-8;
    let data = crate::common::training::part(0..5, 20);
    for (name, backend) in &with_tiles() {
        for fuse in [true, false] {
            let options = TrainOptions { fuse, ..TrainOptions::default() };
            let mut trainer = trainer(backend, &network, &data, &options, Some(&weights));
            exact(&format!("{name}, fuse: {fuse}"), &ok(trainer.evaluate(&data.train, 0)).predicted, &[3; 5]);
        }
    }
}

/// Of classes that are equally likely the first is predicted, in training and in validation.
#[test]
fn the_first_of_equal_classes_is_predicted() {
    let network = crate::common::training::network(2, "valid");
    let mut weights = exact_weights(&network, 3);
    // Classes c and c + 5 are equal.
    for tensor in &mut weights[6..] {
        for row in tensor.data.chunks_mut(10) {
            row.copy_within(0..5, 5);
        }
    }
    let mut data = crate::common::training::part(0..30, 20);
    for (name, backend) in &with_tiles() {
        for fuse in [true, false] {
            let options = TrainOptions { batch_size: 30, fuse, shuffle: false, ..TrainOptions::default() };
            let what = format!("{name}, fuse: {fuse}");
            let mut asked = trainer(backend, &network, &data, &options, Some(&weights));
            let predicted = ok(asked.evaluate(&data.train, 0)).predicted;
            assert!(predicted.iter().all(|&class| class < 5), "{what}: {predicted:?}");
            // Labelled with what is predicted, every sample counts as right in training too.
            data.train.labels = predicted;
            let mut trained = trainer(backend, &network, &data, &options, Some(&weights));
            let epoch = ok(trained.epoch(&mut |_| true)).remove(0);
            exact(&what, &[epoch.train_accuracy], &[1.0]);
        }
    }
}
