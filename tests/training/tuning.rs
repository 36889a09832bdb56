//! Choices by measurement: none of them changes a bit of what is trained.

use std::sync::Arc;
use std::time::Duration;

use crate::common::training::{part, trainer};
use crate::common::{ok, same_bits};
use stridelab::backend::Backend;
use stridelab::gpu::{Measured, Tuning};
use stridelab::model::{Configuration, Network};
use stridelab::record::Machine;
use stridelab::train::TrainOptions;

/// A GPU that runs these kernels.
fn gpu(tiles: bool) -> stridelab::gpu::Gpu {
    let mut gpu = ok(stridelab::gpu::open(None, false));
    gpu.tuning_mut().set("tiles", if tiles { "1" } else { "0" }).expect("a choice");
    gpu
}

/// Of each measured choice the candidate that `better` prefers.
fn extreme(rows: &[Measured], better: impl Fn(f64, f64) -> bool) -> Vec<(&str, usize)> {
    let mut chosen: Vec<&Measured> = Vec::new();
    for row in rows {
        match chosen.iter_mut().find(|other| other.choice == row.choice) {
            Some(other) if better(row.seconds, other.seconds) => *other = row,
            Some(_) => {}
            None => chosen.push(row),
        }
    }
    chosen.iter().map(|row| (row.choice.as_str(), row.value)).collect()
}

/// Weights and losses after three steps with the fastest candidate of each choice, and with the slowest.
#[test]
fn fastest_and_slowest_train_to_the_same_bits() {
    let data = part(0..11, 5);
    for tiles in [false, true] {
        let rows = ok(stridelab::gpu::measure(&gpu(tiles), Duration::from_secs(20)));
        assert!(rows.iter().all(|row| row.seconds > 0.0), "{rows:?}");
        let (fastest, slowest) = (extreme(&rows, |a, b| a < b), extreme(&rows, |a, b| a > b));
        assert!(!fastest.is_empty(), "nothing was measured");
        assert!(fastest.iter().zip(&slowest).all(|(a, b)| a.0 == b.0 && a.1 != b.1), "{fastest:?}, {slowest:?}");
        let train = |choices: &[(&str, usize)]| {
            let mut gpu = gpu(tiles);
            for (name, value) in choices {
                gpu.tuning_mut().set(name, &value.to_string()).expect("a choice");
            }
            let network = Network::new([28, 28], Configuration::TUTORIAL[2]).expect("a network");
            let options = TrainOptions { batch_size: 4, ..TrainOptions::default() };
            let mut trainer = trainer(&Backend::Gpu(Arc::new(gpu)), &network, &data, &options, None);
            let losses: Vec<f32> = ok(trainer.first_steps(3))[0].iter().map(|&loss| loss as f32).collect();
            let weights: Vec<f32> = ok(trainer.state(0)).weights.into_iter().flat_map(|tensor| tensor.data).collect();
            [losses, weights]
        };
        let ([losses, weights], [got_losses, got_weights]) = (train(&slowest), train(&fastest));
        let what = format!("tiles {tiles}, {fastest:?} against {slowest:?}");
        same_bits(&format!("losses of {what}"), &got_losses, &losses);
        same_bits(&format!("weights of {what}"), &got_weights, &weights);
    }
}

/// Two records that differ in nothing but choices by measurement are of the same device: one run may go on where the
/// other stopped. Any other choice makes two devices of them.
#[test]
fn a_choice_that_changes_no_bit_makes_no_other_device() {
    let machine = |name: &str| {
        let mut kernels = serde_json::to_value(gpu(false).tuning()).expect("JSON");
        kernels[name] = serde_json::json!(12345);
        Machine { backend: "gpu".into(), kernels, ..Machine::default() }
    };
    let kernels = serde_json::to_value(gpu(false).tuning()).expect("JSON");
    let unchanged = Machine { backend: "gpu".into(), kernels: kernels.clone(), ..Machine::default() };
    for name in kernels.as_object().expect("choices by name").keys() {
        let neutral = Tuning::NEUTRAL.contains(&name.as_str());
        assert_eq!(unchanged.is_same_device(&machine(name)), neutral, "{name}");
        // The record of a version that did not have the choice.
        let mut earlier = unchanged.clone();
        earlier.kernels.as_object_mut().expect("choices by name").remove(name);
        assert_eq!(unchanged.is_same_device(&earlier), neutral, "without {name}");
    }
}
