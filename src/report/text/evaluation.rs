//! What trained weights come to on a set of images.

use super::table::{TableColumn, fits, heading, render};
use crate::analysis::comparison::Spread;
use crate::analysis::{ClassSpread, class_spreads};
use crate::model::Configuration;
use crate::record::{ClassAccuracyRow, ConfusionRow, EvaluationRow};
use crate::report::numbers::{DASH, epoch_loss, grouped, or_dash, percent};

/// Confusion matrices of more configurations are left to files and JSON.
const MOST_MATRICES: usize = 6;
/// Confusions that are listed where a matrix does not fit.
const MOST_LISTED: usize = 5;

/// The rows of an evaluation.
#[derive(Debug, Clone, Copy)]
pub struct Evaluated<'a> {
    /// A row a model.
    pub models: &'a [EvaluationRow],
    /// A row a model and class.
    pub classes: &'a [ClassAccuracyRow],
    /// A row a configuration, label and prediction.
    pub confusion: &'a [ConfusionRow],
}

/// A table of accuracy and loss by configuration, one of accuracy by class, and the confusion matrices, each within `width`
/// characters as far as a name allows. Accuracies are in per cent, mean ± standard deviation over the seeds.
pub fn evaluation_tables(evaluated: Evaluated, colour: bool, width: u16) -> String {
    let mut all: Vec<Configuration> = Vec::new();
    for row in evaluated.models {
        if !all.contains(&row.model.configuration) {
            all.push(row.model.configuration);
        }
    }
    let mut text = vec![render(&summary(evaluated.models, &all, width), colour)];
    let spreads = class_spreads(evaluated.classes, &all);
    text.push(format!("{}\n{}", heading("accuracy by class, %", colour), by_class(&spreads, &all, colour, width)));
    if all.len() <= MOST_MATRICES {
        let matrices = all.iter().map(|&configuration| {
            let rows = evaluated.confusion.iter().filter(|row| row.configuration == configuration);
            let rows: Vec<&ConfusionRow> = rows.collect();
            let title = format!("{configuration}: label (row), predicted (column)");
            match matrix(&rows) {
                columns if fits(&columns, width) => {
                    format!("{}\n{}", heading(&title, colour), render(&columns, colour))
                }
                _ => format!("{}\n{}", heading(&format!("{configuration}: taken for another"), colour), listed(&rows)),
            }
        });
        text.extend(matrices);
    }
    text.join("\n\n")
}

fn spread(models: &[EvaluationRow], of: Configuration, value: fn(&EvaluationRow) -> f64) -> Option<Spread> {
    let samples = models.iter().filter(|row| row.model.configuration == of).map(value);
    Spread::of(&samples.collect::<Vec<_>>())
}

fn summary(models: &[EvaluationRow], all: &[Configuration], width: u16) -> Vec<TableColumn> {
    let cells = |cell: &dyn Fn(Configuration) -> String| all.iter().map(|&of| cell(of)).collect::<Vec<_>>();
    let written = |spread: Option<Spread>, write: &dyn Fn(f64) -> String| match spread {
        Some(Spread { mean, sd: Some(sd), .. }) => format!("{} ± {}", write(mean), write(sd)),
        Some(Spread { mean, .. }) => write(mean),
        None => DASH.into(),
    };
    let accuracy = |of| written(spread(models, of, |row| row.accuracy), &|share| format!("{:.2}", 100.0 * share));
    let loss = |of| written(spread(models, of, |row| row.loss), &epoch_loss);
    let count = |of| models.iter().filter(|row| row.model.configuration == of).count();
    let mut columns = vec![
        TableColumn::text("network", cells(&|of| of.to_string())),
        TableColumn::numbers("models", cells(&|of| count(of).to_string())),
        TableColumn::numbers("accuracy, %", cells(&accuracy)),
        TableColumn::numbers("loss", cells(&loss)),
    ];
    for header in ["models", "loss"] {
        if !fits(&columns, width) {
            columns.retain(|column| column.header != header);
        }
    }
    columns
}

/// A row a class, a column a configuration: as many tables as the width makes necessary.
fn by_class(spreads: &[ClassSpread], all: &[Configuration], colour: bool, width: u16) -> String {
    let mut classes: Vec<u8> = spreads.iter().map(|spread| spread.class).collect();
    classes.dedup();
    let first = || TableColumn::numbers("\nclass", classes.iter().map(u8::to_string).collect());
    let column = |configuration: &Configuration| {
        let name = configuration.to_string().replacen(", ", "\n", 1);
        let cell = |&class: &u8| {
            let found = spreads.iter().find(|s| s.class == class && s.configuration == *configuration);
            let written = |Spread { mean, sd, .. }: Spread| {
                let mean = format!("{:.2}", 100.0 * mean);
                sd.map_or(mean.clone(), |sd| format!("{mean} ± {:.2}", 100.0 * sd))
            };
            or_dash(found, |found| written(found.accuracy))
        };
        TableColumn::numbers(&name, classes.iter().map(cell).collect())
    };
    let mut tables = Vec::new();
    let mut open = vec![first()];
    for configuration in all {
        open.push(column(configuration));
        if open.len() > 2 && !fits(&open, width) {
            let last = open.pop();
            tables.push(render(&open, colour));
            open = std::iter::once(first()).chain(last).collect();
        }
    }
    tables.push(render(&open, colour));
    tables.join("\n\n")
}

