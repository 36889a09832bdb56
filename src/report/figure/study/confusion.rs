//! `confusion`: which classes are taken for which.

use super::frame::{StudyView, TOP, scale_bar};
use crate::model::Configuration;
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::cells::Cells;
use crate::report::figure::marks::colour_scale::{ColourScale, Ramp};
use crate::report::figure::marks::hatch;
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::heat_map::{HeatCell, HeatMap};
use crate::report::figure::marks::shapes::Extent;
use crate::report::figure::marks::small_multiples::SmallMultiples;
use crate::report::numbers::{counted, percent};

/// The colour of the diagonal.
const RIGHT: [u8; 3] = [0xec, 0xee, 0xf1];

/// The shares of one configuration, by label and prediction; `None` of labels without images.
struct Shares {
    configuration: Configuration,
    shares: Vec<Vec<Option<f64>>>,
    /// Share of all images that are right.
    right: f64,
}

/// A matrix for each configuration: of the images of each class, the share that is taken for each other class, all on
/// one scale without the diagonal.
pub(super) fn confusion(study: &StudyView) -> Option<String> {
    let rows = &study.tables.confusion;
    let shown = study.those_of(rows.iter().map(|row| row.configuration));
    let classes = rows.iter().map(|row| usize::from(row.label.max(row.predicted))).max()? + 1;
    let matrices: Vec<Shares> = shown.iter().map(|&c| shares(study, c, classes)).collect();
    let cells = || {
        matrices.iter().flat_map(|m| m.shares.iter().enumerate()).flat_map(|(label, row)| {
            row.iter().enumerate().filter(move |(predicted, _)| *predicted != label).filter_map(|(_, share)| *share)
        })
    };
    let percents: Vec<f64> = cells().map(|share| 100.0 * share).chain([0.0]).collect();
    let scale = ColourScale { ramp: Ramp::Blues, axis: Axis::linear(&percents, Extent::new(0.0, 100.0)) };

    let (columns, side, gap) = if shown.len() <= 4 { (2, 400.0, 70.0) } else { (3, 254.0, 56.0) };
    let grid = SmallMultiples { left: EDGE + 30.0, top: TOP, columns, size: [side, side], gap: [gap, 58.0] };
    let bar = scale_bar("share of the images of a class", grid.bottom(shown.len()) + 2.0);
    let subtitle = "Of the test images of each class, the percentage that is taken for each other class; the diagonal is what is right";
    let mut svg = study.page("Which classes are taken for which", subtitle, bar.bottom() + 24.0);
    hatch::define(&mut svg);
    for (i, matrix) in matrices.iter().enumerate() {
        let models = study.records.predictions.iter().filter(|of| of.model.configuration == matrix.configuration);
        let detail = format!("{} right · {}", percent(matrix.right, 2), counted(models.count(), "model"));
        let configuration = matrix.configuration;
        grid.name(&mut svg, i, &configuration.to_string(), study.look(&configuration).text, &detail);
        let cell = |label: usize, predicted: usize| match matrix.shares[label][predicted] {
            None => HeatCell::Unknown,
            Some(share) if label == predicted => HeatCell::Aside(RIGHT, format!("{:.1}", 100.0 * share)),
            Some(share) => HeatCell::Value(100.0 * share, confused(share)),
        };
        let values = (0..classes).flat_map(|label| (0..classes).map(move |predicted| cell(label, predicted)));
        let panel = grid.panel(i);
        let cells = Cells { frame: panel, rows: classes, columns: classes };
        let map = HeatMap { cells, scale: &scale, values: values.collect() };
        map.draw(&mut svg);
        let names: Vec<String> = (0..classes).map(|class| class.to_string()).collect();
        map.row_names(&mut svg, &names);
        map.column_names(&mut svg, &names, "predicted class (rows: label)");
    }
    scale.bar(&mut svg, bar, "share of the images of a class", |tick| format!("{} %", scale.axis.label(tick)));
    Some(svg.finish())
}

/// A share as a cell shows it: nothing where no image is confused, in percent with two decimals below 1.
fn confused(share: f64) -> String {
    match 100.0 * share {
        0.0 => String::new(),
        ..0.005 => "0.00".into(),
        ..0.995 => format!("{:.2}", 100.0 * share),
        percent => format!("{percent:.1}"),
    }
}

fn shares(study: &StudyView, configuration: Configuration, classes: usize) -> Shares {
    let mut counts = vec![vec![0u64; classes]; classes];
    for row in study.tables.confusion.iter().filter(|row| row.configuration == configuration) {
        counts[usize::from(row.label)][usize::from(row.predicted)] += row.count;
    }
    let shares = counts.iter().map(|row| {
        let images: u64 = row.iter().sum();
        row.iter().map(|&count| (images > 0).then(|| count as f64 / images as f64)).collect()
    });
    let all: u64 = counts.iter().flatten().sum();
    let right: u64 = (0..classes).map(|class| counts[class][class]).sum();
    Shares { configuration, shares: shares.collect(), right: right as f64 / all as f64 }
}
