//! The tutorial's table for a run.

use std::collections::BTreeSet;

use super::{Column, decimal, grouped, render, width_of};
use crate::model::network::LayerKind;
use crate::model::{ModelId, Network};
use crate::record::EpochRow;

/// One trained network.
#[derive(Debug, Clone, PartialEq)]
pub struct RunRow {
    /// The model; its seed is shown where rows differ in it.
    pub model: ModelId,
    /// Output height and width of conv1, pool1, conv2, pool2.
    pub sides: Vec<[usize; 2]>,
    /// Trained scalars.
    pub parameters: usize,
    /// Multiply-accumulates an image, forward.
    pub macs: u64,
    /// Validation accuracy after each epoch, 0 to 1.
    pub val_accuracy: Vec<f64>,
    /// Training accuracy of the last epoch, 0 to 1.
    pub train_accuracy: f64,
    /// Seconds of training, all epochs.
    pub seconds: f64,
    /// Milliseconds a step in the last epoch.
    pub ms_per_step: f64,
}

impl RunRow {
    /// Gathers a network's `epochs`, in order, each of `steps` steps. Without epochs every
    /// measured value is NaN, and shown as a dash.
    pub fn new(model: ModelId, network: &Network, epochs: &[EpochRow], steps: u64) -> RunRow {
        let spatial = network.layers.iter().filter(|layer| !matches!(layer.kind, LayerKind::Dense { .. }));
        let last = |value: fn(&EpochRow) -> f64| epochs.last().map_or(f64::NAN, value);
        RunRow {
            model,
            sides: spatial.map(|layer| [layer.output()[0], layer.output()[1]]).collect(),
            parameters: network.parameters(),
            macs: network.macs(),
            val_accuracy: epochs.iter().map(|row| row.val_accuracy).collect(),
            train_accuracy: last(|row| row.train_accuracy),
            seconds: if epochs.is_empty() { f64::NAN } else { epochs.iter().map(|row| row.seconds).sum() },
            ms_per_step: last(|row| row.seconds) * 1000.0 / steps as f64,
        }
    }
}

/// What gives way, step by step, where the terminal is narrow.
#[derive(Clone, Copy)]
struct Layout {
    /// Last epochs shown beside the first; 0: the last alone.
    tail: usize,
    /// Whether the arrows between sides have spaces; `None`: no sides.
    spaced: Option<bool>,
    /// Whether parameters and MACs are written out; `None`: neither.
    exact: Option<bool>,
    /// Whether the training accuracy and the time a step are shown.
    full: bool,
}

const fn layout(tail: usize, spaced: Option<bool>, exact: Option<bool>, full: bool) -> Layout {
    Layout { tail, spaced, exact, full }
}

/// With every column, the widest first.
const WHOLE: [Layout; 3] = [
    layout(3, Some(true), Some(true), true),
    layout(3, Some(false), Some(true), true),
    layout(3, Some(false), Some(false), true),
];

/// For terminals too narrow even for two tables.
const LAYOUTS: [Layout; 6] = [
    layout(2, Some(false), Some(false), true),
    layout(2, Some(false), None, true),
    layout(1, Some(false), None, true),
    layout(1, None, None, true),
    layout(1, None, None, false),
    layout(0, None, None, false),
];

/// The table: a row a network, the best of every measured column marked, green with `colour` and
/// with a star without. It fits within `width` characters as well as it can: where columns
/// would have to be left out, what the networks are and what they came to stand in two tables.
pub fn run_table(rows: &[RunRow], colour: bool, width: u16) -> String {
    let fits = |columns: &[Column]| width_of(&render(columns, false)) <= usize::from(width);
    let whole = WHOLE.map(|layout| columns(rows, layout));
    let [shapes, results] = [shapes(rows), columns(rows, layout(3, None, None, true))];
    let (before, columns) = if let Some(columns) = whole.into_iter().find(|columns| fits(columns)) {
        (None, columns)
    } else if fits(&shapes) && fits(&results) {
        (Some(render(&shapes, colour)), results)
    } else {
        let narrow = LAYOUTS.map(|layout| columns(rows, layout));
        let last = narrow.len() - 1;
        let chosen = narrow.iter().position(|columns| fits(columns)).unwrap_or(last);
        (None, narrow.into_iter().nth(chosen).unwrap_or_default())
    };
    let mut table = before.map_or(String::new(), |table| format!("{table}\n\n"));
    table += &render(&columns, colour);
    if columns.iter().any(|column| column.best.contains(&true)) {
        table += if colour { "\nbest of its column in green" } else { "\n* best of its column" };
    }
    table
}

