//! Rows and networks that the tests of files, figures and tables share.

use stridelab::model::{Configuration, ModelId, Network};
use stridelab::record::EpochRow;

/// The model of a configuration from seed 0.
pub(crate) fn model(configuration: Configuration) -> ModelId {
    ModelId { configuration, seed: 0 }
}

/// The network of a configuration on MNIST's images.
pub(crate) fn network(configuration: Configuration) -> Network {
    Network::new([28, 28], configuration).unwrap()
}

/// A row of `metrics.csv` with invented losses.
pub(crate) fn epoch(configuration: Configuration, epoch: u32, val_accuracy: f64, seconds: f64) -> EpochRow {
    EpochRow {
        model: model(configuration),
        epoch,
        train_loss: 0.3 / f64::from(epoch),
        train_accuracy: val_accuracy + 0.001,
        val_loss: 1.0 - val_accuracy,
        val_accuracy,
        seconds,
    }
}
