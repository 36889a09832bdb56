//! What a run of several seeds prints at its end: a row a configuration, and what may be said of each pair.

use super::pairs::{pair_notes, pairs, shown_pairs};
use super::run::{RunRow, shapes};
use super::table::{TableColumn, fits, heading, render};
use crate::analysis::comparison::Spread;
use crate::analysis::statistics::Interval;
use crate::analysis::{ConfigurationSummary, StudySummary};
use crate::report::numbers::{decimal, or_dash};

const CONFIGURATION: &str = "\nconfiguration";

/// Which columns the table of configurations has. Each step on the way to a narrow terminal takes something out.
#[derive(Clone, Copy)]
struct SeedColumns {
    /// A number for each configuration, which the pairs name it by.
    number: bool,
    /// Whether its name is shown.
    name: bool,
    /// Whether times have their sd.
    time_sd: bool,
    train: Option<TrainDetail>,
    step: bool,
    seconds: bool,
    interval: bool,
    /// Whether the number of models is shown.
    models: bool,
}

/// How a training accuracy is shown.
#[derive(Clone, Copy, PartialEq)]
enum TrainDetail {
    Spread,
    Interval,
}

const EVERY_COLUMN: SeedColumns = SeedColumns {
    number: false,
    name: true,
    time_sd: true,
    train: Some(TrainDetail::Interval),
    step: true,
    seconds: true,
    interval: true,
    models: true,
};

/// From the widest to the narrowest.
const WIDTHS: [SeedColumns; 9] = {
    let one_time = SeedColumns { time_sd: false, ..EVERY_COLUMN };
    let short_train = SeedColumns { train: Some(TrainDetail::Spread), ..one_time };
    let no_step = SeedColumns { step: false, ..short_train };
    let no_train = SeedColumns { train: None, ..no_step };
    let no_time = SeedColumns { seconds: false, ..no_train };
    let no_interval = SeedColumns { interval: false, ..no_time };
    let no_models = SeedColumns { models: false, ..no_interval };
    let no_name = SeedColumns { name: false, number: true, ..no_models };
    [EVERY_COLUMN, one_time, short_train, no_step, no_train, no_time, no_interval, no_models, no_name]
};

/// The tables of a run of several seeds: the shapes of the networks (where they fit), the configurations, the pairs.
/// `networks` has a row for each configuration, of which only the shapes are read.
///
/// - Accuracies are in per cent: mean ± standard deviation over the seeds, and the 95 % interval of the mean.
/// - A best value is marked, green with `colour`, with a star without, only where the summary says that it is decided.
/// - A pair says what is known of `first − second`, paired by seed, in points: the mean, its 95 % interval, p of the
///   sign-flip test after Holm's correction over all pairs, and the verdict. Of more than six configurations only the
///   pairs with the first one are shown; p is corrected over all of them all the same.
///
/// Where the names of two configurations do not fit beside the numbers, pairs name them by the numbers of their rows.
pub fn seeds_table(summary: &StudySummary, networks: &[RunRow], colour: bool, width: u16) -> String {
    let mut text = Vec::new();
    let shapes = shapes(networks);
    if fits(&shapes, width) {
        text.push(render(&shapes, colour));
    }
    let shown = shown_pairs(summary);
    let named = pairs(summary, &shown, true);
    let by_number = !shown.is_empty() && !fits(&named, width);
    let choices =
        WIDTHS.map(|choice| configurations(summary, SeedColumns { number: choice.number || by_number, ..choice }));
    let [.., narrowest] = &choices;
    let table = choices.iter().find(|columns| fits(columns, width)).unwrap_or(narrowest);
    let mut lines = vec![render(table, colour)];
    if !table.iter().any(|column| column.header == CONFIGURATION) {
        let named = summary.configurations.iter().zip(1..).map(|(c, i)| format!("{i}: {}", c.configuration));
        lines.extend(named.flat_map(|line| wrapped(&line, width)));
    }
    let train = table.iter().any(|column| column.header.starts_with("train "));
    lines.extend(wrapped(&notes(summary, train), width));
    if table.iter().any(|column| column.best.contains(&true)) {
        lines.push(if colour { "green: decidedly the best" } else { "* decidedly the best" }.into());
    }
    text.push(lines.join("\n"));
    if !shown.is_empty() {
        let title = "validation accuracy, first − second, in points, paired by seed";
        let mut lines: Vec<String> = wrapped(title, width).iter().map(|line| heading(line, colour)).collect();
        let mut columns = if by_number { pairs(summary, &shown, false) } else { named };
        // What is left out first is said by the others.
        for header in ["\np", "\n95 % interval", "\nmodels"] {
            if !fits(&columns, width) {
                columns.retain(|column| column.header != header);
            }
        }
        lines.push(render(&columns, colour));
        lines.extend(wrapped(&pair_notes(summary, &shown), width));
        text.push(lines.join("\n"));
    }
    text.join("\n\n")
}

