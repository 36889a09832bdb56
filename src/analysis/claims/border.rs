//! The border of the images: what ink lies there, and what a network makes of it.

use std::collections::BTreeMap;

use super::answer::{Answer, ClaimVerdict, Effect, EffectUnit};
use super::condition::{Condition, short};
use super::pairs::{Claimed, Scale, all_greater};
use crate::analysis::comparison::MARGIN;
use crate::analysis::coverage::Coverage;
use crate::model::Configuration;
use crate::record::{InkRow, StudyRecords};

/// A ring holds parts of a class where at least this share of its images have any ink there.
const IMAGES: f64 = 0.05;
/// Shapes are truncated where at least this share of the ink is out of a network's reach.
const INK: f64 = 0.01;
/// Pixels by which a shift brings MNIST's digits, which lie in the middle 20×20, to the border.
const TO_THE_BORDER: i32 = 4;
/// Classes that the tutorial names.
const NAMED: [u8; 4] = [0, 5, 6, 9];

pub(super) fn border_holds_digits(records: &StudyRecords, condition: &Condition) -> Answer {
    let crop = condition.crop();
    let share = |row: &InkRow| f64::from(row.images_with_ink) / f64::from(row.images.max(1));
    let border = records.ink.iter().filter(|row| row.crop == crop && row.ring == 0);
    let shares: BTreeMap<u8, f64> = border.map(|row| (row.class, share(row))).collect();
    let named: Vec<f64> = NAMED.iter().filter_map(|class| shares.get(class).copied()).collect();
    if named.len() < NAMED.len() {
        return Answer::missing(condition, "ink of the classes 0, 5, 6 and 9", condition.study(""));
    }
    let least = named.iter().copied().fold(f64::INFINITY, f64::min);
    let most = named.iter().copied().fold(0.0, f64::max);
    let verdict = match () {
        () if least >= IMAGES => ClaimVerdict::Supported,
        () if most < IMAGES => ClaimVerdict::Contradicted,
        () => ClaimVerdict::Undecided { seeds: None },
    };
    let list: Vec<String> = shares.iter().map(|(class, share)| format!("{class}: {:.1}", 100.0 * share)).collect();
    Answer {
        condition: condition.to_string(),
        verdict,
        effect: Some(Effect::exact(
            "images of 0, 5, 6, 9 with ink in the outer ring, the most",
            100.0 * most,
            EffectUnit::Percent,
        )),
        sentence: format!(
            "per cent of test images with any ink in the outermost ring, by class: {}; a class holds parts there if at least \
             {:.0} % of its images do",
            list.join(", "),
            100.0 * IMAGES
        ),
        command: None,
    }
}

/// Accuracy as it is, by seed, for the models that have stored predictions.
fn as_it_is(records: &StudyRecords, configuration: Configuration) -> BTreeMap<u64, f64> {
    Condition::sample(records, configuration, |row| row.final_val_accuracy)
}

/// Accuracy with the pixels blanked that `unread_by` cannot read, by seed.
fn blanked(records: &StudyRecords, configuration: Configuration, unread_by: Configuration) -> BTreeMap<u64, f64> {
    let name = unread_by.slug();
    let mut counts: BTreeMap<u64, [u64; 2]> = BTreeMap::new();
    for row in &records.blanked {
        if row.model.configuration == configuration && row.unread_by == name {
            let [right, images] = counts.entry(row.model.seed).or_default();
            *right += u64::from(row.right);
            *images += u64::from(row.images);
        }
    }
    counts.into_iter().map(|(seed, [right, images])| (seed, right as f64 / images as f64)).collect()
}

/// Whether a network reads any pixel that the other one cannot. Blanking these says nothing about one that does not.
fn reads_more(records: &StudyRecords, configuration: Configuration, other: Configuration) -> bool {
    let coverage = |configuration| Condition::network(records, configuration).map(|network| Coverage::of(&network));
    let Some((own, other)) = coverage(configuration).zip(coverage(other)) else { return false };
    own.paths.iter().zip(&other.paths).any(|(&own, &other)| own > 0 && other == 0)
}

pub(super) fn losing_the_border_harms(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four();
    let mut claimed = Vec::new();
    for unread_by in [four.valid1, four.valid2] {
        for network in [four.same1, four.same2] {
            let without = blanked(records, network, unread_by);
            if !without.is_empty() && reads_more(records, network, unread_by) {
                let what = format!("{}, whole images − without what {} cannot read", short(network), short(unread_by));
                claimed.push(Claimed::new(what, &as_it_is(records, network), &without, Some(MARGIN)));
            }
        }
    }
    if claimed.is_empty() {
        return Answer::missing(condition, "accuracies with blanked pixels", condition.study(""));
    }
    all_greater(condition, &claimed, Scale::Points)
}

