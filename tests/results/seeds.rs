//! The tables of several seeds.

use super::rows::{epoch, model, network};
use super::study_rows::finished;
use stridelab::analysis::{StudySummary, evaluated, outcomes, summarise};
use stridelab::model::{Configuration, ModelId};
use stridelab::record::{EpochRow, ModelRow};
use stridelab::report::text::{RunRow, seeds_table};

const SCATTER: [f64; 10] = [14.0, -11.0, 8.0, -4.0, 1.0, -1.0, 4.0, -8.0, 11.0, -14.0];

/// Which scatter a seed has, by configuration: all ten once, and the third's the negative of the first's.
const ORDERS: [fn(usize) -> usize; 4] = [|seed| seed, |seed| 3 * seed + 3, |seed| 9 * seed + 9, |seed| 7 * seed + 4];

/// Two epochs of so many seeds of each configuration, of accuracies around those given, in points.
fn rows(configurations: &[Configuration], accuracies: &[f64], seeds: u64) -> Vec<EpochRow> {
    let row = |i: usize, seed: u64, number: u32| {
        let noise = SCATTER[ORDERS[i % 4](seed as usize) % 10] / 100.0;
        let accuracy = (accuracies[i] + noise) / 100.0 - 0.01 * f64::from(2 - number);
        let mut row = epoch(configurations[i], number, accuracy, [3.5, 0.5, 2.1, 0.25][i % 4]);
        row.model.seed = seed;
        row
    };
    let models = (0..configurations.len()).flat_map(|i| (0..seeds).map(move |seed| (i, seed)));
    models.flat_map(|(i, seed)| [row(i, seed, 1), row(i, seed, 2)]).collect()
}

fn summary(rows: &[EpochRow], configurations: &[Configuration], seeds: u64) -> StudySummary {
    summarise(&outcomes(rows, configurations, &(0..seeds).collect::<Vec<_>>(), 2), 100)
}

fn shapes(configurations: &[Configuration]) -> Vec<RunRow> {
    configurations.iter().map(|&c| RunRow::new(model(c), &network(c), &[], 100)).collect()
}

fn table(rows: &[EpochRow], configurations: &[Configuration], seeds: u64, width: u16) -> String {
    seeds_table(&summary(rows, configurations, seeds), &shapes(configurations), false, width)
}

const ALL: [Configuration; 4] = Configuration::TUTORIAL;

