//! Options from which no plan can be made are usage errors of one line.

use stridelab::Error;
use stridelab::error::Remedy;
use stridelab::model::{Configuration, Network};
use stridelab::ops::adam::AdamParameters;
use stridelab::plan::{PlanOptions, TrainingPlan};

fn options() -> PlanOptions {
    PlanOptions {
        batch: 4,
        train_samples: 10,
        test_samples: 5,
        replicas: 1,
        evaluate_capacity: 3,
        max_binding_bytes: u64::MAX,
        adam: AdamParameters::default(),
        fuse: true,
    }
}

fn refused(options: PlanOptions, words: &str) {
    let network = Network::new([28, 28], Configuration::TUTORIAL[0]).expect("a network");
    match TrainingPlan::new(&network, &options) {
        Err(Error::Usage(message)) => {
            assert!(message.to_string().contains(words) && !message.to_string().contains('\n'), "{message}")
        }
        other => panic!("{options:?}: {other:?}"),
    }
}

#[test]
fn nothing_to_plan_for() {
    refused(PlanOptions { batch: 0, ..options() }, "batch size");
    refused(PlanOptions { train_samples: 0, ..options() }, "training samples");
    refused(PlanOptions { test_samples: 0, ..options() }, "test samples");
    refused(PlanOptions { replicas: 0, ..options() }, "seeds");
}

/// The largest buffer of this plan is the output of conv1 in a training step.
#[test]
fn a_buffer_past_the_limit_is_named() {
    let bytes = 4 * 64 * 28 * 28 * 32;
    refused(
        PlanOptions { batch: 64, train_samples: 64, max_binding_bytes: bytes - 1, ..options() },
        "train_step conv1",
    );
}

/// A smaller batch is advised where it makes the buffer smaller, and fewer samples where those do.
#[test]
fn only_what_helps_is_advised() {
    let network = Network::new([28, 28], Configuration::TUTORIAL[3]).expect("a network");
    let remedies = |options: PlanOptions| {
        let error = TrainingPlan::new(&network, &options).unwrap_err();
        error.problem().unwrap_or_else(|| panic!("{error}")).remedies.clone()
    };
    let step = PlanOptions { batch: 64, train_samples: 64, max_binding_bytes: 1 << 20, ..options() };
    assert_eq!(remedies(step), [Remedy::SmallerBatch, Remedy::SmallerImages, Remedy::CpuBackend]);
    let samples = PlanOptions { train_samples: 10_000, max_binding_bytes: 1 << 20, ..options() };
    assert_eq!(remedies(samples), [Remedy::FewerSamples, Remedy::SmallerImages, Remedy::CpuBackend]);
    let parameters = PlanOptions { max_binding_bytes: 100_000, ..options() };
    assert_eq!(remedies(parameters), [Remedy::SmallerImages, Remedy::CpuBackend]);
}
