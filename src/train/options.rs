//! How to train.

use std::num::NonZeroU32;

use crate::backend::Backend;
use crate::data::Dataset;
use crate::ops::adam::AdamParameters;
use crate::plan::PlanOptions;

/// How to train.
#[derive(Debug, Clone, PartialEq)]
pub struct TrainOptions {
    /// Samples a step.
    pub batch_size: usize,
    /// Adam's learning rate.
    pub learning_rate: f64,
    /// One seed a replica: its initial weights and sample orders.
    pub seeds: Vec<u64>,
    /// Whether samples are reshuffled every epoch, or taken in file order.
    pub shuffle: bool,
    /// Rows of a validation step, at most.
    pub evaluate_capacity: usize,
    /// Whether the backend may replace runs of operations by faster ones of its own.
    pub fuse: bool,
    /// Every so many steps the norm of each tensor's gradient is measured. No bit of the training depends on it.
    pub log_gradients: Option<NonZeroU32>,
}

/// Keras' defaults, and the tutorial's batch.
impl Default for TrainOptions {
    fn default() -> Self {
        TrainOptions {
            batch_size: 64,
            learning_rate: 1e-3,
            seeds: vec![0],
            shuffle: true,
            evaluate_capacity: 500,
            fuse: true,
            log_gradients: None,
        }
    }
}

impl TrainOptions {
    /// What a plan for these options, this data and this backend is made for.
    pub fn plan_options(&self, backend: &Backend, data: &Dataset) -> PlanOptions {
        PlanOptions {
            batch: self.batch_size,
            train_samples: data.train.count,
            test_samples: data.test.count,
            replicas: self.seeds.len(),
            evaluate_capacity: self.evaluate_capacity,
            max_binding_bytes: backend.max_binding_bytes(),
            adam: AdamParameters::default(),
            fuse: self.fuse,
        }
    }
}
