//! `shift_accuracy`: accuracy on test images that are shifted.

use std::collections::BTreeSet;

use super::frame::{StudyView, TOP, scale_bar};
use crate::record::ShiftAccuracyRow;
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::cells::Cells;
use crate::report::figure::marks::colour_scale::{ColourScale, Ramp};
use crate::report::figure::marks::hatch;
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::heat_map::{HeatCell, HeatMap};
use crate::report::figure::marks::shapes::Extent;
use crate::report::figure::marks::small_multiples::SmallMultiples;
use crate::report::numbers::{counted, percent};

/// A map of shifts for each configuration, all on one scale.
pub(super) fn shift_accuracy(study: &StudyView) -> Option<String> {
    let rows = &study.tables.shift_accuracy;
    let shown = study.those_of(rows.iter().map(|row| row.configuration));
    let across: Vec<i32> = rows.iter().map(|row| row.dx).collect::<BTreeSet<_>>().into_iter().collect();
    let down: Vec<i32> = rows.iter().map(|row| row.dy).collect::<BTreeSet<_>>().into_iter().collect();
    let percents: Vec<f64> = rows.iter().map(|row| 100.0 * row.mean).collect();
    if percents.is_empty() {
        return None;
    }
    let scale = ColourScale { ramp: Ramp::Viridis, axis: Axis::linear(&percents, Extent::new(0.0, 100.0)) };
    let (columns, side, gap) = if shown.len() <= 4 { (2, 396.0, 72.0) } else { (3, 250.0, 60.0) };
    let longer = across.len().max(down.len()) as f64;
    let size = [side * across.len() as f64 / longer, side * down.len() as f64 / longer];
    let grid = SmallMultiples { left: EDGE + 34.0, top: TOP, columns, size, gap: [side - size[0] + gap, 58.0] };
    let bar = scale_bar("images classified rightly", grid.bottom(shown.len()) + 2.0);
    let images = study.records.shifts.iter().map(|row| row.images).max().unwrap_or_default();
    let subtitle = format!(
        "Percentage of {images} shifted test images classified rightly; what enters at the other side is black"
    );
    let mut svg = study.page("Accuracy on shifted images", &subtitle, bar.bottom() + 24.0);
    hatch::define(&mut svg);
    for (i, configuration) in shown.iter().enumerate() {
        let at = |dx: i32, dy: i32| -> Option<&ShiftAccuracyRow> {
            rows.iter().find(|row| row.configuration == *configuration && (row.dx, row.dy) == (dx, dy))
        };
        let seeds = rows.iter().filter(|row| row.configuration == *configuration).map(|row| row.n).max();
        let unshifted = at(0, 0).map_or(String::new(), |row| format!("{} unshifted · ", percent(row.mean, 2)));
        let detail = format!("{unshifted}{}", counted(seeds.unwrap_or_default(), "seed"));
        grid.name(&mut svg, i, &configuration.to_string(), study.look(configuration).text, &detail);
        let cell = |dx, dy| match at(dx, dy) {
            Some(row) => HeatCell::Value(100.0 * row.mean, format!("{:.1}", 100.0 * row.mean)),
            None => HeatCell::Unknown,
        };
        let values = down.iter().flat_map(|&dy| across.iter().map(move |&dx| cell(dx, dy)));
        let cells = Cells { frame: grid.panel(i), rows: down.len(), columns: across.len() };
        let map = HeatMap { cells, scale: &scale, values: values.collect() };
        map.draw(&mut svg);
        if let (Some(row), Some(column)) = (down.iter().position(|d| *d == 0), across.iter().position(|d| *d == 0)) {
            map.ring(&mut svg, row, column, "#fdfdfd");
        }
        map.row_names(&mut svg, &down.iter().map(|&d| signed(d)).collect::<Vec<_>>());
        let names: Vec<String> = across.iter().map(|&d| signed(d)).collect();
        map.column_names(&mut svg, &names, "pixels to the right (rows: pixels down)");
    }
    scale.bar(&mut svg, bar, "images classified rightly", |tick| format!("{} %", scale.axis.label(tick)));
    Some(svg.finish())
}

/// A shift with the sign that print has.
fn signed(shift: i32) -> String {
    match shift {
        ..0 => format!("−{}", shift.unsigned_abs()),
        0 => "0".into(),
        _ => format!("+{shift}"),
    }
}
