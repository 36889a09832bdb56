//! What a run prints at its end: the tutorial's table.

use std::collections::BTreeSet;

use super::best::{fastest, most_accurate};
use super::table::{TableColumn, fits, render};
use crate::model::network::LayerKind;
use crate::model::{ModelId, Network};
use crate::record::{EpochRow, ModelRow};
use crate::report::numbers::{DASH, decimal, grouped, short};

/// One trained network.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// The model. Its seed is shown where the rows have different ones.
    pub model: ModelId,
    /// Output height and width of conv1, pool1, conv2, pool2.
    pub sides: Vec<[usize; 2]>,
    /// Trained scalars.
    pub parameters: usize,
    /// Multiply-accumulates of an image, forward.
    pub macs: u64,
    /// Epoch of the first of `val_accuracy`: 1, or 0 where the initial weights were evaluated.
    pub first_epoch: u32,
    /// Validation accuracy after each epoch, 0 to 1.
    pub val_accuracy: Vec<f64>,
    /// Training accuracy of the last epoch, 0 to 1.
    pub train_accuracy: f64,
    /// Accuracy on the training set evaluated with the final weights, 0 to 1; NaN where it is not known.
    pub final_train_accuracy: f64,
    /// Seconds of training, all epochs together.
    pub seconds: f64,
    /// Milliseconds of a training step in the last epoch.
    pub ms_per_step: f64,
    /// Training steps of an epoch.
    pub steps: u64,
    /// Images that it was trained on; 0 where that is not known.
    pub train_images: usize,
    /// Images that it was validated on; 0 where that is not known.
    pub test_images: usize,
    /// Whether it was trained to the end and did not diverge.
    pub finished: bool,
    /// Whether its training diverged, which the table says in place of its time.
    pub diverged: bool,
}

impl RunRow {
    /// Gathers the `epochs` of one model, in order, each of `steps` training steps. Without epochs, and of a model that
    /// diverged from then on, every measured value is NaN, which the table shows as a dash.
    pub fn new(model: ModelId, network: &Network, epochs: &[EpochRow], steps: u64) -> RunRow {
        let spatial =
            network.layers.iter().filter(|layer| matches!(layer.kind, LayerKind::Conv(_) | LayerKind::Pool(_)));
        let side = |[height, width, _]: [usize; 3]| [height, width];
        let diverged = epochs.iter().any(EpochRow::diverged);
        let finished = epochs.last().filter(|_| !diverged);
        let last = |value: fn(&EpochRow) -> f64| finished.map_or(f64::NAN, value);
        // An evaluation of the initial weights takes no training time.
        let trained = finished.filter(|row| row.epoch > 0);
        let accuracy = |row: &EpochRow| if row.diverged() { f64::NAN } else { row.val_accuracy };
        RunRow {
            model,
            sides: spatial.map(|layer| side(layer.output())).collect(),
            parameters: network.parameters(),
            macs: network.macs(),
            first_epoch: epochs.first().map_or(1, |row| row.epoch),
            val_accuracy: epochs.iter().map(accuracy).collect(),
            train_accuracy: last(|row| row.train_accuracy),
            final_train_accuracy: f64::NAN,
            seconds: if trained.is_none() { f64::NAN } else { epochs.iter().map(|row| row.seconds).sum() },
            ms_per_step: trained.map_or(f64::NAN, |row| row.seconds) * 1000.0 / steps as f64,
            steps,
            train_images: 0,
            test_images: 0,
            finished: finished.is_some(),
            diverged,
        }
    }

    /// Adds what tells whether a result is decided: the numbers of images. Of a model that was to be trained for more
    /// `epochs` than it was, nothing is.
    #[must_use]
    pub fn of_run(self, epochs: u32, train_images: usize, test_images: usize) -> RunRow {
        let finished = self.finished && self.val_accuracy.len() >= epochs as usize;
        RunRow { train_images, test_images, finished, ..self }
    }

    /// Adds what a finished model came to on the training set, with its final weights.
    #[must_use]
    pub fn evaluated(self, model: Option<&ModelRow>) -> RunRow {
        RunRow { final_train_accuracy: model.map_or(f64::NAN, |row| row.final_train_accuracy), ..self }
    }

    /// Seconds of the last epoch.
    fn last_epoch_seconds(&self) -> f64 {
        self.ms_per_step * self.steps as f64 / 1000.0
    }
}

/// How the sides of the layers' outputs are joined: `28 → 14` or `28→14`.
#[derive(Clone, Copy, PartialEq)]
enum Arrows {
    Spaced,
    Tight,
}

