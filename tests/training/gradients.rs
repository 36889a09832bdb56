//! Norms of gradients that are measured while models train.

use std::num::NonZeroU32;

use super::training::{Run, epoch, options, small};
use crate::common::ok;
use crate::common::training::{CPU, gpu, network, part, trainer};
use stridelab::backend::Backend;
use stridelab::model::{Configuration, Head, Network};
use stridelab::train::{GradientNorm, TrainOptions};

const TENSORS: [&str; 8] = [
    "conv1.weight",
    "conv1.bias",
    "conv2.weight",
    "conv2.bias",
    "dense1.weight",
    "dense1.bias",
    "dense2.weight",
    "dense2.bias",
];

fn every(steps: u32) -> Option<NonZeroU32> {
    NonZeroU32::new(steps)
}

/// Two epochs of four steps, with and without a measurement every third step.
fn bits(backend: &Backend) {
    let data = small();
    for (padding, fuse) in [("same", true), ("valid", true), ("valid", false)] {
        let network = network(2, padding);
        let options = TrainOptions { fuse, ..options(&[3, 4]) };
        let plain = Run::together(backend, &network, &data, &options);
        let measured = TrainOptions { log_gradients: every(3), ..options };
        for (plain, mut measured) in plain.iter().zip(Run::together(backend, &network, &data, &measured)) {
            let norms: Vec<GradientNorm> =
                measured.epochs.iter_mut().flat_map(|epoch| std::mem::take(&mut epoch.gradient_norms)).collect();
            plain.same(&measured);
            let found: Vec<_> = norms.iter().map(|norm| (norm.step, norm.tensor.as_str())).collect();
            let expected: Vec<_> = [3, 6].iter().flat_map(|&step| TENSORS.map(|tensor| (step, tensor))).collect();
            assert_eq!(found, expected);
        }
    }
}

#[test]
fn measuring_changes_no_bit_on_the_cpu() {
    bits(&CPU);
}

#[test]
fn measuring_changes_no_bit_on_the_gpu() {
    bits(gpu());
}

/// The norms of two steps of both seeds, and those of the gradients that the backend holds after the last of them.
fn norms(backend: &Backend, network: &Network, fuse: bool) -> [Vec<GradientNorm>; 2] {
    let data = part(0..37, 10);
    let options = TrainOptions { batch_size: 10, fuse, log_gradients: every(2), ..options(&[3, 8]) };
    let mut trainer = trainer(backend, network, &data, &options, None);
    let epochs = epoch(&mut trainer);
    for (replica, epoch) in epochs.iter().enumerate() {
        let last = epoch.gradient_norms.iter().filter(|norm| norm.step == 4);
        for (norm, gradient) in last.zip(ok(trainer.gradients(replica))) {
            let squares = gradient.data.iter().map(|&g| f64::from(g).powi(2));
            let expected = squares.sum::<f64>().sqrt();
            assert_eq!(norm.tensor, gradient.name);
            assert!((norm.norm - expected).abs() <= 1e-12 * expected, "{norm:?}, expected {expected}");
        }
    }
    [0, 1].map(|replica| epochs[replica].gradient_norms.clone())
}

/// Fused kernels add the gradients up elsewhere than plain ones, and Adam with them: every layer's are where they are read.
#[test]
fn both_backends_measure_the_same_norms_fused_and_plain() {
    let gap = Configuration { head: Head::GlobalAverage, ..Configuration::TUTORIAL[1] };
    for configuration in Configuration::TUTORIAL.into_iter().chain([gap]) {
        let network = Network::new([28, 28], configuration).unwrap();
        let plain = norms(&CPU, &network, false);
        for (name, backend, fuse) in [("CPU, fused", &CPU, true), ("GPU", gpu(), false), ("GPU, fused", gpu(), true)] {
            for (found, expected) in norms(backend, &network, fuse).iter().zip(&plain) {
                assert_eq!((found.len(), expected.len()), (16, 16));
                for (found, expected) in found.iter().zip(expected) {
                    assert_eq!((found.step, &found.tensor), (expected.step, &expected.tensor));
                    let difference = (found.norm - expected.norm).abs() / expected.norm;
                    assert!(
                        expected.norm > 1e-4 && difference <= 1e-3,
                        "{configuration}, {name}: {found:?}, expected {expected:?}"
                    );
                }
            }
        }
    }
}