/// Loss of accuracy, by seed, when the images are shifted by [`TO_THE_BORDER`] pixels: accuracy without a shift, minus the mean over
/// all shifts by as much in either direction.
fn loss_by_shift(records: &StudyRecords, configuration: Configuration) -> BTreeMap<u64, f64> {
    #[derive(Default)]
    struct ShiftSums {
        middle: Option<f64>,
        far: f64,
        count: f64,
    }
    let mut sums: BTreeMap<u64, ShiftSums> = BTreeMap::new();
    for row in records.shifts.iter().filter(|row| row.model.configuration == configuration) {
        let accuracy = f64::from(row.right) / f64::from(row.images.max(1));
        let sums = sums.entry(row.model.seed).or_default();
        match row.dx.abs().max(row.dy.abs()) {
            0 => sums.middle = Some(accuracy),
            TO_THE_BORDER => {
                sums.far += accuracy;
                sums.count += 1.0;
            }
            _ => {}
        }
    }
    let complete = sums.into_iter().filter(|(_, sums)| sums.count > 0.0);
    complete.filter_map(|(seed, sums)| Some((seed, sums.middle? - sums.far / sums.count))).collect()
}

pub(super) fn shifts_hurt_valid_more(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four();
    let pairs = [[four.valid1, four.same1], [four.valid2, four.same2]];
    let losses = pairs.map(|pair| pair.map(|configuration| loss_by_shift(records, configuration)));
    if losses.as_flattened().iter().any(BTreeMap::is_empty) {
        return Answer::missing(condition, "accuracies on shifted images", condition.study(""));
    }
    let claimed = [0, 1].map(|i| {
        let what = format!("loss of {} − loss of {}", short(pairs[i][0]), short(pairs[i][1]));
        Claimed::new(what, &losses[i][0], &losses[i][1], Some(MARGIN))
    });
    let mut answer = all_greater(condition, &claimed, Scale::Points);
    let mean = |loss: &BTreeMap<u64, f64>| 100.0 * loss.values().sum::<f64>() / loss.len() as f64;
    answer.sentence = format!(
        "a shift by {TO_THE_BORDER} pixels costs {:.1} points at {}, {:.1} at {}; {}",
        mean(&losses[0][1]),
        short(pairs[0][1]),
        mean(&losses[0][0]),
        short(pairs[0][0]),
        answer.sentence
    );
    answer
}

pub(super) fn valid_truncates(records: &StudyRecords, condition: &Condition) -> Answer {
    let four = condition.four();
    let mut shares = Vec::new();
    for configuration in [four.valid1, four.valid2] {
        let rows: Vec<_> = records.uncovered_ink.iter().filter(|row| row.configuration == configuration).collect();
        let images: u64 = rows.iter().map(|row| u64::from(row.images)).sum();
        if images == 0 {
            continue;
        }
        // Classes weigh by their images: a class's ink is near enough the same an image.
        let share = rows.iter().map(|row| row.share * f64::from(row.images)).sum::<f64>() / images as f64;
        let worst = rows.iter().max_by(|a, b| a.share.total_cmp(&b.share));
        let worst =
            worst.map_or_else(String::new, |row| format!(", most of class {} ({:.1} %)", row.class, 100.0 * row.share));
        shares.push((configuration, share, worst));
    }
    if shares.len() < 2 {
        return Answer::missing(condition, "ink out of reach of both valid networks", condition.study(""));
    }
    let truncating = shares.iter().filter(|(_, share, _)| *share >= INK).count();
    let verdict = if truncating == shares.len() { ClaimVerdict::Supported } else { ClaimVerdict::Contradicted };
    let part = |(configuration, share, worst): &(Configuration, f64, String)| {
        format!("{} cannot read {:.2} % of the ink{worst}", short(*configuration), 100.0 * share)
    };
    let parts: Vec<String> = shares.iter().map(part).collect();
    let least = shares.iter().map(|(_, share, _)| *share).fold(f64::INFINITY, f64::min);
    Answer {
        condition: condition.to_string(),
        verdict,
        effect: Some(Effect::exact(
            "ink that a valid network cannot read, the least",
            100.0 * least,
            EffectUnit::Percent,
        )),
        sentence: format!(
            "{truncating} of {} valid networks {} at least {:.0} % of the ink, and the claim is about both; {}",
            shares.len(),
            if truncating == 1 { "loses" } else { "lose" },
            100.0 * INK,
            parts.join("; ")
        ),
        command: None,
    }
}
