//! The first paragraph, and what is so in a few sentences: made of the numbers, and silent where there are none.

use std::collections::BTreeSet;

use super::PageSource;
use super::markup::prose;
use crate::analysis::claims::ClaimVerdict;
use crate::analysis::comparison::MARGIN;
use crate::model::{Configuration, Head, Pooling};
use crate::record::{CoverageRow, DifferenceRow, StudyRecords};
use crate::report::numbers::{counted, grouped};

/// A sentence that stands out, and what it rests on.
struct Finding {
    what: String,
    why: String,
}

pub(super) fn lead(source: &PageSource) -> String {
    let records = source.records;
    let findings = [stride(source), padding(source), sight(source), size(source)];
    let items: String = findings
        .into_iter()
        .flatten()
        .map(|finding| format!("<li><strong>{}</strong> {}</li>\n", prose(&finding.what), prose(&finding.why)))
        .collect();
    let first = match records.models.len() {
        0 => "No model of this run is finished yet. What can be said without one stands below.".to_string(),
        models => trained(records, models),
    };
    let text = format!(
        "<p>{first} New to this? <a href=\"#see\">See what a stride does</a> first, then draw a digit and <a href=\"#digit\">watch the \
         networks read it</a>.</p>\n"
    );
    if items.is_empty() { text } else { format!("{text}<ul class=\"short\">\n{items}</ul>\n") }
}

/// What was trained, in a sentence.
fn trained(records: &StudyRecords, models: usize) -> String {
    let seeds: BTreeSet<u64> = records.models.iter().map(|row| row.model.seed).collect();
    let configurations = records.configurations();
    let controls = configurations.iter().filter(|c| !Configuration::TUTORIAL.contains(c)).count();
    let networks = match (configurations.len() - controls, controls) {
        (4, 0) => "four variants of one small network, which differ in stride and padding".into(),
        (4, 1) => "four variants of one small network, which differ in stride and padding, and one control".into(),
        (4, controls) => {
            let controls = in_words(controls);
            format!("four variants of one small network, which differ in stride and padding, and {controls} controls")
        }
        (1, 0) | (0, 1) => format!("one small network ({})", configurations[0]),
        (own, others) => format!("{} variants of one small network", in_words(own + others)),
    };
    let epochs = records.models.iter().map(|row| row.epochs).max().unwrap_or_default();
    let length = match epochs {
        0 => ", none of them trained".to_string(),
        epochs => format!(", each trained for {}", counted(epochs as usize, "epoch")),
    };
    format!(
        "This is about {networks} on the images of {}: {} from {}{length}.",
        prose(&records.run.data.name),
        counted(models, "model"),
        counted(seeds.len(), "random start"),
    )
}

fn pair<'a>(source: &PageSource<'a>, first: usize, second: usize) -> Option<&'a DifferenceRow> {
    let [first, second] = [first, second].map(|i| Configuration::TUTORIAL[i]);
    source.tables.differences.iter().find(|row| row.configuration == first && row.second == second.slug())
}

/// `0.85 points [0.80, 0.90]`, a negative difference with its sign unless `either_way`.
fn size_of(row: &DifferenceRow, either_way: bool) -> String {
    let turned = either_way && row.mean < 0.0;
    let scale = if turned { -100.0 } else { 100.0 };
    let number = |value: f64| {
        let text = format!("{:.2}", scale * value);
        if text == "-0.00" { "0.00".into() } else { text.replace('-', "−") }
    };
    let ends = row.low.zip(row.high).map(|(low, high)| if turned { (high, low) } else { (low, high) });
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

/// `four`.
fn in_words(count: usize) -> String {
    let words =
        ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    words.get(count).map_or_else(|| count.to_string(), |word| word.to_string())
}

/// The verdict on a claim, which all claims together uphold.
fn verdict(source: &PageSource, number: u8) -> Option<ClaimVerdict> {
    source.claims.iter().find(|claim| claim.number == number).map(|claim| claim.answer.verdict)
}

/// Stride 1 against stride 2, with the same padding.
fn stride(source: &PageSource) -> Option<Finding> {
    let row = pair(source, 0, 1)?;
    let (one, two) = (accuracy(source, 0)?, accuracy(source, 1)?);
    let numbers = format!("{one:.2} % against {two:.2} % with `same` padding");
    let decided = verdict(source, 3)?;
    let by = size_of(row, true);
    let (what, why) = match decided {
        ClaimVerdict::Supported => {
            ("A stride of 1 reads more images rightly than a stride of 2", format!("{numbers}: {by} more."))
        }
        ClaimVerdict::Contradicted => (
            "A stride of 2 reads at least as many images rightly as a stride of 1",
            format!("{numbers}: a difference of {by}."),
        ),
        ClaimVerdict::Equivalent => ("Stride 1 and stride 2 read images equally well", format!("{numbers}.")),
        _ => (
            "Whether stride 1 or stride 2 reads more images rightly is not decided",
            format!("{numbers}, from {}.", counted(row.n, "seed")),
        ),
    };
    let cost = macs(source, 0).zip(macs(source, 1)).filter(|(_, two)| *two > 0);
    let cost =
        cost.map(|(one, two)| format!(" Stride 1 takes {:.0} times as many multiply-adds.", one as f64 / two as f64));
    Some(Finding { what: format!("{what}."), why: why + &cost.unwrap_or_default() })
}

/// `same` against `valid` at stride 1.
fn padding(source: &PageSource) -> Option<Finding> {
    let row = pair(source, 0, 2)?;
    let difference = format!("`same` minus `valid`: {}", size_of(row, false));
    let (what, why) = match verdict(source, 2)? {
        ClaimVerdict::Equivalent => (
            "At stride 1 padding makes no difference that counts",
            format!("{difference}; what is below {} points does not count.", 100.0 * MARGIN),
        ),
        ClaimVerdict::Supported => {
            ("At stride 1 `same` padding is more accurate than `valid`", format!("{difference}."))
        }
        ClaimVerdict::Contradicted => {
            ("At stride 1 `same` padding is not more accurate than `valid`", format!("{difference}."))
        }
        _ => (
            "Whether padding makes a difference at stride 1 is not decided",
            format!("{difference}, from {}.", counted(row.n, "seed")),
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
    // Whether the first row or column, that is the top or the left, is among what stride 2 cannot read.
    let first = source.tables.coverage.iter().filter(|row| row.configuration == Configuration::TUTORIAL[3]);
    let before = first.filter(|row| row.paths == 0).any(|row| row.row == 0 && row.column == 0);
    let place = if before { "" } else { ", all of them at the bottom and on the right" };
    Some(Finding {
        what: "Padding changes what a network can see.".into(),
        why: format!(
            "With `valid` padding {one:.1} % of the pixels reach no output at stride 1 and {two:.1} % at stride 2{place}."
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
            " If each feature map is averaged to one number, all four have equally many; then stride 1 comes to {one:.2} % and stride 2 to {two:.2} %."
        );
    }
    if let (Some(none), Some(one)) = (none, accuracy(Configuration::TUTORIAL[0])) {
        why += &format!(
            " If stride 2 takes the place of pooling, its network has as many as that of stride 1, and comes to {none:.2} % against {one:.2} %."
        );
    }
    let known = none.is_some() || gap.iter().all(Option::is_some);
    known.then(|| Finding { what: "But the four networks also differ in size.".into(), why })
}

fn parameters(source: &PageSource, i: usize) -> Option<u64> {
    source.tables.cost_summary.iter().find(|row| row.configuration == Configuration::TUTORIAL[i])?.parameters
}
