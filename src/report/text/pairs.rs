//! What may be said of each pair of configurations, below the table of several seeds.

use super::table::TableColumn;
use crate::analysis::comparison::{MARGIN, Verdict};
use crate::analysis::statistics::Interval;
use crate::analysis::{PairSummary, StudySummary};
use crate::report::numbers::or_dash;

/// Up to so many configurations every pair is shown: fifteen rows. Of more, only the pairs with the first one are.
const ALL_PAIRS: usize = 6;

/// The pairs that are shown.
pub(super) fn shown_pairs(summary: &StudySummary) -> Vec<&PairSummary> {
    let all = summary.configurations.len() <= ALL_PAIRS;
    summary.pairs.iter().filter(|pair| all || pair.first == 0).collect()
}

/// The table of these pairs, whose configurations have names or the numbers of the table above.
pub(super) fn pairs(summary: &StudySummary, shown: &[&PairSummary], named: bool) -> Vec<TableColumn> {
    let cells = |cell: &dyn Fn(&PairSummary) -> String| shown.iter().map(|pair| cell(pair)).collect::<Vec<_>>();
    let name = |i: usize| {
        if named { summary.configurations[i].configuration.to_string() } else { (i + 1).to_string() }
    };
    let side = |header: &str, cells| match named {
        true => TableColumn::text(header, cells),
        false => TableColumn::numbers(header, cells),
    };
    let models = |pair: &PairSummary| pair.comparison.difference.n;
    let mut columns =
        vec![side("\nfirst", cells(&|pair| name(pair.first))), side("\nsecond", cells(&|pair| name(pair.second)))];
    // Where all pairs have the same seeds, the table above has said how many.
    let different = shown.iter().any(|pair| models(pair) != models(shown[0]));
    if different {
        columns.push(TableColumn::numbers("\nmodels", cells(&|pair| models(pair).to_string())));
    }
    let difference = |pair: &PairSummary| pair.comparison.difference;
    columns.push(TableColumn::numbers("\nmean", cells(&|pair| or_dash(difference(pair).mean, points))));
    let interval = |pair: &PairSummary| or_dash(difference(pair).interval, points_interval);
    columns.push(TableColumn::numbers("\n95 % interval", cells(&interval)));
    columns.push(TableColumn::numbers("\np", cells(&|pair| probability(pair.comparison.p))));
    columns.push(TableColumn::text("so the\nfirst is", cells(&|pair| verdict(pair.comparison.verdict))));
    columns
}

fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::FirstGreater => "better".into(),
        Verdict::SecondGreater => "worse".into(),
        Verdict::Equivalent => "equivalent".into(),
        Verdict::Undecided { seeds: Some(seeds) } => format!("undecided ({seeds})"),
        Verdict::Undecided { seeds: None } => "undecided".into(),
    }
}

/// What the words of the table of pairs mean, as far as they occur.
pub(super) fn pair_notes(summary: &StudySummary, shown: &[&PairSummary]) -> String {
    let tests = summary.pairs.len();
    let mut note = match tests {
        1 => String::from("p: sign-flip test"),
        _ => format!("p: sign-flip test, Holm over {tests} pairs"),
    };
    note += "; better, worse: interval and p ≤ 0.05 agree";
    let occurs = |wanted: fn(&Verdict) -> bool| shown.iter().any(|pair| wanted(&pair.comparison.verdict));
    if occurs(|verdict| *verdict == Verdict::Equivalent) {
        note += &format!("; equivalent: within ±{} points by TOST", 100.0 * MARGIN);
    }
    if occurs(|verdict| matches!(verdict, Verdict::Undecided { seeds: Some(_) })) {
        note += "; undecided (seeds that would decide it, with probability 0.8)";
    }
    if shown.len() < tests {
        note += &format!("; of {tests} pairs, those with the first configuration");
    }
    note
}

fn points_interval(interval: Interval) -> String {
    format!("[{}, {}]", points(interval.low), points(interval.high))
}

/// A difference of shares in points, with its sign.
fn points(difference: f64) -> String {
    let text = format!("{:+.2}", 100.0 * difference);
    match text.as_str() {
        "+0.00" | "-0.00" => "0.00".into(),
        _ => text.replace('-', "−"),
    }
}

fn probability(p: f64) -> String {
    if p < 0.001 { "<0.001".into() } else { format!("{p:.3}") }
}
