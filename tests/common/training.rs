//! What the tests of training share: MNIST, small parts of it, trainers on them.

use std::sync::OnceLock;

use stridelab::backend::Backend;
use stridelab::data::{Dataset, Split};
use stridelab::model::geometry::Padding;
use stridelab::model::tensor::Tensor;
use stridelab::model::{Configuration, Network};
use stridelab::train::{TrainOptions, Trainer};

use super::{backends, ok};

/// The CPU.
pub(crate) static CPU: Backend = Backend::Cpu;

/// The GPU without the shaders' bounds checks, as the command opens it.
pub(crate) fn gpu() -> &'static Backend {
    &backends()[2].1
}

/// The embedded MNIST, decoded once.
pub(crate) fn mnist() -> &'static Dataset {
    static MNIST: OnceLock<Dataset> = OnceLock::new();
    MNIST.get_or_init(|| Dataset::embedded().unwrap_or_else(|error| panic!("{error}")))
}

/// The samples of `split` with these indices.
pub(crate) fn samples(split: &Split, indices: impl Iterator<Item = usize>) -> Split {
    let pixels = split.height * split.width;
    let mut images = Vec::new();
    let mut labels = Vec::new();
    for i in indices {
        images.extend(&split.images[i * pixels..][..pixels]);
        labels.push(split.labels[i]);
    }
    Split { images, count: labels.len(), labels, ..*split }
}

/// The training samples of MNIST with these indices, and its first `test` test samples.
pub(crate) fn part(train: impl Iterator<Item = usize>, test: usize) -> Dataset {
    let whole = mnist();
    let train = samples(&whole.train, train);
    let test = samples(&whole.test, 0..test);
    Dataset { train, test, name: "part of MNIST".into(), sha256: whole.sha256.clone() }
}

/// One of the tutorial's networks. `padding` is `same` or `valid`.
pub(crate) fn network(stride: usize, padding: &str) -> Network {
    let padding = if padding == "same" { Padding::Same } else { Padding::Valid };
    Network::new([28, 28], Configuration::new(stride, padding)).unwrap_or_else(|error| panic!("{error}"))
}

/// A trainer. Panics where it cannot be made.
#[track_caller]
pub(crate) fn trainer(
    backend: &Backend,
    network: &Network,
    data: &Dataset,
    options: &TrainOptions,
    weights: Option<&[Tensor]>,
) -> Trainer {
    ok(Trainer::new(backend, network, data, options, weights))
}
