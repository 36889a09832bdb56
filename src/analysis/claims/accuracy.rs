//! Which configuration is more accurate.

use std::collections::BTreeMap;

use super::answer::{Answer, ClaimVerdict, Effect, EffectUnit};
use super::condition::{Condition, Four, short};
use super::pairs::{Claimed, Scale, all_greater};
use crate::analysis::PairTable;
use crate::analysis::comparison::{MARGIN, Verdict};
use crate::analysis::statistics::{kendall_tau, mean};
use crate::model::Configuration;
use crate::record::StudyRecords;

/// Validation accuracy with the final weights, by seed.
fn accuracy(records: &StudyRecords, configuration: Configuration) -> BTreeMap<u64, f64> {
    Condition::sample(records, configuration, |row| row.final_val_accuracy)
}

fn above(records: &StudyRecords, greater: Configuration, smaller: Configuration) -> Claimed {
    let what = format!("{} − {}", short(greater), short(smaller));
    Claimed::new(what, &accuracy(records, greater), &accuracy(records, smaller), Some(MARGIN))
}

pub(super) fn same_at_stride_1_is_best(records: &StudyRecords, condition: &Condition) -> Answer {
    let Four { same1, same2, valid1, valid2 } = condition.four();
    let claimed = [valid1, same2, valid2].map(|other| above(records, same1, other));
    all_greater(condition, &claimed, Scale::Points)
}

pub(super) fn valid_is_slightly_lower(records: &StudyRecords, condition: &Condition) -> Answer {
    let Four { same1, valid1, .. } = condition.four();
    all_greater(condition, &[above(records, same1, valid1)], Scale::Points)
}

pub(super) fn stride_2_is_lower(records: &StudyRecords, condition: &Condition) -> Answer {
    let Four { same1, same2, valid1, .. } = condition.four();
    all_greater(condition, &[above(records, same1, same2), above(records, valid1, same2)], Scale::Points)
}

pub(super) fn valid_at_stride_2_is_worst(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four();
    let others = [four.same1, four.same2, four.valid1];
    let mut answer = all_greater(condition, &others.map(|other| above(records, other, four.valid2)), Scale::Points);
    let samples = others.map(|other| accuracy(records, other));
    let last = |(seed, worst): (&u64, &f64)| samples.iter().all(|sample| sample.get(seed).is_some_and(|a| a > worst));
    let own = accuracy(records, four.valid2);
    let complete = own.keys().filter(|seed| samples.iter().all(|sample| sample.contains_key(seed))).count();
    if answer.computed() {
        let share = own.iter().filter(|&pair| last(pair)).count();
        answer.sentence += &format!("; last in {share} of {complete}");
    }
    answer
}

/// The tutorial trains three epochs.
const EPOCHS: u32 = 3;

pub(super) fn more_epochs_change_nothing(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four().all();
    let last = records.epochs.iter().map(|row| row.epoch).max().unwrap_or(0);
    if last <= EPOCHS {
        return Answer::missing(condition, "more than three epochs", condition.study("--epochs 12"));
    }
    let after = |epoch: u32| {
        four.map(|configuration| {
            let rows = records.epochs.iter().filter(|row| row.model.configuration == configuration);
            let rows = rows.filter(|row| row.epoch == epoch && !row.diverged());
            rows.map(|row| (row.model.seed, row.val_accuracy)).collect::<BTreeMap<u64, f64>>()
        })
    };
    let (early, late) = (after(EPOCHS), after(last));
    if early.iter().chain(&late).any(BTreeMap::is_empty) {
        return Answer::missing(
            condition,
            "models of all four networks over more than three epochs",
            condition.study("--epochs 12"),
        );
    }
    let means = |samples: &[BTreeMap<u64, f64>; 4]| {
        samples.each_ref().map(|sample| mean(&sample.values().copied().collect::<Vec<_>>()))
    };
    let tau = kendall_tau(&means(&early), &means(&late)).unwrap_or(1.0);
    let verdicts = |samples: &[BTreeMap<u64, f64>; 4]| {
        PairTable::of(samples, Some(MARGIN)).iter().map(|(_, comparison)| comparison.verdict).collect::<Vec<_>>()
    };
    let (before, now) = (verdicts(&early), verdicts(&late));
    let undecided = |verdict: &Verdict| matches!(verdict, Verdict::Undecided { .. });
    let decided = before.iter().zip(&now).filter(|(a, b)| !undecided(a) && !undecided(b));
    let changed = decided.clone().filter(|(a, b)| a != b).count();
    let decided = decided.count();
    let verdict = match () {
        () if changed > 0 => ClaimVerdict::Contradicted,
        () if decided == before.len() => ClaimVerdict::Supported,
        () => ClaimVerdict::Undecided { seeds: None },
    };
    let n = early.iter().chain(&late).map(BTreeMap::len).min();
    Answer {
        condition: condition.to_string(),
        verdict,
        effect: Some(Effect {
            n,
            ..Effect::exact(format!("Kendall's τ, epoch {EPOCHS} and {last}"), tau, EffectUnit::Number)
        }),
        sentence: format!(
            "from epoch {EPOCHS} to epoch {last} the rankings agree with τ = {tau:.2}; of six pairs {decided} are decided at \
             both, and {changed} of them otherwise"
        ),
        command: None,
    }
}
