//! The fused kernels of both backends against the plain operations that they replace, over strides,
//! paddings, image sizes and batches.

use crate::common::training::trainer;
use crate::common::{backends, compare};
use stridelab::backend::Backend;
use stridelab::data::{Dataset, Split};
use stridelab::model::geometry::Padding;
use stridelab::model::{Configuration, Convolution, Head, Network, Pooling};
use stridelab::random::Stream;
use stridelab::train::TrainOptions;

/// Both add the same products in another order, within one step.
const BOUND: f64 = 2e-6;
/// Where the plain operations run: a software adapter would compile thirty more kernels for each network, which have
/// their own tests.
pub(super) const PLAIN: Backend = Backend::Cpu;
/// Of three models side by side: a kernel that reads or writes what is another model's is noticed, and what is read past
/// the end of one is no zero past the end of a buffer.
const SEEDS: [u64; 3] = [0, 1, 2];

fn random(count: usize, [height, width]: [usize; 2], name: &str) -> Split {
    let mut stream = Stream::new(5, name);
    // Half of the pixels are 0: windows of ties, as in MNIST.
    let images = (0..count * height * width).map(|_| (stream.uniform() * 511.0 - 255.0) as u8).collect();
    let labels = (0..count).map(|_| stream.below(10) as u8).collect();
    Split { images, labels, count, height, width }
}

pub(super) fn data(train: usize, size: [usize; 2]) -> Dataset {
    Dataset {
        train: random(train, size, "train"),
        test: random(5, size, "test"),
        ..crate::common::training::part(0..1, 1)
    }
}

pub(super) fn network(size: [usize; 2], strides: [[usize; 2]; 2], paddings: [Padding; 2]) -> Network {
    let convolution = |i: usize| Convolution { kernel: [3, 3], stride: strides[i], padding: paddings[i] };
    let network = Network::with_convolutions(size, [0, 1].map(convolution), Pooling::Max, Head::Dense);
    network.unwrap_or_else(|error| panic!("{size:?} {strides:?} {paddings:?}: {error}"))
}

/// Networks of which a backend has fewer fused kernels.
#[test]
fn controls() {
    let configurations = [
        "stride 2, same, pool none",
        "stride 2:1, symmetric, head gap",
        "stride 1, valid, kernel 5",
        "stride 1x2:2, t1l0b1r0, kernel 2, pool none, head gap, crop 2",
        "stride 2, symmetric, crop 4",
    ];
    for configuration in configurations {
        let configuration: Configuration = configuration.parse().unwrap_or_else(|error| panic!("{error}"));
        let size = [21, 20];
        let network = Network::new(size, configuration).unwrap_or_else(|error| panic!("{configuration}: {error}"));
        for (name, backend) in backends() {
            fused_as_plain(backend, &format!("{name}: {configuration}"), &network, size, [7, 5]);
        }
    }
}

/// On every backend the losses of an epoch and the gradients of its last step are those of the plain operations.
fn agree(size: [usize; 2], strides: [[usize; 2]; 2], paddings: [Padding; 2], samples: usize, batch: usize) {
    for (name, backend) in backends() {
        let what = format!("{name}: {size:?} {strides:?} {paddings:?}, {samples} samples, batches of {batch}");
        agree_on(backend, &what, size, strides, paddings, [samples, batch]);
    }
}

pub(super) fn agree_on(
    backend: &Backend,
    what: &str,
    size: [usize; 2],
    strides: [[usize; 2]; 2],
    paddings: [Padding; 2],
    [samples, batch]: [usize; 2],
) {
    fused_as_plain(backend, what, &network(size, strides, paddings), size, [samples, batch]);
}

pub(super) fn options(batch_size: usize) -> TrainOptions {
    TrainOptions { batch_size, shuffle: false, evaluate_capacity: 3, seeds: SEEDS.to_vec(), ..TrainOptions::default() }
}

pub(super) fn fused_as_plain(
    backend: &Backend,
    what: &str,
    network: &Network,
    size: [usize; 2],
    [samples, batch]: [usize; 2],
) {
    agree_with_plain(backend, what, network, &data(samples, size), &options(batch), Over::Steps);
}

/// What two backends are compared in.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Over {
    /// Steps over the samples in file order.
    Steps,
    /// An epoch with its validation.
    AnEpoch,
}

