//! `final_accuracy`: the accuracy of every model, and of each configuration the mean with its interval.

use super::frame::{StudyView, TOP, WIDTH, seeds_note};
use crate::analysis::comparison::Spread;
use crate::model::Configuration;
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::font::width;
use crate::report::figure::marks::grid::values_below;
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::palette::Look;
use crate::report::figure::marks::shapes::{Extent, Point, Rect};
use crate::report::figure::marks::stroke::{Stroke, dot, marker, stroke};
use crate::report::figure::marks::style::{Anchor, TextStyle};
use crate::report::figure::marks::svg::{Coordinate, Svg};

/// From one row to the next.
const PITCH: f64 = 54.0;
/// How far the models of a row stand from its middle, at most.
const SCATTER: f64 = 13.0;
const NAME: TextStyle = TextStyle::ink(14.0).semibold().anchor(Anchor::End);
const NOTE: TextStyle = TextStyle::muted(13.0);

struct AccuracyRow {
    name: String,
    look: Look,
    models: Vec<f64>,
    spread: Option<Spread>,
    note: String,
}

/// Validation accuracy with the final weights, in percent: a pale point a model, the mean as a marker, its interval as a bar.
pub(super) fn final_accuracy(study: &StudyView) -> Option<String> {
    let rows: Vec<AccuracyRow> = study.configurations.iter().filter_map(|c| row(study, c)).collect();
    let note = seeds_note(rows.iter().map(|row| row.models.len()))?;
    let all: Vec<f64> = rows.iter().flat_map(|row| row.models.iter().copied()).collect();
    let axis = Axis::linear(&all, Extent::new(0.0, 100.0));
    let names = rows.iter().map(|row| width(&row.name, NAME)).fold(0.0, f64::max);
    let notes = rows.iter().map(|row| width(&row.note, NOTE)).fold(0.0, f64::max);
    let left = EDGE + names + 16.0;
    let area = Rect {
        x: left,
        y: TOP,
        width: (WIDTH - EDGE - notes - 16.0 - left).max(80.0),
        height: PITCH * rows.len() as f64,
    };
    let subtitle = format!("A pale point a model; the marker is the {note}");
    let mut svg = study.page("Validation accuracy with the final weights", &subtitle, area.bottom() + 30.0);
    values_below(&mut svg, area, &axis, "%");
    for (row, i) in rows.iter().zip(0u32..) {
        let y = area.y + (f64::from(i) + 0.5) * PITCH;
        svg.text(left - 14.0, y + 5.0, NAME.fill(row.look.text), &row.name);
        svg.text(area.right() + 14.0, y + 4.5, NOTE, &row.note);
        draw(&mut svg, row, y, |value| area.x + area.width * axis.place(value).clamp(0.0, 1.0));
    }
    Some(svg.finish())
}

fn draw(svg: &mut Svg, row: &AccuracyRow, y: f64, x: impl Fn(f64) -> f64) {
    let radius = if row.models.len() > 40 { 2.4 } else { 3.0 };
    for (&value, i) in row.models.iter().zip(1u32..) {
        // Multiples of the golden ratio, which spread evenly: equal accuracies do not hide each other.
        let place = (f64::from(i) * 0.618_033_988_75).fract() - 0.5;
        dot(svg, Point::new(x(value), y + 2.0 * SCATTER * place), radius, row.look.line, 0.28);
    }
    let Some(spread) = row.spread else { return };
    if let Some(interval) = spread.interval {
        let (low, high) = (x(100.0 * interval.low), x(100.0 * interval.high));
        let bar = format!("M{} {}H{}", Coordinate(low), Coordinate(y), Coordinate(high));
        stroke(svg, &bar, Stroke { colour: row.look.text, width: 4.0, dashed: false, opacity: 1.0 });
    }
    marker(svg, Point::new(x(100.0 * spread.mean), y), row.look, false);
}

fn row(study: &StudyView, configuration: &Configuration) -> Option<AccuracyRow> {
    let accuracies = study.records.of(*configuration).into_iter().map(|row| row.final_val_accuracy);
    let models: Vec<f64> = accuracies.filter(|accuracy| accuracy.is_finite()).collect();
    let spread = Spread::of(&models);
    let mean = spread.map(|spread| 100.0 * spread.mean);
    let sd = spread.and_then(|spread| spread.sd).map(|sd| format!(" ± {:.2}", 100.0 * sd)).unwrap_or_default();
    (!models.is_empty()).then(|| AccuracyRow {
        name: configuration.to_string(),
        look: study.look(configuration),
        models: models.iter().map(|accuracy| 100.0 * accuracy).collect(),
        spread,
        note: mean.map_or_else(String::new, |mean| format!("{mean:.2}{sd} %")),
    })
}