/// The text without its line breaks.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Words of the line that begins so, of the last table that has one.
fn line(table: &str, start: &str) -> String {
    let found =
        table.lines().rev().find(|line| line.split_whitespace().collect::<Vec<_>>().join(" ").starts_with(start));
    found.unwrap_or_else(|| panic!("no {start} in\n{table}")).split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_row_a_configuration_and_what_is_known_of_each_pair() {
    let rows = rows(&ALL, &[98.9, 98.0, 98.905, 96.8], 10);
    let text = table(&rows, &ALL, 10, 100);
    let squeezed: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let own = squeezed.iter().find(|line| line.starts_with("stride 1, same 10 ")).unwrap();
    // The sd of the ten is 0.0938 points; the mean is exact.
    assert!(own.starts_with("stride 1, same 10 98.90 ± 0.09 [98.8"), "{text}");
    assert_eq!(line(&text, "stride 1, same stride 2, same").split(' ').next_back(), Some("better"), "{text}");
    assert_eq!(line(&text, "stride 2, same stride 1, valid").split(' ').next_back(), Some("worse"), "{text}");
    assert!(line(&text, "stride 1, same stride 2, same").contains("+0.90 [+0."), "{text}");
    let undecided = line(&text, "stride 1, same stride 1, valid");
    assert!(undecided.contains("undecided (") && undecided.contains("[−0."), "{text}");
    assert!(flat(&text).contains("Holm over 6 pairs") && flat(&text).contains("seeds that would decide"), "{text}");
    // Times are those of a model, and the shortest is marked; the best accuracy is not decided.
    assert!(own.contains(" 7.00 "), "{text}");
    assert_eq!(text.matches('*').count(), 2 + 1, "{text}");
    // The shapes come first.
    assert!(text.contains("421,642") && text.contains("13 → 6 → 2 → 1"), "{text}");
}

#[test]
fn only_a_decided_accuracy_is_starred_and_nothing_of_few_seeds_is() {
    let two = &ALL[..2];
    let decided = table(&rows(two, &[98.9, 98.0], 10), two, 10, 100);
    let own = decided.lines().find(|line| line.contains("98.90")).unwrap();
    assert!(own.contains("98.90 ± 0.09*"), "{decided}");
    assert!(decided.contains("* decidedly the best"), "{decided}");
    let five = table(&rows(two, &[98.9, 98.0], 5), two, 5, 100);
    assert!(five.contains("98.92 ± 0.10") && !five.contains("98.92 ± 0.10*"), "{five}");
    assert!(five.contains("undecided (6)"), "{five}");
    // In colour, no star.
    let bold = seeds_table(&summary(&rows(two, &[98.9, 98.0], 10), two, 10), &shapes(two), true, 100);
    assert!(bold.contains("\x1b[1m") && bold.contains("green: decidedly") && !bold.contains('*'), "{bold}");
}

#[test]
fn what_diverged_or_did_not_finish_is_counted_and_never_starred() {
    let two = &ALL[..2];
    let mut rows = rows(two, &[98.9, 98.0], 10);
    rows[3].val_loss = f64::NAN;
    rows.remove(21);
    let text = table(&rows, two, 10, 100);
    assert_eq!(text.matches("9/10").count(), 2, "{text}");
    assert!(flat(&text).contains("1 that diverged left out; 1 that did not finish left out"), "{text}");
    assert!(!text.contains('*'), "{text}");
    // Nothing at all is a table of dashes.
    let nothing = table(&[], two, 10, 100);
    assert!(nothing.contains("0/10") && nothing.contains('–') && nothing.contains("undecided"), "{nothing}");
}

#[test]
fn equivalence_is_said_and_explained() {
    let two = [ALL[0], ALL[2]];
    let mut rows = rows(&two, &[98.9, 98.9], 10);
    for i in 20..40 {
        rows[i].val_accuracy = rows[i - 20].val_accuracy + if i % 4 == 0 { 1e-4 } else { -1e-4 };
    }
    let text = table(&rows, &two, 10, 100);
    assert!(line(&text, "stride 1, same stride 1, valid").ends_with("equivalent"), "{text}");
    assert!(flat(&text).ends_with("within ±0.1 points by TOST") && text.contains("p: sign-flip test;"), "{text}");
}

#[test]
fn every_width_is_kept_and_many_configurations_have_the_pairs_of_the_first() {
    let mut many: Vec<Configuration> = ALL.to_vec();
    for name in ["stride 2, same, pool none, head gap, crop 4", "stride 2:1, symmetric", "stride 1, valid, crop 4"] {
        many.push(name.parse().unwrap());
    }
    let accuracies = [98.9, 98.0, 98.9, 96.8, 97.5, 98.5, 98.2];
    let (few_rows, many_rows) = (rows(&ALL, &accuracies, 10), rows(&many, &accuracies, 10));
    for width in [200, 120, 100, 90, 80, 70, 60, 50, 45] {
        for (rows, configurations) in [(&few_rows, &ALL[..]), (&many_rows, &many[..])] {
            let text = table(rows, configurations, 10, width);
            assert!(text.lines().all(|line| line.chars().count() <= width.into()), "{width}:\n{text}");
            // Whoever is named by a number has it in the table above.
            let by_name = text.split("so the").nth(1).unwrap().contains("stride 1, valid ");
            assert!(by_name || text.lines().any(|line| line.trim_start().starts_with('#')), "{width}:\n{text}");
            assert!(text.contains("stride 1, valid"), "{width}:\n{text}");
        }
    }
    let text = table(&many_rows, &many, 10, 200);
    assert!(
        flat(&text).contains("of 21 pairs, those with the first configuration") && flat(&text).contains("Holm over 21"),
        "{text}"
    );
    let pairs = text.split("so the").nth(1).unwrap();
    assert_eq!(pairs.lines().filter(|line| line.starts_with("stride 1, same ")).count(), 6, "{text}");
    let _ = table(&few_rows, &ALL, 10, 0);
    let _ = table(&[], &[], 10, 80);
}

/// An epoch's running mean and what the final weights come to on the training set are two things, each under its name.
#[test]
fn the_training_set_is_shown_as_the_final_weights_have_it() {
    let two = &ALL[..2];
    let seeds: Vec<u64> = (0..10).collect();
    let all = outcomes(&rows(two, &[98.9, 98.0], 10), two, &seeds, 2);
    let shown = |models: &[ModelRow]| {
        let summary = summarise(&evaluated(all.clone(), models), 100);
        seeds_table(&summary, &shapes(two), false, 140)
    };
    let running = shown(&[]);
    assert!(running.contains("train acc.") && !running.contains("train set"), "{running}");
    assert!(flat(&running).contains("train acc.: mean over the last epoch, while the weights changed"), "{running}");
    let model = |(configuration, seed): (Configuration, u64)| {
        let model = ModelId { configuration, seed };
        finished(model, if configuration == two[0] { 0.9975 } else { 0.9425 } + 1e-4 * seed as f64, 0.9)
    };
    let mut models: Vec<ModelRow> =
        two.iter().flat_map(|&c| seeds.iter().map(move |&seed| (c, seed))).map(model).collect();
    let whole = shown(&models);
    assert!(whole.contains("train set") && !whole.contains("train acc."), "{whole}");
    assert!(whole.contains("99.80 ± 0.03*") && whole.contains("94.30 ± 0.03"), "{whole}");
    assert!(flat(&whole).contains("train set: all of its images, evaluated with the final weights"), "{whole}");
    // Nothing is said of the rest where it is not known of every model.
    models.remove(3);
    let part = shown(&models);
    assert!(part.contains("94.30 ± 0.03") && !part.contains("99.80") && !part.contains("99.79"), "{part}");
}
