//! The first paragraph, and what is so in a few sentences: made of the numbers, and silent where there are none.

use std::collections::BTreeSet;

use super::PageSource;
use super::markup::prose;
use crate::model::{Configuration, Head, Pooling};
use crate::record::{CoverageRow, DifferenceRow};
use crate::report::numbers::{counted, grouped};

/// A sentence that stands out, and what it rests on.
struct Finding {
    what: String,
    why: String,
}

pub(super) fn lead(source: &PageSource) -> String {
    let records = source.records;
    let seeds: BTreeSet<u64> = records.models.iter().map(|row| row.model.seed).collect();
    let configurations = records.configurations();
    let controls = configurations.iter().filter(|c| !Configuration::TUTORIAL.contains(c)).count();
    let all_four = configurations.len() - controls == Configuration::TUTORIAL.len();
    let (variants, controls) = if all_four { (4, controls) } else { (configurations.len(), 0) };
    let beside = match controls {
        0 => ",".into(),
        1 => ", and one control".into(),
        _ => format!(", and {} controls", in_words(controls).to_lowercase()),
    };
    let epochs = records.models.iter().map(|row| row.epochs).max().unwrap_or_default();
    let mut text = format!(
        "<p>{} {} of one small network, which differ in stride and padding{beside} learnt to {}: {} from {}, each trained for {}.",
        in_words(variants),
        if variants == 1 { "variant" } else { "variants" },
        task(&records.run.data.name),
        counted(records.models.len(), "model"),
        counted(seeds.len(), "random start"),
        counted(epochs as usize, "epoch"),
    );
    text += " New to this? <a href=\"#see\">See what a stride does</a> first, then draw a digit and <a href=\"#digit\">watch the networks \
             read it</a>.</p>\n";
    let findings = [stride(source), padding(source), sight(source), size(source)];
    let items: String = findings
        .into_iter()
        .flatten()
        .map(|finding| format!("<li><strong>{}</strong> {}</li>\n", prose(&finding.what), prose(&finding.why)))
        .collect();
    if items.is_empty() { text } else { format!("{text}<ul class=\"short\">\n{items}</ul>\n") }
}

fn pair<'a>(source: &PageSource<'a>, first: usize, second: usize) -> Option<&'a DifferenceRow> {
    let [first, second] = [first, second].map(|i| Configuration::TUTORIAL[i]);
    source.tables.differences.iter().find(|row| row.configuration == first && row.second == second.slug())
}

/// `0.85 points [0.80, 0.90]`, without its sign.
fn size_of(row: &DifferenceRow) -> String {
    let sign = if row.mean < 0.0 { -100.0 } else { 100.0 };
    let ends = row.low.zip(row.high).map(|(low, high)| if row.mean < 0.0 { (high, low) } else { (low, high) });
    let number = |value: f64| format!("{:.2}", sign * value).replace('-', "−");
    let interval = ends.map(|(low, high)| format!(" [{}, {}]", number(low), number(high))).unwrap_or_default();
    format!("{} points{interval}", number(row.mean))
}

fn accuracy(source: &PageSource, i: usize) -> Option<f64> {
    accuracy_of(source, Configuration::TUTORIAL[i])
}

/// Mean validation accuracy of a configuration, in percent.
fn accuracy_of(source: &PageSource, configuration: Configuration) -> Option<f64> {
    let rows = source.records.of(configuration);
    let count = rows.len() as f64;
    (count > 0.0).then(|| 100.0 * rows.iter().map(|row| row.final_val_accuracy).sum::<f64>() / count)
}

fn macs(source: &PageSource, i: usize) -> Option<u64> {
    source.tables.cost_summary.iter().find(|row| row.configuration == Configuration::TUTORIAL[i])?.macs
}

/// What the networks learn.
fn task(data: &str) -> String {
    match data {
        "MNIST" => "read the handwritten digits of MNIST".into(),
        other => format!("tell the classes of {} apart", prose(other)),
    }
}

/// `Four`.
fn in_words(count: usize) -> String {
    let words =
        ["No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"];
    words.get(count).map_or_else(|| count.to_string(), |word| word.to_string())
}