/// How parameters and MACs are written: `421,642` or `422 k`.
#[derive(Clone, Copy, PartialEq)]
enum Sizes {
    Exact,
    Short,
}

/// Which columns a table has. A narrow terminal gets fewer.
#[derive(Clone, Copy)]
struct RunColumns {
    /// How many of the last epochs are shown beside the first one. With 0 the last epoch is shown alone.
    last_epochs: usize,
    /// The column of the outputs' sides, if it is shown.
    sides: Option<Arrows>,
    /// The columns of parameters and MACs, if they are shown.
    sizes: Option<Sizes>,
    /// Whether the training accuracy and the time of a step are shown.
    full: bool,
}

/// Every column there is.
const WIDEST: RunColumns =
    RunColumns { last_epochs: 3, sides: Some(Arrows::Spaced), sizes: Some(Sizes::Exact), full: true };

/// The shapes of the networks; [`shapes`] takes the measured columns out.
const SHAPES: RunColumns = RunColumns { last_epochs: 0, full: false, ..WIDEST };

/// The results of the networks, without their shapes.
const RESULTS: RunColumns = RunColumns { last_epochs: 3, sides: None, sizes: None, full: true };

/// One table with every column, from the widest to the narrowest.
const COMPLETE: [RunColumns; 3] = [
    WIDEST,
    RunColumns { sides: Some(Arrows::Tight), ..WIDEST },
    RunColumns { sides: Some(Arrows::Tight), sizes: Some(Sizes::Short), ..WIDEST },
];

/// One table without some of the columns, for terminals too narrow even for two tables.
const REDUCED: [RunColumns; 6] = [
    RunColumns { last_epochs: 2, sides: Some(Arrows::Tight), sizes: Some(Sizes::Short), full: true },
    RunColumns { last_epochs: 2, sides: Some(Arrows::Tight), sizes: None, full: true },
    RunColumns { last_epochs: 1, sides: Some(Arrows::Tight), sizes: None, full: true },
    RunColumns { last_epochs: 1, sides: None, sizes: None, full: true },
    RunColumns { last_epochs: 1, sides: None, sizes: None, full: false },
    RunColumns { last_epochs: 0, sides: None, sizes: None, full: false },
];

/// The table of a run, a row for each model. The best value of a measured column is marked where it is decided: green
/// with `colour`, with a star without.
///
/// - An accuracy is the best where it is above every other one by more than two standard errors of the difference: by
///   more than `2·√(e₁ + e₂)` images, of which the two models classify `e₁` and `e₂` wrongly. That says that the model
///   is better, not that its configuration is: of that, several seeds tell.
/// - A time is the best where it is at least a tenth shorter than those of all other configurations and not below 0.1
///   seconds. Set-up does not count.
/// - A model that diverged or was not trained to the end is never the best.
///
/// The first of these that fits within `width` characters is printed: one table with every column; two tables, of
/// the shapes and of the results; one table with some columns left out. If none fits, it is the narrowest.
pub fn run_table(rows: &[RunRow], colour: bool, width: u16) -> String {
    let tables = choose(rows, width);
    let rendered: Vec<String> = tables.iter().map(|columns| render(columns, colour)).collect();
    let mut text = rendered.join("\n\n");
    if tables.iter().flatten().any(|column| column.best.contains(&true)) {
        text += if colour { "\ngreen: best by more than chance" } else { "\n* best by more than chance" };
    }
    text
}

/// The columns of the table, or of the two tables, that will be printed.
fn choose(rows: &[RunRow], width: u16) -> Vec<Vec<TableColumn>> {
    let first_that_fits = |choices: &[RunColumns]| {
        choices.iter().map(|choice| columns(rows, *choice)).find(|columns| fits(columns, width))
    };
    if let Some(complete) = first_that_fits(&COMPLETE) {
        return vec![complete];
    }
    let shapes = shapes(rows);
    let results = columns(rows, RESULTS);
    if fits(&shapes, width) && fits(&results, width) {
        return vec![shapes, results];
    }
    let narrowest = REDUCED[REDUCED.len() - 1];
    vec![first_that_fits(&REDUCED).unwrap_or_else(|| columns(rows, narrowest))]
}

/// The shapes of the networks, without their results.
pub(super) fn shapes(rows: &[RunRow]) -> Vec<TableColumn> {
    columns(rows, SHAPES).into_iter().filter(|column| !column.measured).collect()
}