fn configurations(summary: &StudySummary, shown: SeedColumns) -> Vec<TableColumn> {
    let all = &summary.configurations;
    let cells = |cell: &dyn Fn(&ConfigurationSummary) -> String| all.iter().map(cell).collect::<Vec<_>>();
    let best = |mark: fn(&ConfigurationSummary) -> bool, column: TableColumn| TableColumn {
        best: all.iter().map(mark).collect(),
        measured: true,
        ..column
    };
    let mut columns = Vec::new();
    if shown.number {
        columns.push(TableColumn::numbers("\n#", (1..=all.len()).map(|i| i.to_string()).collect()));
    }
    if shown.name {
        columns.push(TableColumn::text(CONFIGURATION, cells(&|c| c.configuration.to_string())));
    }
    if shown.models {
        columns.push(TableColumn::numbers("\nmodels", cells(&models)));
    }
    let spread = |spread: Option<Spread>| or_dash(spread, accuracy);
    let interval = |spread: Option<Spread>| or_dash(spread.and_then(|spread| spread.interval), percent_interval);
    let valid = TableColumn::numbers("valid. acc.\n% ± sd", cells(&|c| spread(c.val_accuracy)));
    columns.push(best(|c| c.best_val_accuracy, valid));
    if shown.interval {
        columns.push(TableColumn::numbers("\n95 % interval", cells(&|c| interval(c.val_accuracy))));
    }
    if let Some(detail) = shown.train {
        let evaluated = is_evaluated(summary);
        let of = |c: &ConfigurationSummary| if evaluated { c.final_train_accuracy } else { c.train_accuracy };
        let header = if evaluated { "train set\n% ± sd" } else { "train acc.\n% ± sd" };
        let mark: fn(&ConfigurationSummary) -> bool =
            if evaluated { |c| c.best_final_train_accuracy } else { |c| c.best_train_accuracy };
        columns.push(best(mark, TableColumn::numbers(header, cells(&|c| spread(of(c))))));
        if detail == TrainDetail::Interval {
            columns.push(TableColumn::numbers("\n95 % interval", cells(&|c| interval(of(c)))));
        }
    }
    let time = |spread: Option<Spread>, decimals: usize| {
        or_dash(spread, |spread| match spread.sd.filter(|_| shown.time_sd) {
            Some(sd) => format!("{} ± {sd:.decimals$}", decimal(spread.mean, decimals)),
            None => decimal(spread.mean, decimals),
        })
    };
    if shown.seconds {
        // With one decimal, short times could not be compared.
        let shortest = all.iter().filter_map(|c| c.seconds).map(|spread| spread.mean).fold(f64::INFINITY, f64::min);
        let decimals = match shortest {
            10.0.. => 1,
            0.1.. => 2,
            _ => 4,
        };
        let seconds = TableColumn::numbers("seconds\na model", cells(&|c| time(c.seconds, decimals)));
        columns.push(best(|c| c.fastest, seconds));
    }
    if shown.step {
        let steps = TableColumn::numbers("ms a\nstep", cells(&|c| time(c.ms_per_step, 2)));
        columns.push(best(|c| c.fastest_step, steps));
    }
    columns
}

/// `10`, or `8/10` where only eight of ten have finished.
fn models(configuration: &ConfigurationSummary) -> String {
    let ConfigurationSummary { asked, diverged, unfinished, .. } = *configuration;
    match asked - diverged - unfinished {
        finished if finished == asked => asked.to_string(),
        finished => format!("{finished}/{asked}"),
    }
}

/// Whether the accuracy on the training set is known that the final weights have.
fn is_evaluated(summary: &StudySummary) -> bool {
    summary.configurations.iter().any(|c| c.final_train_accuracy.is_some())
}

/// What the numbers of the table of configurations are.
fn notes(summary: &StudySummary, train: bool) -> String {
    let sum = |count: fn(&ConfigurationSummary) -> usize| summary.configurations.iter().map(count).sum::<usize>();
    let mut note =
        String::from("after the last epoch, over the seeds; the interval is that of the mean (BCa bootstrap)");
    if train {
        note += match is_evaluated(summary) {
            true => "; train set: all of its images, evaluated with the final weights",
            false => "; train acc.: mean over the last epoch, while the weights changed",
        };
    }
    for (models, what) in [(sum(|c| c.diverged), "diverged"), (sum(|c| c.unfinished), "did not finish")] {
        if models > 0 {
            note += &format!("; {models} that {what} left out");
        }
    }
    note
}

fn accuracy(spread: Spread) -> String {
    let mean = decimal(100.0 * spread.mean, 2);
    spread.sd.map_or(mean.clone(), |sd| format!("{mean} ± {:.2}", 100.0 * sd))
}

fn percent_interval(interval: Interval) -> String {
    format!("[{:.2}, {:.2}]", 100.0 * interval.low, 100.0 * interval.high)
}

/// Words in lines of at most `width` characters, as far as no single word is longer.
fn wrapped(text: &str, width: u16) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= usize::from(width) => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.into()),
        }
    }
    lines
}