/// What a backend computes with these options against the plain operations of [`PLAIN`].
pub(super) fn agree_with_plain(
    backend: &Backend,
    what: &str,
    network: &Network,
    data: &Dataset,
    options: &TrainOptions,
    over: Over,
) {
    let run = |backend: &Backend, options: &TrainOptions| {
        let mut trainer = trainer(backend, network, data, options, None);
        let (mut losses, mut classes) = (Vec::new(), Vec::new());
        if over == Over::AnEpoch {
            for epoch in crate::common::ok(trainer.epoch(&mut |_| true)) {
                losses.extend(epoch.step_losses);
                losses.extend(epoch.validation.losses.iter().map(|&loss| f64::from(loss)));
                classes.push((epoch.validation.predicted, epoch.train_accuracy));
            }
        } else {
            let steps = data.train.count.div_ceil(options.batch_size);
            losses = crate::common::ok(trainer.first_steps(steps)).concat();
        }
        let gradients = (0..SEEDS.len()).flat_map(|replica| crate::common::ok(trainer.gradients(replica)));
        (losses, classes, gradients.collect::<Vec<_>>())
    };
    let plain = TrainOptions { fuse: false, ..options.clone() };
    let ((got, classes, fused), (want, plain_classes, plain)) = (run(backend, options), run(&PLAIN, &plain));
    assert_eq!(got.len(), want.len(), "{what}");
    assert_eq!(classes, plain_classes, "{what}");
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
    let pads = |sides| Padding::Explicit(crate::common::pads(sides));
    agree([17, 23], [[1, 2], [2, 1]], [Padding::Same, Padding::Valid], 6, 6);
    agree([31, 19], [[3, 1], [1, 1]], [pads([2, 0, 1, 2]), Padding::Same], 5, 5);
    agree([22, 22], [[2, 2], [1, 1]], [pads([0, 1, 2, 0]), pads([1, 2, 0, 1])], 9, 9);
}

#[test]
fn batches_of_one_and_a_short_last_one() {
    agree([14, 15], [[1; 2]; 2], [Padding::Same; 2], 1, 1);
    agree([14, 15], [[2, 1], [1, 2]], [Padding::Same; 2], 7, 5);
}

/// Independent kernels in one dispatch and in several, whichever this adapter's tuning takes.
#[test]
fn merged_and_not() {
    for merges in [true, false] {
        let mut gpu = crate::common::ok(stridelab::gpu::open(None, true));
        gpu.tuning_mut().set("merge", if merges { "1" } else { "0" }).expect("a choice");
        let backend = Backend::Gpu(std::sync::Arc::new(gpu));
        let what = |size| format!("merged: {merges}, {size:?}");
        agree_on(&backend, &what([13, 18]), [13, 18], [[1, 2], [1, 1]], [Padding::Same, Padding::Valid], [11, 6]);
        agree_on(&backend, &what([28, 28]), [28, 28], [[2; 2]; 2], [Padding::Same; 2], [8, 8]);
    }
}

/// Validation runs the fused forward pass too.
#[test]
fn validation() {
    for (name, backend) in backends() {
        validates(name, backend);
    }
}

pub(super) fn validates(name: &str, backend: &Backend) {
    let data = crate::common::training::part(0..32, 10);
    let network = crate::common::training::network(1, "valid");
    let epoch = |backend: &Backend, fuse| {
        let options = TrainOptions { batch_size: 32, fuse, ..TrainOptions::default() };
        let mut trainer = trainer(backend, &network, &data, &options, None);
        crate::common::ok(trainer.epoch(&mut |_| true)).remove(0)
    };
    let (got, want) = (epoch(backend, true), epoch(&PLAIN, false));
    assert!(
        (got.validation.loss - want.validation.loss).abs() <= 1e-5 * want.validation.loss,
        "{name}: {got:?}\n{want:?}"
    );
    assert_eq!(
        (got.validation.accuracy, got.train_accuracy),
        (want.validation.accuracy, want.train_accuracy),
        "{name}"
    );
}

/// One weight that is no number spoils what comes of it: neither ReLU nor pool hides it.
#[test]
fn nan_is_not_hidden() {
    for (name, backend) in backends() {
        shows_nan(name, backend);
    }
}

pub(super) fn shows_nan(name: &str, backend: &Backend) {
    let data = crate::common::training::part(0..8, 1);
    for (stride, spoiled) in [(1, 0), (1, 2), (2, 0), (2, 2)] {
        let network = crate::common::training::network(stride, "same");
        let mut weights = stridelab::model::init::parameters(&network, 0);
        weights[spoiled].data[1] = f32::NAN;
        let options = TrainOptions { batch_size: 8, ..TrainOptions::default() };
        let losses = crate::common::ok(trainer(backend, &network, &data, &options, Some(&weights)).first_steps(1));
        assert!(losses[0][0].is_nan(), "{name}, {}: {losses:?}", weights[spoiled].name);
    }
}
