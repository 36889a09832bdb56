//! Claims of records whose answers are known.

use super::*;
use crate::model::{Configuration, Head, ModelId};
use crate::record::{BlankedRow, DataRecord, EpochRow, InferenceRow, ModelRow, RunRecord, ShiftRow, UncoveredInkRow};

/// Accuracies of the tutorial's four networks that scatter by 0.001 from seed to seed.
struct Accuracies {
    means: [f64; 4],
    seeds: u64,
    head: Head,
}

const CLEAR: Accuracies = Accuracies { means: [0.99, 0.98, 0.985, 0.97], seeds: 10, head: Head::Dense };

fn records(accuracies: &Accuracies) -> StudyRecords {
    let data = DataRecord { classes: 10, image: [28, 28], ..DataRecord::default() };
    let mut records = StudyRecords {
        run: RunRecord { data, steps_per_epoch: 938, ..RunRecord::default() },
        ..StudyRecords::default()
    };
    for (place, tutorial) in Configuration::TUTORIAL.into_iter().enumerate() {
        let configuration = Configuration { head: accuracies.head, ..tutorial };
        for seed in 0..accuracies.seeds {
            let model = ModelId { configuration, seed };
            // Another scatter for each network, with mean 0.
            let scatter = ((seed * 7 + place as u64 * 3) % 10) as f64 - 4.5;
            let accuracy = accuracies.means[place] + scatter * 3e-4;
            for epoch in 1..=3 {
                let val_accuracy = accuracy - f64::from(3 - epoch) * 0.002 * (place + 1) as f64;
                records.epochs.push(EpochRow {
                    model,
                    epoch,
                    train_loss: 0.1,
                    train_accuracy: accuracy,
                    val_loss: 0.1,
                    val_accuracy,
                    seconds: 1.0,
                });
            }
            records.models.push(ModelRow {
                model,
                epochs: 3,
                final_train_loss: 0.1,
                final_train_accuracy: accuracy + 0.004,
                final_val_loss: 0.1,
                final_val_accuracy: accuracy,
                seconds: 3.0,
            });
        }
    }
    records
}

fn answer(records: &StudyRecords, number: usize) -> Answer {
    let all = claims(records);
    assert_eq!((all.len(), all[number - 1].number), (24, number as u8));
    all[number - 1].answer.clone()
}

fn verdicts(records: &StudyRecords, numbers: &[usize]) -> Vec<&'static str> {
    numbers.iter().map(|&number| answer(records, number).verdict.name()).collect()
}

#[test]
fn clear_differences_are_supported_and_their_contrary_contradicted() {
    let as_claimed = records(&CLEAR);
    assert_eq!(verdicts(&as_claimed, &[1, 2, 3, 4, 18]), ["supported"; 5]);
    let reversed = records(&Accuracies { means: [0.97, 0.985, 0.98, 0.99], ..CLEAR });
    assert_eq!(verdicts(&reversed, &[1, 2, 3, 4, 18]), ["contradicted"; 5]);
    let effect = answer(&as_claimed, 2).effect.unwrap();
    assert!((effect.value - 0.5).abs() < 1e-9 && effect.n == Some(10), "{effect:?}");
    assert!(effect.interval.is_some_and(|i| i.low < 0.5 && i.high > 0.5));
}

#[test]
fn equal_networks_are_equivalent_and_scattered_ones_undecided() {
    let near = records(&Accuracies { means: [0.99, 0.98, 0.9892, 0.97], ..CLEAR });
    assert!(
        matches!(answer(&near, 2).verdict, ClaimVerdict::Undecided { seeds: Some(11..) }),
        "{:?}",
        answer(&near, 2)
    );
    let mut close = near;
    for row in &mut close.models {
        row.final_val_accuracy = if row.model.configuration.strides.uniform() == Some(1) { 0.99 } else { 0.97 };
    }
    // Without any difference the first is as good as the third, so it is not the best.
    assert_eq!(verdicts(&close, &[1, 2, 3]), ["equivalent", "equivalent", "supported"]);
}

/// Whatever the numbers are, fewer than six seeds decide nothing about accuracy.
#[test]
fn few_seeds_decide_nothing() {
    for seeds in [1, 2, 5] {
        let few = records(&Accuracies { seeds, ..CLEAR });
        assert_eq!(verdicts(&few, &[1, 2, 3, 4, 18, 19, 20]), ["undecided"; 7], "{seeds}");
    }
    let one = records(&Accuracies { seeds: 1, ..CLEAR });
    assert!(answer(&one, 1).sentence.contains("(one seed)"), "{}", answer(&one, 1).sentence);
    assert_eq!(answer(&one, 1).verdict, ClaimVerdict::Undecided { seeds: None });
}

