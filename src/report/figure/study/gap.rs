//! `gap`: what the models lose between the training set and the validation set.

use super::frame::{CONTENT, StudyView, TOP, seeds_note, shown};
use crate::analysis::statistics::mean;
use crate::record::{GapRow, ModelRow};
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::dot_plot::{Dot, DotGroup, DotPanel, DotPlot, DotRow};
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::shapes::Extent;

/// Accuracy on the training set (hollow) and on the validation set (filled), and their difference with its interval.
pub(super) fn gap(study: &StudyView) -> Option<String> {
    let rows = &study.tables.gap;
    let note = seeds_note(rows.iter().map(|row| row.n))?;
    let row = |row: &GapRow| DotRow { name: row.configuration.to_string(), look: study.look(&row.configuration) };
    let groups = vec![DotGroup { name: String::new(), rows: rows.iter().map(row).collect() }];
    let accuracies = |row: &GapRow| -> Vec<Dot> {
        let models = study.records.of(row.configuration);
        let known = models.iter().filter(|m| (m.final_train_accuracy - m.final_val_accuracy).is_finite());
        let of = |value: fn(&ModelRow) -> f64, hollow: bool| Dot {
            value: 100.0 * mean(&known.clone().map(|model| value(model)).collect::<Vec<_>>()),
            interval: None,
            hollow,
        };
        vec![of(|model| model.final_train_accuracy, true), of(|model| model.final_val_accuracy, false)]
    };
    let accuracies: Vec<Vec<Dot>> = rows.iter().map(accuracies).collect();
    let gap = |row: &GapRow| {
        let interval = row.low.zip(row.high).map(|(low, high)| Extent::new(100.0 * low, 100.0 * high));
        vec![Dot { value: 100.0 * row.mean, interval, hollow: false }]
    };
    let gaps: Vec<Vec<Dot>> = rows.iter().map(gap).collect();
    let number = |row: &GapRow| format!("{}{:.2}", if row.mean < 0.0 { "−" } else { "" }, 100.0 * row.mean.abs());
    let panels = vec![
        DotPanel {
            name: "Training set (hollow), validation set (filled)".into(),
            axis: Axis::linear(&shown(accuracies.iter().flatten()), Extent::new(0.0, 100.0)),
            unit: "%",
            dots: accuracies,
            notes: Vec::new(),
            line: None,
        },
        DotPanel {
            name: "Difference, in percentage points".into(),
            axis: Axis::linear(&[shown(gaps.iter().flatten()), vec![0.0]].concat(), Extent::new(-100.0, 100.0)),
            unit: "",
            dots: gaps,
            notes: rows.iter().map(number).collect(),
            line: Some(0.0),
        },
    ];
    let plot = DotPlot { groups, panels };
    let subtitle = format!("Accuracy with the final weights on what was trained on and on what was not; {}", note);
    let mut svg = study.page("How well the networks generalise", &subtitle, TOP + plot.height());
    plot.draw(&mut svg, TOP, EDGE, EDGE + CONTENT);
    Some(svg.finish())
}