fn matrix(rows: &[&ConfusionRow]) -> Vec<TableColumn> {
    let mut labels: Vec<u8> = rows.iter().map(|row| row.label).collect();
    labels.dedup();
    let mut predicted: Vec<u8> = rows.iter().map(|row| row.predicted).collect();
    predicted.sort_unstable();
    predicted.dedup();
    let cell = |label: u8, predicted: u8| {
        let found = rows.iter().find(|row| (row.label, row.predicted) == (label, predicted));
        // The eye is to find the others among nothing.
        found.map_or(String::new(), |row| if row.count == 0 { "·".into() } else { grouped(row.count) })
    };
    let column =
        |&class: &u8| TableColumn::numbers(&class.to_string(), labels.iter().map(|&l| cell(l, class)).collect());
    let first = TableColumn::numbers("", labels.iter().map(u8::to_string).collect());
    std::iter::once(first).chain(predicted.iter().map(column)).collect()
}

/// The most frequent confusions.
fn listed(rows: &[&ConfusionRow]) -> String {
    let mut wrong: Vec<&&ConfusionRow> =
        rows.iter().filter(|row| row.label != row.predicted && row.count > 0).collect();
    wrong.sort_by(|a, b| b.count.cmp(&a.count).then((a.label, a.predicted).cmp(&(b.label, b.predicted))));
    let line = |row: &&ConfusionRow| {
        let of: u64 = rows.iter().filter(|other| other.label == row.label).map(|other| other.count).sum();
        let share = percent(row.count as f64 / of as f64, 1);
        format!("{} for {}: {} of {} ({share})", row.label, row.predicted, grouped(row.count), grouped(of))
    };
    match wrong.is_empty() {
        true => "none".into(),
        false => wrong.into_iter().take(MOST_LISTED).map(line).collect::<Vec<_>>().join("\n"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelId;

    fn rows() -> (Vec<EvaluationRow>, Vec<ClassAccuracyRow>, Vec<ConfusionRow>) {
        let all: Vec<ModelId> = Configuration::TUTORIAL
            .into_iter()
            .flat_map(|configuration| [0, 1].map(|seed| ModelId { configuration, seed }))
            .collect();
        let model = |&model: &ModelId| EvaluationRow {
            model,
            images: 200,
            loss: 0.5 + model.seed as f64,
            accuracy: 0.9 + 0.02 * model.seed as f64,
        };
        let class = |&model: &ModelId| [0, 7].map(|class| ClassAccuracyRow { model, class, images: 100, right: 90 });
        let confusion = |configuration: Configuration| {
            [(0, 0, 180), (0, 7, 20), (7, 0, 0), (7, 7, 200)].map(|(label, predicted, count)| ConfusionRow {
                configuration,
                label,
                predicted,
                count,
            })
        };
        (
            all.iter().map(model).collect(),
            all.iter().flat_map(class).collect(),
            Configuration::TUTORIAL.into_iter().flat_map(confusion).collect(),
        )
    }

    #[test]
    fn every_number_is_there_and_fits() {
        let (models, classes, confusion) = rows();
        let evaluated = Evaluated { models: &models, classes: &classes, confusion: &confusion };
        for width in [40, 60, 80, 100, 200] {
            let text = evaluation_tables(evaluated, false, width);
            assert!(text.contains("91.00 ± 1.41"), "{text}");
            assert_eq!(text.matches("90.00 ± 0.00").count(), 8, "{text}");
            assert_eq!(text.matches("label (row)").count(), 4, "{text}");
            let squeezed: Vec<String> =
                text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
            assert_eq!(squeezed.iter().filter(|line| *line == "0 180 20").count(), 4, "{text}");
            assert_eq!(squeezed.iter().filter(|line| *line == "7 · 200").count(), 4, "{text}");
            let titles = |line: &&str| !line.contains("label (row)");
            let widest = text.lines().filter(titles).map(|line| line.chars().count()).max().unwrap_or_default();
            assert!(widest <= usize::from(width), "{width}: {text}");
        }
        let text = evaluation_tables(evaluated, false, 10);
        assert!(text.contains("0 for 7: 20 of 200 (10.0 %)"), "{text}");
    }
}