/// Stride 1 against stride 2, with the same padding.
fn stride(source: &PageSource) -> Option<Finding> {
    let row = pair(source, 0, 1)?;
    let (one, two) = (accuracy(source, 0)?, accuracy(source, 1)?);
    let numbers = format!("{one:.2} % against {two:.2} % with `same` padding");
    let (what, why) = match row.verdict.as_str() {
        "first" => {
            ("A stride of 1 reads more images rightly than a stride of 2", format!("{numbers}: {} more.", size_of(row)))
        }
        "second" => {
            ("A stride of 2 reads more images rightly than a stride of 1", format!("{numbers}: {} less.", size_of(row)))
        }
        "equivalent" => ("Stride 1 and stride 2 read images equally well", format!("{numbers}.")),
        _ => ("Stride 1 or stride 2: not decided", format!("{numbers}, from {}.", counted(row.n, "seed"))),
    };
    let cost = macs(source, 0).zip(macs(source, 1)).filter(|(_, two)| *two > 0);
    let cost =
        cost.map(|(one, two)| format!(" Stride 1 takes {:.0} times as many multiply-adds.", one as f64 / two as f64));
    Some(Finding { what: format!("{what}."), why: why + &cost.unwrap_or_default() })
}

/// `same` against `valid` at stride 1.
fn padding(source: &PageSource) -> Option<Finding> {
    let row = pair(source, 0, 2)?;
    let (what, why) = match row.verdict.as_str() {
        "equivalent" => (
            "At stride 1 padding makes no difference that counts",
            format!("`same` and `valid` differ by {}, less than 0.1 points.", size_of(row)),
        ),
        "first" => ("At stride 1 `same` padding is more accurate than `valid`", format!("By {}.", size_of(row))),
        "second" => ("At stride 1 `valid` padding is more accurate than `same`", format!("By {}.", size_of(row))),
        _ => (
            "Whether padding makes a difference at stride 1 is not decided",
            format!("From {} the difference is {}.", counted(row.n, "seed"), size_of(row)),
        ),
    };
    Some(Finding { what: format!("{what}."), why })
}

/// What `valid` padding cannot see.
fn sight(source: &PageSource) -> Option<Finding> {
    let unread = |i: usize| {
        let own = |row: &&CoverageRow| row.configuration == Configuration::TUTORIAL[i];
        let rows = || source.tables.coverage.iter().filter(own);
        let (all, none) = (rows().count(), rows().filter(|row| row.paths == 0).count());
        (all > 0).then(|| 100.0 * none as f64 / all as f64)
    };
    let (one, two) = (unread(2)?, unread(3)?);
    Some(Finding {
        what: "What padding does change is what a network can see.".into(),
        why: format!(
            "With `valid` padding {one:.1} % of the pixels reach no output at stride 1 and {two:.1} % at stride 2, all of them at the \
             bottom and on the right."
        ),
    })
}

/// What the controls of equal size say: global average pooling, and strides in place of pooling.
fn size(source: &PageSource) -> Option<Finding> {
    let parameters: Vec<u64> = (0..4).filter_map(|i| parameters(source, i)).collect();
    let (least, most) = (parameters.iter().min()?, parameters.iter().max()?);
    let with = |i: usize, head, pool| Configuration { head, pool, ..Configuration::TUTORIAL[i] };
    let accuracy = |c| accuracy_of(source, c);
    let mut why = format!("They have {} to {} parameters.", grouped(*least), grouped(*most));
    let gap = [0, 1].map(|i| accuracy(with(i, Head::GlobalAverage, Pooling::Max)));
    let none = accuracy(with(1, Head::Dense, Pooling::None));
    if let [Some(one), Some(two)] = gap {
        why += &format!(
            " Where every network has as many, because each feature map is averaged to one number, stride 1 comes to {one:.2} % and stride 2 to {two:.2} %."
        );
    }
    if let (Some(none), Some(one)) = (none, accuracy(Configuration::TUTORIAL[0])) {
        why += &format!(
            " With stride 2 in place of pooling, which gives as many parameters as stride 1 has, it is {none:.2} % against {one:.2} %."
        );
    }
    let known = none.is_some() || gap.iter().all(Option::is_some);
    known.then(|| Finding { what: "But the four networks also differ in size.".into(), why })
}

fn parameters(source: &PageSource, i: usize) -> Option<u64> {
    source.tables.cost_summary.iter().find(|row| row.configuration == Configuration::TUTORIAL[i])?.parameters
}
