//! Accuracy over a grid of shifts of the test images.

use std::collections::BTreeMap;

use super::by_configuration::Configurations;
use super::statistics::{mean, standard_deviation};
use crate::record::{ShiftAccuracyRow, StudyRecords};

/// Accuracy of every configuration at every shift over its seeds, row by row of the grid from the top left.
pub fn shift_accuracy(records: &StudyRecords) -> Vec<ShiftAccuracyRow> {
    let mut configurations = Configurations::of(records);
    let mut all: BTreeMap<(usize, i32, i32), Vec<f64>> = BTreeMap::new();
    for row in records.shifts.iter().filter(|row| row.images > 0) {
        let at = (configurations.index(row.model.configuration), row.dy, row.dx);
        all.entry(at).or_default().push(f64::from(row.right) / f64::from(row.images));
    }
    let row = |((index, dy, dx), accuracies): ((usize, i32, i32), Vec<f64>)| ShiftAccuracyRow {
        configuration: configurations.0[index],
        dx,
        dy,
        n: accuracies.len(),
        mean: mean(&accuracies),
        sd: Some(standard_deviation(&accuracies)).filter(|sd| sd.is_finite()),
    };
    all.into_iter().map(row).collect()
}