#[test]
fn geometry_and_cost_are_exact_without_a_model() {
    let mut none = records(&CLEAR);
    none.models.clear();
    none.epochs.clear();
    let expected =
        ["supported", "contradicted", "contradicted", "contradicted", "contradicted", "contradicted", "contradicted"];
    assert_eq!(verdicts(&none, &[5, 6, 7, 8, 9, 10, 11]), expected);
    assert_eq!(answer(&none, 12).verdict.name(), "contradicted");
    assert!(
        answer(&none, 9).sentence.contains("same: conv1 −75.0 %, the whole network −90.9 %"),
        "{}",
        answer(&none, 9).sentence
    );
    assert!(answer(&none, 9).sentence.contains("the whole network −95.0 %"));
    assert!(
        answer(&none, 12).sentence.contains("stride 2, valid never reads 43.8 %"),
        "{}",
        answer(&none, 12).sentence
    );
    assert!((answer(&none, 11).effect.unwrap().value - 421_642.0 / 28_426.0).abs() < 1e-9);
    assert_eq!(answer(&none, 24).verdict, ClaimVerdict::NotComputable);
}

#[test]
fn what_is_missing_names_the_command_that_gives_it() {
    let all = claims(&records(&CLEAR));
    for (number, command) in [(13, "stridelab study"), (15, "stridelab study"), (21, "stridelab study --epochs 12")] {
        let answer = &all[number - 1].answer;
        assert_eq!(
            (answer.verdict, answer.command.as_deref()),
            (ClaimVerdict::Undecided { seeds: None }, Some(command))
        );
    }
    assert!(all.iter().all(|claim| claim.controls.is_empty()));
}

#[test]
fn another_head_is_a_control_with_equal_parameters() {
    let mut both = records(&CLEAR);
    both.models.extend(records(&Accuracies { head: Head::GlobalAverage, ..CLEAR }).models);
    let all = claims(&both);
    assert_eq!(all[0].controls.len(), 1);
    assert_eq!(all[0].controls[0].condition, "global average pooling");
    assert_eq!(all[0].controls[0].verdict, ClaimVerdict::Supported);
    let capacity = &all[10];
    assert_eq!((capacity.answer.verdict.name(), capacity.controls[0].verdict.name()), ("contradicted", "supported"));
    // Exact claims are asked once.
    assert!(all[4].controls.is_empty());
    let rows: Vec<_> = all.iter().flat_map(Claim::rows).collect();
    assert_eq!(rows.iter().filter(|row| row.condition.is_empty()).count(), 24);
}

#[test]
fn shifts_truncation_and_inference_are_read_from_their_tables() {
    let mut all = records(&CLEAR);
    for row in all.models.clone() {
        let valid = row.model.configuration == Configuration::TUTORIAL[2]
            || row.model.configuration == Configuration::TUTORIAL[3];
        for (dx, right) in [(0, 990), (4, if valid { 500 } else { 900 })] {
            all.shifts.push(ShiftRow {
                model: row.model,
                dx,
                dy: 0,
                images: 1000,
                right: right + row.model.seed as u32 % 3,
            });
        }
    }
    assert_eq!(answer(&all, 15).verdict.name(), "supported");
    for (configuration, share) in [(Configuration::TUTORIAL[2], 0.02), (Configuration::TUTORIAL[3], 0.2)] {
        all.uncovered_ink.push(UncoveredInkRow {
            configuration,
            class: 0,
            images: 10,
            images_with_uncovered_ink: 5,
            share,
        });
    }
    assert_eq!(answer(&all, 17).verdict.name(), "supported");
    for (place, configuration) in Configuration::TUTORIAL.into_iter().enumerate() {
        let images_per_second = if place % 2 == 1 { 5000.0 } else { 1000.0 };
        all.inference.push(InferenceRow {
            configuration,
            batch_size: 1,
            images_per_second,
            activation_bytes: 1000 - 500 * (place as u64 % 2),
        });
    }
    assert_eq!(answer(&all, 22).verdict.name(), "supported");
    all.inference[1].activation_bytes = 2000;
    assert_eq!(answer(&all, 22).verdict.name(), "contradicted");
}

/// Of many claims that are decided at 5 % some would be so by chance: what the whole table does not uphold is taken back.
#[test]
fn a_decision_must_hold_among_all() {
    let decided = |number: u8, p: f64| Claim {
        number,
        claim: String::new(),
        measure: String::new(),
        answer: Answer {
            condition: String::new(),
            verdict: ClaimVerdict::Supported,
            effect: Some(Effect { p: Some(p), ..Effect::exact("", 1.0, EffectUnit::Points) }),
            sentence: String::new(),
            command: None,
        },
        controls: Vec::new(),
    };
    let mut table = vec![decided(1, 0.001), decided(2, 0.04), decided(3, 0.03)];
    hold_the_table(&mut table);
    let names: Vec<_> = table.iter().map(|claim| claim.answer.verdict.name()).collect();
    assert_eq!(names, ["supported", "undecided", "undecided"]);
    assert!(table[1].answer.sentence.contains("p = 0.06"), "{}", table[1].answer.sentence);
}

