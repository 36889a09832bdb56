//! Training, and what was learnt.

use std::collections::BTreeMap;

use super::answer::Answer;
use super::condition::{Condition, short};
use super::cost::between_strides;
use super::pairs::{Claimed, Scale, all_greater};
use crate::analysis::comparison::MARGIN;
use crate::model::Configuration;
use crate::record::StudyRecords;

/// The layer whose maps are compared.
const LAYER: &str = "conv1";
/// The tensor whose gradient has come through every layer.
const TENSOR: &str = "conv1.weight";

/// Variation of the maps an area of the image: greater is less smooth, so the claim is that it is greater at stride 2.
pub(super) fn stride_1_is_smoother(records: &StudyRecords, condition: &Condition) -> Answer {
    let variation = |configuration: Configuration| {
        let rows =
            records.smoothness.iter().filter(|row| row.model.configuration == configuration && row.layer == LAYER);
        rows.map(|row| (row.model.seed, row.variation_per_pixel)).collect::<BTreeMap<u64, f64>>()
    };
    let four = condition.four();
    if four.all().iter().any(|&configuration| variation(configuration).is_empty()) {
        return Answer::missing(condition, "variation of feature maps", condition.study(""));
    }
    let claimed = [[four.same2, four.same1], [four.valid2, four.valid1]].map(|[two, one]| {
        Claimed::new(format!("variation of {} − {}", short(two), short(one)), &variation(two), &variation(one), None)
    });
    all_greater(condition, &claimed, Scale::Number)
}

pub(super) fn stride_2_underfits(records: &StudyRecords, condition: &Condition) -> Answer {
    let training = |configuration| Condition::sample(records, configuration, |row| row.final_train_accuracy);
    let mut answer = between_strides(condition, training, Some(MARGIN), Scale::Points);
    if answer.computed() {
        answer.sentence = format!("accuracy on the training set with the final weights, {}", answer.sentence);
    }
    answer
}

/// The gain of the last epoch: validation accuracy after it, minus that after the one before.
fn last_gain(records: &StudyRecords, configuration: Configuration) -> BTreeMap<u64, f64> {
    let after = |seed: u64, epoch: u32| {
        let of = |row: &&crate::record::EpochRow| row.model.configuration == configuration && row.model.seed == seed;
        records.epochs.iter().filter(of).find(|row| row.epoch == epoch).map(|row| row.val_accuracy)
    };
    let finished = records.of(configuration).into_iter().filter(|row| row.epochs >= 2);
    let gain = |row: &crate::record::ModelRow| {
        let seed = row.model.seed;
        Some((seed, after(seed, row.epochs)? - after(seed, row.epochs - 1)?))
    };
    finished.filter_map(gain).collect()
}

pub(super) fn stride_2_plateaus(records: &StudyRecords, condition: &Condition) -> Answer {
    if records.models.iter().all(|row| row.epochs < 2) {
        return Answer::missing(condition, "models of two epochs or more", condition.study(""));
    }
    let gains: Vec<(Configuration, BTreeMap<u64, f64>)> =
        condition.four().all().into_iter().map(|c| (c, last_gain(records, c))).collect();
    let gain = |configuration| {
        gains.iter().find(|(c, _)| *c == configuration).map(|(_, gain)| gain.clone()).unwrap_or_default()
    };
    let mut answer = between_strides(condition, gain, Some(MARGIN), Scale::Points);
    if answer.computed() {
        let mean = |gain: &BTreeMap<u64, f64>| 100.0 * gain.values().sum::<f64>() / gain.len() as f64;
        let part = |(c, gain): &(Configuration, BTreeMap<u64, f64>)| format!("{} {:+.2}", short(*c), mean(gain));
        let parts: Vec<String> = gains.iter().filter(|(_, gain)| !gain.is_empty()).map(part).collect();
        answer.sentence = format!("points gained in the last epoch: {}; {}", parts.join("; "), answer.sentence);
    }
    answer
}

/// The gap between training and validation accuracy is the smallest where a network generalises best.
pub(super) fn same_generalises_best(records: &StudyRecords, condition: &Condition) -> Answer {
    let gap = |configuration| {
        Condition::sample(records, configuration, |row| row.final_train_accuracy - row.final_val_accuracy)
    };
    let four = condition.four();
    let own = gap(four.same1);
    let claimed = [four.same2, four.valid1, four.valid2].map(|other| {
        Claimed::new(format!("gap of {} − {}", short(other), short(four.same1)), &gap(other), &own, Some(MARGIN))
    });
    let mut answer = all_greater(condition, &claimed, Scale::Points);
    if answer.computed() && !own.is_empty() {
        let mean = 100.0 * own.values().sum::<f64>() / own.len() as f64;
        answer.sentence = format!(
            "training minus validation accuracy of {}: {mean:.2} points; {}",
            short(four.same1),
            answer.sentence
        );
    }
    answer
}

/// Mean over the recorded steps of the natural logarithm of the norm of conv1's gradient, by seed.
pub(super) fn same_helps_gradients(records: &StudyRecords, condition: &Condition) -> Answer {
    // Gradients shrink while a model trains: one that has fewer steps than the others is not to be compared.
    let norm = |configuration: Configuration| {
        let finished = Condition::sample(records, configuration, |_| 0.0);
        let mut sums: BTreeMap<u64, [f64; 2]> = BTreeMap::new();
        for row in
            records.gradients.iter().filter(|row| row.model.configuration == configuration && row.tensor == TENSOR)
        {
            if !finished.contains_key(&row.model.seed) {
                continue;
            }
            let [sum, count] = sums.entry(row.model.seed).or_default();
            *sum += row.norm.ln();
            *count += 1.0;
        }
        sums.into_iter().map(|(seed, [sum, count])| (seed, sum / count)).collect::<BTreeMap<u64, f64>>()
    };
    let four = condition.four();
    if four.all().iter().any(|&configuration| norm(configuration).is_empty()) {
        return Answer::missing(condition, "norms of gradients", condition.study("--log-gradients 50"));
    }
    let claimed = [[four.same1, four.valid1], [four.same2, four.valid2]].map(|[same, valid]| {
        let what = format!("ln of the norm of conv1's gradient, {} − {}", short(same), short(valid));
        Claimed::new(what, &norm(same), &norm(valid), None)
    });
    all_greater(condition, &claimed, Scale::Number)
}
