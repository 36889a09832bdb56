//! The vector kernels of the CPU against the plain operations that they replace, over strides,
//! paddings, image sizes and batches.

mod common;

use common::compare;
use common::training::{CPU, trainer};
use stridelab::data::{Dataset, Split};
use stridelab::geometry::{Padding, Pads};
use stridelab::network::{Architecture, Head, Network};
use stridelab::random::Stream;
use stridelab::train::TrainOptions;

/// Both add the same products in another order, within one step.
const BOUND: f64 = 2e-6;

fn random(count: usize, [height, width]: [usize; 2], name: &str) -> Split {
    let mut stream = Stream::new(5, name);
    // Half of the pixels are 0: windows of ties, as in MNIST.
    let images = (0..count * height * width).map(|_| (stream.uniform() * 511.0 - 255.0) as u8).collect();
    let labels = (0..count).map(|_| stream.below(10) as u8).collect();
    Split { images, labels, count, height, width }
}

fn data(train: usize, size: [usize; 2]) -> Dataset {
    Dataset { train: random(train, size, "train"), test: random(5, size, "test"), ..common::training::part(0..1, 1) }
}

/// The losses of an epoch and the gradients of its last step agree.
fn agree(size: [usize; 2], strides: [[usize; 2]; 2], paddings: [Padding; 2], samples: usize, batch: usize) {
    let what = format!("{size:?} {strides:?} {paddings:?}, {samples} samples, batches of {batch}");
    let data = data(samples, size);
    let network = Network::new(size, Architecture { strides, paddings, head: Head::Flatten });
    let network = network.unwrap_or_else(|error| panic!("{what}: {error}"));
    let options = TrainOptions { batch_size: batch, shuffle: false, evaluate_capacity: 3, ..TrainOptions::default() };
    let plain = TrainOptions { fuse: false, ..options.clone() };
    let run = |options: &TrainOptions| {
        let mut trainer = trainer(&CPU, &network, &data, options, None);
        let steps = samples.div_ceil(batch);
        let losses = common::ok(trainer.first_steps(steps)).remove(0);
        (losses, common::ok(trainer.gradients(0)))
    };
    let ((got, fused), (want, plain)) = (run(&options), run(&plain));
    for (got, want) in got.iter().zip(&want) {
        let difference = (got - want).abs() / want;
        #[expect(clippy::neg_cmp_op_on_partial_ord, reason = "NaN must fail")]
        if !(difference <= BOUND * 10.0) {
            panic!("{what}: losses {got} and {want}");
        }
    }
    for (got, want) in fused.iter().zip(&plain) {
        let want: Vec<f64> = want.data.iter().map(|&v| f64::from(v)).collect();
        assert!(want.iter().any(|&v| v != 0.0), "{what}: {} has no gradient to compare", got.name);
        compare(&got.name, &got.data, &want, BOUND).unwrap_or_else(|report| panic!("{what}: {report}"));
    }
}

#[test]
fn the_tutorials_networks() {
    for stride in [1, 2] {
        for padding in [Padding::Same, Padding::Valid] {
            agree([28, 28], [[stride; 2]; 2], [padding; 2], 13, 13);
        }
    }
}

#[test]
fn other_images_strides_and_pads() {
    let pads = |sides| Padding::Explicit(Pads::new(sides));
    agree([17, 23], [[1, 2], [2, 1]], [Padding::Same, Padding::Valid], 6, 6);
    agree([31, 19], [[3, 1], [1, 1]], [pads([2, 0, 1, 2]), Padding::Same], 5, 5);
    agree([22, 22], [[2, 2], [1, 1]], [pads([0, 1, 2, 0]), pads([1, 2, 0, 1])], 9, 9);
}

#[test]
fn batches_of_one_and_a_short_last_one() {
    agree([14, 15], [[1; 2]; 2], [Padding::Same; 2], 1, 1);
    agree([14, 15], [[1; 2]; 2], [Padding::Same; 2], 7, 5);
}

/// Validation runs the fused forward pass too.
#[test]
fn validation() {
    let data = common::training::part(0..32, 10);
    let network = common::training::network(1, "valid");
    let epoch = |fuse| {
        let options = TrainOptions { batch_size: 32, fuse, ..TrainOptions::default() };
        let mut trainer = trainer(&CPU, &network, &data, &options, None);
        common::ok(trainer.epoch(&mut |_| true)).remove(0)
    };
    let (got, want) = (epoch(true), epoch(false));
    assert!((got.val_loss - want.val_loss).abs() <= 1e-5 * want.val_loss, "{got:?}\n{want:?}");
    assert_eq!((got.val_accuracy, got.train_accuracy), (want.val_accuracy, want.train_accuracy));
}
