//! `accuracy_cost`: what accuracy costs.

use super::frame::{StudyView, TOP, WIDTH, seeds_note};
use crate::record::CostSummaryRow;
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::font::width;
use crate::report::figure::marks::grid::values_at_the_left;
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::palette::{AXIS, GRID};
use crate::report::figure::marks::shapes::{Extent, Point, Rect};
use crate::report::figure::marks::small_multiples::SmallMultiples;
use crate::report::figure::marks::stroke::{Stroke, marker, stroke};
use crate::report::figure::marks::style::{Anchor, TextStyle};
use crate::report::figure::marks::svg::{Coordinate, Svg};
use crate::report::numbers::significant;

const LABEL: TextStyle = TextStyle::muted(13.0);
const HEIGHT: f64 = 330.0;

/// A cost, and which number of a row it is.
struct CostAxis {
    name: String,
    detail: &'static str,
    of: fn(&CostSummaryRow) -> Option<f64>,
    label: fn(f64) -> String,
}

/// A panel for each cost that is known, accuracy with its interval against the cost on a logarithmic scale.
pub(super) fn accuracy_cost(study: &StudyView) -> Option<String> {
    let with_accuracy = study.tables.cost_summary.iter().filter(|row| row.val_accuracy.is_some());
    // Of several batch sizes the greatest is drawn: its activations are what a user has to have room for.
    let greatest = with_accuracy.clone().map(|row| row.batch_size).max()?;
    let rows: Vec<&CostSummaryRow> = with_accuracy.filter(|row| row.batch_size == greatest).collect();
    let batch = greatest.unwrap_or_default();
    let costs = [
        CostAxis {
            name: "Multiply-accumulates".into(),
            detail: "an image, forward",
            of: |row| row.macs.map(|n| n as f64),
            label: metric,
        },
        CostAxis { name: "Training time".into(), detail: "a step", of: |row| row.seconds_per_step, label: seconds },
        CostAxis {
            name: "Activations".into(),
            detail: "held in classification",
            of: |row| row.activation_bytes.map(|n| n as f64),
            label: |bytes| format!("{}B", metric(bytes)),
        },
    ];
    let known = |cost: &CostAxis| rows.iter().any(|row| (cost.of)(row).is_some_and(|value| value > 0.0));
    let mut costs: Vec<CostAxis> = costs.into_iter().filter(known).collect();
    if costs.is_empty() {
        return None;
    }
    if let Some(activations) = costs.iter_mut().find(|cost| cost.name == "Activations") {
        activations.name = format!("Activations of {batch} images");
    }
    let shown = study.those_of(rows.iter().map(|row| row.configuration));
    let ends = |row: &&CostSummaryRow| [row.val_accuracy, row.low, row.high].into_iter().flatten().collect::<Vec<_>>();
    let accuracies: Vec<f64> = rows.iter().flat_map(ends).map(|accuracy| 100.0 * accuracy).collect();
    let axis = Axis::linear(&accuracies, Extent::new(0.0, 100.0));
    let widest = axis.ticks.iter().map(|&tick| width(&format!("{} %", axis.label(tick)), LABEL)).fold(0.0, f64::max);
    let left = EDGE + widest + 14.0;
    let gap = 46.0;
    let panels = costs.len() as f64;
    let panel_width = (WIDTH - EDGE - left - gap * (panels - 1.0)) / panels;
    let top = study.below_key(TOP, &shown) + 14.0;
    let grid = SmallMultiples { left, top, columns: costs.len(), size: [panel_width, HEIGHT], gap: [gap, 32.0] };
    let note = seeds_note(rows.iter().map(|row| row.n))?;
    let subtitle = format!("Validation accuracy against cost, logarithmic scales; {}", note);
    let mut svg = study.page("What accuracy costs", &subtitle, grid.bottom(costs.len()));
    study.key(&mut svg, TOP, &shown);
    for (i, cost) in costs.iter().enumerate() {
        let panel = grid.panel(i);
        grid.name(&mut svg, i, &cost.name, TextStyle::ink(1.0).fill, cost.detail);
        let y = |percent: f64| panel.bottom() - panel.height * axis.place(percent);
        let own = Rect { x: panel.x, ..panel };
        match i {
            0 => values_at_the_left(&mut svg, own, &axis, " %", y),
            _ => axis.ticks.iter().for_each(|&tick| {
                svg.line(Point::new(panel.x, y(tick)), Point::new(panel.right(), y(tick)), GRID, 1.0);
            }),
        }
        let values: Vec<f64> = rows.iter().filter_map(|row| (cost.of)(row)).collect();
        let across = Axis::logarithmic(&values);
        let x = |value: f64| panel.x + panel.width * across.place(value);
        costs_below(&mut svg, panel, &across, cost.label);
        for row in &rows {
            let Some((value, accuracy)) = (cost.of)(row).filter(|value| *value > 0.0).zip(row.val_accuracy) else {
                continue;
            };
            let look = study.look(&row.configuration);
            if let Some((low, high)) = row.low.zip(row.high) {
                let ends = [y(100.0 * low), y(100.0 * high)].map(Coordinate);
                let path = format!("M{} {}V{}", Coordinate(x(value)), ends[0], ends[1]);
                stroke(&mut svg, &path, Stroke { colour: look.line, width: 2.5, dashed: false, opacity: 0.45 });
            }
            marker(&mut svg, Point::new(x(value), y(100.0 * accuracy)), look, false);
        }
    }
    Some(svg.finish())
}

/// The horizontal axis of a cost, with the labels that have room.
fn costs_below(svg: &mut Svg, panel: Rect, axis: &Axis, label: fn(f64) -> String) {
    let bottom = panel.bottom();
    svg.line(Point::new(panel.x, bottom), Point::new(panel.right(), bottom), AXIS, 1.0);
    let mut free = f64::NEG_INFINITY;
    for &tick in &axis.ticks {
        let x = panel.x + panel.width * axis.place(tick);
        svg.line(Point::new(x, panel.y), Point::new(x, bottom), GRID, 1.0);
        let text = label(tick);
        let half = width(&text, LABEL) / 2.0;
        if x - half > free && x + half < panel.right() + 4.0 {
            svg.text(x, bottom + 20.0, LABEL.anchor(Anchor::Middle), &text);
            free = x + half + 8.0;
        }
    }
}

/// `20 k`, `5 M`, `2 G`: a round number with a decimal prefix.
fn metric(value: f64) -> String {
    let prefixes = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    match prefixes.into_iter().find(|(unit, _)| value >= *unit) {
        Some((unit, prefix)) => format!("{} {prefix}", value / unit),
        None => format!("{value} "),
    }
}

/// Seconds with a prefix: `20 ms`.
fn seconds(value: f64) -> String {
    let units = [(1.0, "s"), (1e-3, "ms"), (1e-6, "µs")];
    match units.into_iter().find(|(unit, _)| value >= unit * 0.999) {
        Some((unit, name)) => format!("{} {name}", (value / unit * 1e3).round() / 1e3),
        None => format!("{} s", significant(value)),
    }
}