fn columns(rows: &[RunRow], shown: RunColumns) -> Vec<TableColumn> {
    let cells = |cell: &dyn Fn(&RunRow) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let mut columns = vec![TableColumn::text("\nconfiguration", cells(&|row| row.model.configuration.to_string()))];
    let seeds: BTreeSet<u64> = rows.iter().map(|row| row.model.seed).collect();
    if seeds.len() > 1 {
        columns.push(TableColumn::numbers("\nseed", cells(&|row| row.model.seed.to_string())));
    }
    match shown.sides {
        Some(Arrows::Spaced) => {
            columns.push(TableColumn::text("conv1 → pool1 →\nconv2 → pool2", cells(&|row| sides(row, " → "))));
        }
        Some(Arrows::Tight) => {
            columns.push(TableColumn::text("conv1→pool1\nconv2→pool2", cells(&|row| sides(row, "→"))));
        }
        None => {}
    }
    if let Some(sizes) = shown.sizes {
        let number = |n: u64| match sizes {
            Sizes::Exact => grouped(n),
            Sizes::Short => short(n),
        };
        columns.push(TableColumn::numbers("para-\nmeters", cells(&|row| number(row.parameters as u64))));
        columns.push(TableColumn::numbers("MACs an\nimage", cells(&|row| number(row.macs))));
    }
    columns.extend(epochs(rows, shown.last_epochs));
    if shown.full {
        // What the final weights come to, where that is known; an epoch's mean is another thing.
        let evaluated = rows.iter().any(|row| !row.final_train_accuracy.is_nan());
        let accuracy = |row: &RunRow| if evaluated { row.final_train_accuracy } else { row.train_accuracy };
        let best = most_accurate(rows, accuracy, |row| row.train_images);
        columns.push(measured(rows, if evaluated { "train\nset" } else { "train\nacc." }, 4, best, accuracy));
    }
    // With one decimal, the times of short runs could not be compared.
    let decimals = match rows.iter().map(|row| row.seconds).fold(0.0, f64::max) {
        10.0.. => 1,
        0.1.. => 2,
        _ => 4,
    };
    let seconds = |row: &RunRow| row.seconds;
    let mut times = measured(rows, "\nseconds", decimals, fastest(rows, seconds, seconds), seconds);
    for (cell, _) in times.cells.iter_mut().zip(rows).filter(|(_, row)| row.diverged) {
        *cell = "diverged".into();
    }
    columns.push(times);
    if shown.full {
        let step = |row: &RunRow| row.ms_per_step;
        columns.push(measured(rows, "ms a\nstep", 2, fastest(rows, step, RunRow::last_epoch_seconds), step));
    }
    columns
}

/// Validation accuracy after the first epoch and the `last` ones, with an ellipsis for those between.
fn epochs(rows: &[RunRow], last: usize) -> Vec<TableColumn> {
    let count = rows.iter().map(|row| row.val_accuracy.len()).max().unwrap_or(0);
    let first_epoch = rows.iter().map(|row| row.first_epoch).min().unwrap_or(1);
    let first_of_last = count.saturating_sub(last.max(1));
    let with_first = last > 0;
    let mut columns = Vec::new();
    for epoch in 0..count {
        if epoch < first_of_last && !(epoch == 0 && with_first) {
            continue;
        }
        if epoch == first_of_last && first_of_last > 1 && with_first {
            columns.push(TableColumn::numbers("\n…", vec!["…".into(); rows.len()]));
        }
        let header = format!("valid.\nepoch {}", epoch + first_epoch as usize);
        let value = |row: &RunRow| row.val_accuracy.get(epoch).copied().unwrap_or(f64::NAN);
        let best = most_accurate(rows, value, |row| row.test_images);
        columns.push(measured(rows, &header, 4, best, value));
    }
    columns
}

/// A column of results.
fn measured(
    rows: &[RunRow],
    header: &str,
    decimals: usize,
    best: Vec<bool>,
    value: impl Fn(&RunRow) -> f64,
) -> TableColumn {
    let text = |v: f64| if v.is_nan() { DASH.into() } else { decimal(v, decimals) };
    let cells = rows.iter().map(|row| text(value(row))).collect();
    TableColumn { best, measured: true, ..TableColumn::numbers(header, cells) }
}

fn sides(row: &RunRow, arrow: &str) -> String {
    let side = |&[height, width]: &[usize; 2]| {
        if height == width { height.to_string() } else { format!("{height}×{width}") }
    };
    row.sides.iter().map(side).collect::<Vec<_>>().join(arrow)
}
