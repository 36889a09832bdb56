//! What a network costs, and the accuracy that it buys.

use std::collections::BTreeMap;

use super::by_configuration::configurations;
use super::comparison::Spread;
use crate::model::Configuration;
use crate::record::{CostSummaryRow, EpochRow, InferenceRow, Machine, ShapeRow, StudyRecords};

/// Cost and accuracy of every configuration, a row for each batch size of which classification was measured, or one
/// without it. Nothing is worked out here that the records do not hold. Of runs on several machines only the first one's
/// have times: others are no comparison.
pub fn cost_summary(records: &StudyRecords) -> Vec<CostSummaryRow> {
    let configurations = configurations(records);
    let accuracies = |&configuration: &Configuration| {
        let accuracies = records.of(configuration).into_iter().map(|row| row.final_val_accuracy);
        accuracies.filter(|accuracy| accuracy.is_finite()).collect::<Vec<_>>()
    };
    let spreads = Spread::of_all(&configurations.iter().map(accuracies).collect::<Vec<_>>());
    let rows = configurations.into_iter().zip(spreads).flat_map(|(configuration, spread)| {
        // By name: records of several runs may have a network twice.
        let own = records.shapes.iter().filter(|row| row.configuration == configuration);
        let layers: BTreeMap<&str, &ShapeRow> = own.map(|row| (row.layer.as_str(), row)).collect();
        let known = !layers.is_empty();
        let interval = spread.and_then(|spread| spread.interval);
        let row = CostSummaryRow {
            configuration,
            parameters: known.then(|| layers.values().map(|row| row.parameters as u64).sum()),
            macs: known.then(|| layers.values().map(|row| row.macs).fold(0, u64::saturating_add)),
            seconds_per_step: seconds_per_step(records, configuration),
            batch_size: None,
            images_per_second: None,
            activation_bytes: None,
            n: spread.map_or(0, |spread| spread.n),
            val_accuracy: spread.map(|spread| spread.mean),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
        };
        let comparable =
            |row: &&InferenceRow| row.configuration == configuration && of_the_first(records, configuration);
        let measured = records.inference.iter().filter(comparable);
        let with = |measured: &InferenceRow| CostSummaryRow {
            batch_size: Some(measured.batch_size),
            images_per_second: Some(measured.images_per_second).filter(|rate| rate.is_finite()),
            activation_bytes: Some(measured.activation_bytes),
            ..row.clone()
        };
        let rows: Vec<CostSummaryRow> = measured.map(with).collect();
        if rows.is_empty() { vec![row] } else { rows }
    });
    rows.collect()
}

/// Whether all finished models of these configurations were computed on one machine.
pub(super) fn on_one_machine(records: &StudyRecords, configurations: &[Configuration]) -> bool {
    let models = configurations.iter().flat_map(|&configuration| records.of(configuration));
    let mut machines = models.map(|row| records.run.machine_of(row.model));
    let Some(first) = machines.next() else { return true };
    let is_first = |other: &Machine| first.is_some_and(|first| first.is_same_machine(other));
    first.is_some() && machines.all(|machine| machine.is_some_and(is_first))
}

/// Whether all finished models of a configuration were computed on the machine of the first run.
fn of_the_first(records: &StudyRecords, configuration: Configuration) -> bool {
    let is_first = |machine: &Machine| machine.is_same_machine(&records.run.machine);
    records.of(configuration).iter().all(|row| records.run.machine_of(row.model).is_some_and(is_first))
}

/// On the machine of the first run: the median over all epochs in which the models of a configuration were trained; `None` of none.
fn seconds_per_step(records: &StudyRecords, configuration: Configuration) -> Option<f64> {
    let machine = &records.run.machine;
    let is_first = |row: &&EpochRow| records.run.machine_of(row.model).is_some_and(|of| of.is_same_machine(machine));
    let trained = records.epochs.iter().filter(|row| row.model.configuration == configuration && row.epoch > 0);
    let trained = trained.filter(is_first);
    let mut seconds: Vec<f64> = trained.map(|row| row.seconds).filter(|s| s.is_finite() && *s > 0.0).collect();
    seconds.sort_by(f64::total_cmp);
    let (low, high) = (seconds.get((seconds.len().max(1) - 1) / 2)?, seconds.get(seconds.len() / 2)?);
    let steps = records.run.steps_per_epoch;
    (steps > 0).then(|| (low + high) / 2.0 / steps as f64)
}
