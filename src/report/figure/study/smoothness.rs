//! `smoothness`: how much neighbouring values of feature maps differ.

use super::frame::{CONTENT, StudyView, TOP, dot, seeds_note, shown};
use crate::analysis::comparison::Spread;
use crate::analysis::{LayerSmoothness, smoothness as layers};
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::dot_plot::{Dot, DotGroup, DotPanel, DotPlot, DotRow};
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::shapes::Extent;
use crate::report::numbers::{or_dash, significant};

/// A group of rows for each layer: the difference of neighbours on the map's own grid, and by the pixels between them.
pub(super) fn smoothness(study: &StudyView) -> Option<String> {
    let all = layers(study.records);
    let mut names: Vec<&str> = Vec::new();
    for layer in &all {
        if !names.contains(&layer.layer.as_str()) {
            names.push(&layer.layer);
        }
    }
    let of_layer = |name: &str| all.iter().filter(move |layer| layer.layer == name).collect::<Vec<_>>();
    let rows: Vec<&LayerSmoothness> = names.iter().flat_map(|name| of_layer(name)).collect();
    let spreads = all.iter().flat_map(|layer| [layer.variation, layer.variation_per_pixel]).flatten();
    let note = seeds_note(spreads.map(|spread| spread.n))?;
    let row = |of: &LayerSmoothness| DotRow { name: of.configuration.to_string(), look: study.look(&of.configuration) };
    let group = |name: &&str| DotGroup { name: (*name).into(), rows: of_layer(name).into_iter().map(row).collect() };
    let panel = |name: &str, value: fn(&LayerSmoothness) -> Option<Spread>| {
        let dots: Vec<Vec<Dot>> =
            rows.iter().map(|row| value(row).iter().map(|spread| dot(spread, 1.0)).collect()).collect();
        let numbers = [shown(dots.iter().flatten()), vec![0.0]].concat();
        let note = |row: &&LayerSmoothness| or_dash(value(row), |spread| significant(spread.mean));
        let notes = rows.iter().map(note).collect();
        let axis = Axis::linear(&numbers, Extent::new(0.0, f64::MAX));
        DotPanel { name: name.into(), axis, unit: "", dots, notes, line: None }
    };
    let panels = vec![
        panel("Between neighbours of the map", |layer| layer.variation),
        panel("By pixels of the image between them", |layer| layer.variation_per_pixel),
    ];
    let plot = DotPlot { groups: names.iter().map(group).collect(), panels };
    let subtitle = format!("Mean difference of neighbouring values over the mean value; {}", note);
    let mut svg = study.page("How rough feature maps are", &subtitle, TOP + plot.height());
    plot.draw(&mut svg, TOP, EDGE, EDGE + CONTENT);
    Some(svg.finish())
}