/// Two of the four networks were trained on another machine: their times are no comparison, those within a machine are.
#[test]
fn times_of_two_machines_are_not_compared() {
    let part = |adapter: &str, strides: [usize; 2]| {
        let mut records = records(&CLEAR);
        records.run.machine.adapter = adapter.into();
        let kept = |model: ModelId| {
            let place = Configuration::TUTORIAL.iter().position(|&tutorial| tutorial == model.configuration);
            place.is_some_and(|place| strides.contains(&place))
        };
        records.models.retain(|row| kept(row.model));
        records.epochs.retain(|row| kept(row.model));
        records
    };
    let names = ["one".to_string(), "other".to_string()];
    let both = |other: &str| {
        let runs = vec![part("one", [0, 2]), part(other, [1, 3])];
        crate::record::merge(runs, &names).unwrap().records
    };
    let (same, different) = (both("one"), both("other"));
    // From stride 1 to stride 2: from one part to the other.
    assert!(
        answer(&same, 9).sentence.contains(", a training step 1.07 instead of 1.07 ms"),
        "{}",
        answer(&same, 9).sentence
    );
    assert!(!answer(&different, 9).sentence.contains("a training step"), "{}", answer(&different, 9).sentence);
    // From same to valid padding: within a part.
    assert!(answer(&different, 10).sentence.contains("a training step"), "{}", answer(&different, 10).sentence);
    // A model that the first run has begun and the second one finished is the second one's.
    let mut begun = part("one", [0, 2]);
    let model = ModelId { configuration: Configuration::TUTORIAL[1], seed: 0 };
    begun.epochs.push(EpochRow { model, ..begun.epochs[0].clone() });
    let merged = crate::record::merge(vec![begun, part("other", [1, 3])], &names).unwrap().records;
    assert_eq!(merged.run.machine_of(model).unwrap().adapter, "other");
    // What an earlier version merged lists no models, and a run of which nothing was taken is no doubt about them.
    let mut old = same.clone();
    old.run.merged.iter_mut().for_each(|part| part.models = None);
    let merged = crate::record::merge(vec![old, part("other", [0, 2])], &names).unwrap().records;
    assert_eq!(merged.run.machine_of(model).unwrap().adapter, "one");
    // The record that is written and read again knows as much.
    let json = serde_json::to_string(&different.run).unwrap();
    let read = StudyRecords { run: serde_json::from_str(&json).unwrap(), ..different.clone() };
    assert_eq!(answer(&read, 9).sentence, answer(&different, 9).sentence);
    let costs = crate::analysis::cost_summary(&different);
    let timed: Vec<bool> = costs.iter().map(|row| row.seconds_per_step.is_some()).collect();
    assert_eq!(timed.iter().filter(|timed| **timed).count(), 2, "{costs:?}");
}

/// A network that reads none of the pixels that were blanked says nothing of what they are worth.
#[test]
fn only_networks_that_read_the_border_can_miss_it() {
    let mut records = records(&CLEAR);
    // Of images of 20×20 stride 2, same reads no more than stride 1, valid does, at the bottom and on the right.
    for row in &mut records.models {
        row.model.configuration.crop = 4;
    }
    records.epochs.clear();
    let models: Vec<ModelRow> = records.models.clone();
    for row in models.iter().filter(|row| row.model.configuration.padding == Configuration::TUTORIAL[0].padding) {
        let loss = if row.model.configuration.strides == Configuration::TUTORIAL[0].strides { 0.02 } else { 0.0 };
        let unread_by = Configuration { crop: 4, ..Configuration::TUTORIAL[2] }.slug();
        let right = ((row.final_val_accuracy - loss) * 10_000.0).round() as u32;
        records.blanked.push(BlankedRow { model: row.model, unread_by, class: 0, images: 10_000, right });
    }
    let all = claims(&records);
    let cropped: Vec<&Answer> = std::iter::once(&all[13].answer).chain(&all[13].controls).collect();
    let answer = cropped.iter().find(|answer| answer.condition.contains("crop")).unwrap();
    assert_eq!(answer.verdict, ClaimVerdict::Supported, "{}", answer.sentence);
    assert!(!answer.sentence.contains("stride 2, same, whole"), "{}", answer.sentence);
}
