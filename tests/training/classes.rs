//! Networks of more than ten classes, such as those of EMNIST: the GPU's fused head holds sixteen, and what does not fit
//! runs as plain operations.

use super::training::{epoch, options};
use crate::common::training::{CPU, gpu, network, part, trainer};
use crate::common::{close, ok, wide};
use stridelab::data::Dataset;
use stridelab::train::{Epoch, TrainOptions};

/// Samples of MNIST with labels of so many classes.
fn labelled(classes: usize) -> Dataset {
    let mut data = part(0..54, 40);
    for split in [&mut data.train, &mut data.test] {
        split.labels.iter_mut().enumerate().for_each(|(i, label)| *label = (i * 7 % classes) as u8);
    }
    data
}

/// Both backends, with and without fused kernels, see the same losses and gradients.
#[test]
fn any_number_of_classes_trains_the_same_everywhere() {
    for classes in [2, 16, 17, 26, 27, 47, 62, 256] {
        let data = labelled(classes);
        let network = network(2, "valid").with_classes(classes).unwrap();
        let mut results: Vec<(String, Epoch, Vec<f32>)> = Vec::new();
        for (name, backend) in [("CPU", &CPU), ("GPU", gpu())] {
            for fuse in [false, true] {
                let options = TrainOptions { fuse, ..options(&[3]) };
                let mut one_step = trainer(backend, &network, &data, &options, None);
                ok(one_step.first_steps(1));
                let gradients = ok(one_step.gradients(0)).into_iter().flat_map(|tensor| tensor.data).collect();
                let result = epoch(&mut trainer(backend, &network, &data, &options, None)).remove(0);
                results.push((format!("{classes} classes, {name}, fused {fuse}"), result, gradients));
            }
        }
        let (first, others) = results.split_first().unwrap();
        assert!((first.1.step_losses[0] - (classes as f64).ln()).abs() < 0.5, "{}: {:?}", first.0, first.1.step_losses);
        for (what, result, gradients) in others {
            for (a, b) in first.1.step_losses.iter().zip(&result.step_losses) {
                assert!((a - b).abs() < 5e-5, "{what}: {a} {b}");
            }
            assert!((first.1.validation.loss - result.validation.loss).abs() < 5e-5, "{what}");
            close(what, gradients, &wide(&first.2), 1e-5);
        }
    }
}

/// A label that is no class is refused before a kernel indexes by it.
#[test]
fn labels_beyond_the_classes_are_refused() {
    let data = labelled(47);
    let network = network(2, "valid").with_classes(46).unwrap();
    let trainer = pollster::block_on(stridelab::train::Trainer::new(&CPU, &network, &data, &options(&[0]), None));
    let error = trainer.err().expect("label 46 of 46 classes");
    assert!(error.to_string().contains("label 46, but the classes are 0 to 45"), "{error}");
}
