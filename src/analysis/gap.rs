//! What the models lose between the training set and the validation set.

use super::by_configuration::configurations;
use super::comparison::Spread;
use crate::record::{GapRow, StudyRecords};

/// Accuracy on the training set less accuracy on the validation set of every configuration with finished models, over
/// its seeds. Models of which one of the two is not known are left out.
pub fn gap(records: &StudyRecords) -> Vec<GapRow> {
    let row = |configuration| {
        let models = records.of(configuration);
        let gaps = models.iter().map(|row| row.final_train_accuracy - row.final_val_accuracy);
        let spread = Spread::of(&gaps.filter(|gap| gap.is_finite()).collect::<Vec<_>>())?;
        Some(GapRow {
            configuration,
            n: spread.n,
            mean: spread.mean,
            sd: spread.sd,
            low: spread.interval.map(|interval| interval.low),
            high: spread.interval.map(|interval| interval.high),
        })
    };
    configurations(records).into_iter().filter_map(row).collect()
}
