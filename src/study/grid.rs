//! How many models train side by side.

use crate::backend::Backend;
use crate::data::Dataset;
use crate::error::Result;
use crate::model::Network;
use crate::plan::TrainingPlan;
use crate::train::{Snapshot, TrainOptions};

/// Models train side by side in at most so much memory, where there is so much, and the rest after them: the buffers
/// of ten models of the largest of the tutorial's networks take half of it.
pub const SIDE_BY_SIDE_BYTES: u64 = 2 << 30;

/// A group of models that share one plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Group {
    /// Models in it, at most.
    pub replicas: usize,
    /// Bytes of the plan's buffers.
    pub bytes: u64,
    /// Bytes of host memory that a snapshot of the models takes beside them.
    pub snapshot_bytes: u64,
}

/// A group whose buffers, and a snapshot of it, fit the backend and `room` bytes of memory: all models, halved until they fit; a single model takes
/// what it takes.
///
/// # Errors
/// [`crate::Error::Usage`] where not even one model fits.
pub(super) fn group(
    options: &TrainOptions,
    room: u64,
    backend: &Backend,
    data: &Dataset,
    network: &Network,
) -> Result<Group> {
    let mut options = options.plan_options(backend, data);
    loop {
        match TrainingPlan::new(network, &options) {
            Ok(training) => {
                let group = Group {
                    replicas: options.replicas,
                    bytes: training.plan.bytes(),
                    snapshot_bytes: Snapshot::host_bytes(training.plan.parameters_len, options.replicas),
                };
                if group.bytes.saturating_add(group.snapshot_bytes) <= room || group.replicas == 1 {
                    return Ok(group);
                }
            }
            Err(error) if options.replicas == 1 => return Err(error),
            Err(_) => {}
        }
        options.replicas = options.replicas.div_ceil(2);
    }
}
