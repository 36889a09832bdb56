//! `class_accuracy`: accuracy by class and configuration.

use std::collections::BTreeSet;

use super::frame::{CONTENT, StudyView, TOP, dot, seeds_note, shown};
use crate::analysis::class_spreads;
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::dot_plot::{DotGroup, DotPanel, DotPlot, DotRow};
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::shapes::Extent;

/// A group of dots for each class, a dot for each configuration.
pub(super) fn class_accuracy(study: &StudyView) -> Option<String> {
    let spreads = class_spreads(&study.tables.class_accuracy, &study.configurations);
    let configurations = study.those_of(spreads.iter().map(|spread| spread.configuration));
    let classes: BTreeSet<u8> = spreads.iter().map(|spread| spread.class).collect();
    let note = seeds_note(spreads.iter().map(|spread| spread.accuracy.n))?;
    let rows = configurations.iter().map(|c| DotRow { name: String::new(), look: study.look(c) });
    let rows: Vec<DotRow> = rows.collect();
    let groups = classes.iter().map(|class| DotGroup { name: format!("class {class}"), rows: rows.clone() });
    let of = |class, configuration| {
        let found = spreads.iter().find(|s| s.class == class && s.configuration == configuration);
        found.map(|spread| dot(&spread.accuracy, 100.0)).into_iter().collect::<Vec<_>>()
    };
    let dots: Vec<_> = classes.iter().flat_map(|&class| configurations.iter().map(move |&c| of(class, c))).collect();
    let axis = Axis::linear(&shown(dots.iter().flatten()), Extent::new(0.0, 100.0));
    let panel = DotPanel { name: String::new(), axis, unit: "%", dots, notes: Vec::new(), line: None };
    let plot = DotPlot { groups: groups.collect(), panels: vec![panel] };
    let top = study.below_key(TOP, &configurations) - 10.0;
    let subtitle = format!("Share of the test images of each class that are classified rightly; {}", note);
    let mut svg = study.page("Accuracy by class", &subtitle, top + plot.height());
    study.key(&mut svg, TOP, &configurations);
    plot.draw(&mut svg, top, EDGE, EDGE + CONTENT);
    Some(svg.finish())
}