/// What the networks are, without what they came to.
fn shapes(rows: &[RunRow]) -> Vec<Column> {
    let layout = Layout { tail: 0, spaced: Some(true), exact: Some(true), full: false };
    columns(rows, layout).into_iter().filter(|column| !column.measured).collect()
}

fn columns(rows: &[RunRow], layout: Layout) -> Vec<Column> {
    let cells = |cell: &dyn Fn(&RunRow) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let mut columns = vec![Column::text("\nconfiguration", cells(&|row| row.model.configuration.to_string()))];
    if rows.iter().map(|row| row.model.seed).collect::<BTreeSet<_>>().len() > 1 {
        columns.push(Column::numbers("\nseed", cells(&|row| row.model.seed.to_string())));
    }
    if let Some(spaced) = layout.spaced {
        let (header, arrow) = if spaced {
            ("conv1 → pool1 →\nconv2 → pool2", " → ")
        } else {
            ("conv1→pool1\nconv2→pool2", "→")
        };
        columns.push(Column::text(header, cells(&|row| sides(row, arrow))));
    }
    if let Some(exact) = layout.exact {
        let number = |n: u64| if exact { grouped(n) } else { short(n) };
        columns.push(Column::numbers("para-\nmeters", cells(&|row| number(row.parameters as u64))));
        columns.push(Column::numbers("MACs an\nimage", cells(&|row| number(row.macs))));
    }
    let epochs = rows.iter().map(|row| row.val_accuracy.len()).max().unwrap_or(0);
    let tail = epochs.saturating_sub(layout.tail.max(1));
    for epoch in (0..epochs).filter(|&epoch| epoch >= tail || epoch == 0 && layout.tail > 0) {
        if epoch == tail && tail > 1 && layout.tail > 0 {
            columns.push(Column::numbers("\n…", cells(&|_| "…".into())));
        }
        let value = |row: &RunRow| row.val_accuracy.get(epoch).copied().unwrap_or(f64::NAN);
        columns.push(measured(rows, &format!("valid.\nepoch {}", epoch + 1), 4, f64::max, value));
    }
    if layout.full {
        columns.push(measured(rows, "train\nacc.", 4, f64::max, |row| row.train_accuracy));
    }
    // Of short runs one decimal would leave nothing to compare.
    let decimals = if rows.iter().any(|row| row.seconds >= 10.0) { 1 } else { 2 };
    columns.push(measured(rows, "\nseconds", decimals, f64::min, |row| row.seconds));
    if layout.full {
        columns.push(measured(rows, "ms a\nstep", 2, f64::min, |row| row.ms_per_step));
    }
    columns
}

/// A column of results. All cells that read as the best one are marked, unless there is nothing to
/// compare it with.
fn measured(
    rows: &[RunRow],
    header: &str,
    decimals: usize,
    better: fn(f64, f64) -> f64,
    value: impl Fn(&RunRow) -> f64,
) -> Column {
    let text = |v: f64| if v.is_nan() { "–".into() } else { decimal(v, decimals) };
    let finite: Vec<f64> = rows.iter().map(&value).filter(|v| v.is_finite()).collect();
    let best = finite.iter().copied().reduce(better).map(text);
    let cells: Vec<String> = rows.iter().map(|row| text(value(row))).collect();
    let best = cells.iter().map(|cell| finite.len() > 1 && Some(cell) == best.as_ref()).collect();
    Column { best, measured: true, ..Column::numbers(header, cells) }
}

fn sides(row: &RunRow, arrow: &str) -> String {
    let side = |&[h, w]: &[usize; 2]| if h == w { h.to_string() } else { format!("{h}×{w}") };
    row.sides.iter().map(side).collect::<Vec<_>>().join(arrow)
}

/// `4241152` as `4.24 M`.
fn short(number: u64) -> String {
    match number {
        0..10_000 => grouped(number),
        10_000..1_000_000 => format!("{:.0} k", number as f64 / 1e3),
        _ => format!("{} M", decimal(number as f64 / 1e6, 2)),
    }
}
