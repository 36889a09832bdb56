//! `differences`: every pair of networks that differ in stride and padding alone, as a forest plot.

use super::frame::{CONTENT, StudyView, TOP, seeds_note, shown};
use crate::analysis::comparison::MARGIN;
use crate::model::Configuration;
use crate::record::DifferenceRow;
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::dot_plot::{Dot, DotGroup, DotPanel, DotPlot, DotRow};
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::shapes::Extent;

/// The mean difference of each pair over the seeds that both have, with its interval, and beside it what may be said. The
/// look of a row is that of its first network.
pub(super) fn differences(study: &StudyView) -> Option<String> {
    let rows = &study.tables.differences;
    let note = seeds_note(rows.iter().map(|row| row.n))?;
    let name = |row: &DifferenceRow| {
        let second = row.second.parse::<Configuration>().map_or(row.second.clone(), |second| second.to_string());
        format!("{} − {second}", row.configuration)
    };
    let row = |row: &DifferenceRow| DotRow { name: name(row), look: study.look(&row.configuration) };
    let dot = |row: &DifferenceRow| {
        let interval = row.low.zip(row.high).map(|(low, high)| Extent::new(100.0 * low, 100.0 * high));
        vec![Dot { value: 100.0 * row.mean, interval, hollow: false }]
    };
    let dots: Vec<Vec<Dot>> = rows.iter().map(dot).collect();
    let plot = DotPlot {
        groups: vec![DotGroup { name: String::new(), rows: rows.iter().map(row).collect() }],
        panels: vec![DotPanel {
            name: "First minus second, in percentage points of accuracy".into(),
            axis: Axis::linear(&[shown(dots.iter().flatten()), vec![0.0]].concat(), Extent::new(-100.0, 100.0)),
            unit: "",
            dots,
            notes: rows.iter().map(said).collect(),
            line: Some(0.0),
        }],
    };
    let subtitle = format!(
        "The same seed gives both the same order of samples; {note}; equivalent: within ±{} points",
        100.0 * MARGIN
    );
    let mut svg = study.page("Which network is more accurate, pair by pair", &subtitle, TOP + plot.height());
    plot.draw(&mut svg, TOP, EDGE, EDGE + CONTENT);
    Some(svg.finish())
}

/// `+0.85, first`, `+0.03, equivalent`.
fn said(row: &DifferenceRow) -> String {
    let sign = if row.mean < 0.0 { "−" } else { "+" };
    let verdict = match row.verdict.as_str() {
        "first" => "the first",
        "second" => "the second",
        other => other,
    };
    format!("{sign}{:.2}, {verdict}", 100.0 * row.mean.abs())
}
