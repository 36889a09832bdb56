//! What the models lose between the training set and the validation set.

use super::by_configuration::configurations;
use super::comparison::Spread;
use crate::model::Configuration;
use crate::record::{GapRow, StudyRecords};

/// Accuracy on the training set less accuracy on the validation set of every configuration with finished models, over
/// its seeds. Models of which one of the two is not known are left out.
pub fn gap(records: &StudyRecords) -> Vec<GapRow> {
    let configurations = configurations(records);
    let gaps = |&configuration: &Configuration| {
        let models = records.of(configuration);
        let gaps = models.iter().map(|row| row.final_train_accuracy - row.final_val_accuracy);
        gaps.filter(|gap| gap.is_finite()).collect::<Vec<_>>()
    };
    let spreads = Spread::of_all(&configurations.iter().map(gaps).collect::<Vec<_>>());
    let row = |(configuration, spread): (Configuration, Option<Spread>)| {
        let spread = spread?;
        Some(GapRow {
            configuration,
            n: spread.n,
            mean: spread.mean,
            sd: spread.sd,
            low: spread.interval.map(|interval| interval.low),
            high: spread.interval.map(|interval| interval.high),
        })
    };
    configurations.into_iter().zip(spreads).filter_map(row).collect()
}
