//! Every pair of networks that differ in stride and padding alone, compared over their seeds.

use std::collections::BTreeMap;

use super::by_configuration::configurations;
use super::comparison::{Comparison, MARGIN, Verdict};
use super::pair_table::PairTable;
use crate::model::geometry::Padding;
use crate::model::{Configuration, Strides};
use crate::record::{DifferenceRow, StudyRecords};

/// The pairs of each group of configurations that differ in stride and padding alone, groups in the order in which they
/// were trained. Each group is corrected as one family (Holm). Groups of one configuration have no pair.
pub fn differences(records: &StudyRecords) -> Vec<DifferenceRow> {
    let base = |c: &Configuration| Configuration { strides: Strides::all(1), padding: Padding::Same, ..*c };
    let mut groups: Vec<Vec<Configuration>> = Vec::new();
    for configuration in configurations(records) {
        match groups.iter_mut().find(|group| base(&group[0]) == base(&configuration)) {
            Some(group) => group.push(configuration),
            None => groups.push(vec![configuration]),
        }
    }
    groups.iter().flat_map(|group| of_group(records, group)).collect()
}

fn of_group(records: &StudyRecords, group: &[Configuration]) -> Vec<DifferenceRow> {
    let sample = |&configuration: &Configuration| -> BTreeMap<u64, f64> {
        let models = records.of(configuration).into_iter();
        models.map(|row| (row.model.seed, row.final_val_accuracy)).filter(|(_, value)| value.is_finite()).collect()
    };
    let samples: Vec<_> = group.iter().map(sample).collect();
    let table = PairTable::of(&samples, Some(MARGIN));
    let row = |([first, second], comparison): ([usize; 2], &Comparison)| {
        let difference = comparison.difference;
        let verdict = match comparison.verdict {
            Verdict::FirstGreater => "first",
            Verdict::SecondGreater => "second",
            Verdict::Equivalent => "equivalent",
            Verdict::Undecided { .. } => "undecided",
        };
        Some(DifferenceRow {
            configuration: group[first],
            second: group[second].slug(),
            n: difference.n,
            mean: difference.mean?,
            sd: difference.sd,
            low: difference.interval.map(|interval| interval.low),
            high: difference.interval.map(|interval| interval.high),
            p: comparison.p,
            equivalence_p: comparison.equivalence_p,
            superiority: difference.superiority,
            verdict: verdict.into(),
        })
    };
    table.iter().filter_map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Head, ModelId};
    use crate::record::ModelRow;

    fn model(configuration: Configuration, seed: u64, accuracy: f64) -> ModelRow {
        let model = ModelId { configuration, seed };
        ModelRow {
            model,
            epochs: 1,
            final_train_loss: 0.1,
            final_train_accuracy: accuracy,
            final_val_loss: 0.1,
            final_val_accuracy: accuracy,
            seconds: 1.0,
        }
    }

    #[test]
    fn pairs_are_made_among_networks_that_differ_in_stride_and_padding_alone() {
        let [first, second, ..] = Configuration::TUTORIAL;
        let gap = Configuration { head: Head::GlobalAverage, ..first };
        let noise = [0.0, 3e-4, -2e-4, 1e-4, -3e-4, 2e-4, -1e-4, 4e-4];
        let mut records = StudyRecords::default();
        for (seed, noise) in (0..).zip(noise) {
            records.models.push(model(first, seed, 0.98 + noise));
            records.models.push(model(second, seed, 0.97));
            records.models.push(model(gap, seed, 0.9));
        }
        records.models.push(model(second, 99, 0.1));
        let rows = differences(&records);
        let [row] = &rows[..] else { panic!("{rows:?}") };
        assert_eq!((row.configuration, row.second.as_str(), row.n), (first, "stride2-same", 8));
        assert!((row.mean - 0.01005).abs() < 1e-9 && row.verdict == "first" && row.superiority == Some(1.0), "{row:?}");
        assert!(row.low.is_some_and(|low| low > 0.0098) && row.high.is_some_and(|high| high < 0.0103), "{row:?}");
        assert!((row.p - 2.0 / 256.0).abs() < 1e-12, "{row:?}");
        assert!(differences(&StudyRecords::default()).is_empty());
    }
}
