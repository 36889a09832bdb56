//! What a network costs, and the accuracy that it buys.

use super::by_configuration::configurations;
use super::comparison::Spread;
use crate::model::Configuration;
use crate::record::{CostSummaryRow, StudyRecords};

/// Cost and accuracy of every configuration, a row for each batch size of which classification was measured, or one
/// without it. Nothing is worked out here that the records do not hold.
pub fn cost_summary(records: &StudyRecords) -> Vec<CostSummaryRow> {
    let rows = configurations(records).into_iter().flat_map(|configuration| {
        let layers = || records.shapes.iter().filter(|row| row.configuration == configuration);
        let known = layers().next().is_some();
        let accuracies = records.of(configuration).into_iter().map(|row| row.final_val_accuracy);
        let spread = Spread::of(&accuracies.filter(|accuracy| accuracy.is_finite()).collect::<Vec<_>>());
        let interval = spread.and_then(|spread| spread.interval);
        let row = CostSummaryRow {
            configuration,
            parameters: known.then(|| layers().map(|row| row.parameters as u64).sum()),
            macs: known.then(|| layers().map(|row| row.macs).fold(0, u64::saturating_add)),
            seconds_per_step: seconds_per_step(records, configuration),
            batch_size: None,
            images_per_second: None,
            activation_bytes: None,
            n: spread.map_or(0, |spread| spread.n),
            val_accuracy: spread.map(|spread| spread.mean),
            low: interval.map(|interval| interval.low),
            high: interval.map(|interval| interval.high),
        };
        let measured = records.inference.iter().filter(|of| of.configuration == configuration);
        let with = |measured: &crate::record::InferenceRow| CostSummaryRow {
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

/// The median over all epochs in which the models of a configuration were trained; `None` of none.
fn seconds_per_step(records: &StudyRecords, configuration: Configuration) -> Option<f64> {
    let trained = records.epochs.iter().filter(|row| row.model.configuration == configuration && row.epoch > 0);
    let mut seconds: Vec<f64> = trained.map(|row| row.seconds).filter(|s| s.is_finite() && *s > 0.0).collect();
    seconds.sort_by(f64::total_cmp);
    let (low, high) = (seconds.get((seconds.len().max(1) - 1) / 2)?, seconds.get(seconds.len() / 2)?);
    let steps = records.run.steps_per_epoch;
    (steps > 0).then(|| (low + high) / 2.0 / steps as f64)
}
