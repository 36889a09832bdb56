//! `ink_by_ring` and `uncovered_ink`: where the images have ink, and which of it a network cannot read.

use std::collections::BTreeSet;

use super::frame::{CONTENT, StudyView, TOP, cell_percent, scale_bar};
use crate::record::InkRow;
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::cells::Cells;
use crate::report::figure::marks::colour_scale::{ColourScale, Ramp};
use crate::report::figure::marks::font::width;
use crate::report::figure::marks::hatch;
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::heat_map::{HeatCell, HeatMap};
use crate::report::figure::marks::shapes::{Extent, Rect};
use crate::report::figure::marks::style::{Anchor, TextStyle};

const PANEL_NAME: TextStyle = TextStyle::ink(15.0).semibold();
const ROW_NAME: TextStyle = TextStyle::ink(14.0).semibold().anchor(Anchor::End);
/// The widest a cell may be, and the height of a cell.
const CELL: f64 = 60.0;
const ROW: f64 = 26.0;

fn scale(shares: &[f64]) -> ColourScale {
    let percents: Vec<f64> = shares.iter().map(|share| 100.0 * share).chain([0.0]).collect();
    ColourScale { ramp: Ramp::Blues, axis: Axis::linear(&percents, Extent::new(0.0, 100.0)) }
}

fn cell(share: f64) -> HeatCell {
    if share.is_finite() { HeatCell::Value(100.0 * share, cell_percent(share)) } else { HeatCell::Unknown }
}

/// A table of class × ring for the whole images, and one for each crop.
pub(super) fn by_ring(study: &StudyView) -> Option<String> {
    let rows = &study.tables.ink;
    let crops: BTreeSet<usize> = rows.iter().map(|row| row.crop).collect();
    let classes: Vec<u8> = rows.iter().map(|row| row.class).collect::<BTreeSet<_>>().into_iter().collect();
    let rings = rows.iter().map(|row| row.ring).max()? + 1;
    let scale = scale(&rows.iter().map(|row| row.share).collect::<Vec<_>>());
    let [left, width] = [EDGE + 62.0, CELL.min((CONTENT - 62.0) / rings as f64)];
    // A row for each class and one for all of them; above them the name of the table, below them the rings.
    let table_height = ROW * (classes.len() + 1) as f64;
    let block = 34.0 + table_height + 52.0;
    let bar_y = TOP + 20.0 + block * crops.len() as f64;
    let bar = scale_bar("share of the ink", bar_y);
    let title = "Where the digits have their ink";
    let title = if study.records.run.data.name == "MNIST" { title } else { "Where the images have their ink" };
    let subtitle = "Share of the ink of each class in each ring of the test images, in percent; ring 0 is the border";
    let mut svg = study.page(title, subtitle, bar.bottom() + 24.0);
    hatch::define(&mut svg);
    for (i, &crop) in crops.iter().enumerate() {
        let top = TOP + 14.0 + block * i as f64;
        let name = match crop {
            0 => "Whole images".to_string(),
            1 => "Without one pixel on each side (crop 1)".into(),
            n => format!("Without {n} pixels on each side (crop {n})"),
        };
        svg.text(EDGE, top + 8.0, PANEL_NAME, &name);
        let of_crop: Vec<&InkRow> = rows.iter().filter(|row| row.crop == crop).collect();
        let rings = of_crop.iter().map(|row| row.ring).max().unwrap_or_default() + 1;
        let ink = |class: Option<u8>, ring: usize| -> Option<f64> {
            let rows = of_crop.iter().filter(|row| class.is_none_or(|class| row.class == class));
            let all: f64 = rows.clone().map(|row| row.ink).sum();
            let found: Vec<f64> = rows.filter(|row| row.ring == ring).map(|row| row.ink).collect();
            (!found.is_empty()).then(|| found.iter().sum::<f64>() / all)
        };
        let lines = classes.iter().copied().map(Some).chain([None]);
        let values = lines.flat_map(|class| {
            let cells: Vec<HeatCell> =
                (0..rings).map(|ring| ink(class, ring).map_or(HeatCell::Unknown, cell)).collect();
            cells
        });
        let frame = Rect { x: left, y: top + 20.0, width: width * rings as f64, height: table_height };
        let cells = Cells { frame, rows: classes.len() + 1, columns: rings };
        let map = HeatMap { cells, scale: &scale, values: values.collect() };
        map.draw(&mut svg);
        let names = classes.iter().map(|class| format!("class {class}")).chain(["all".into()]);
        map.row_names(&mut svg, &names.collect::<Vec<_>>());
        let names: Vec<String> = (0..rings).map(|ring| ring.to_string()).collect();
        map.column_names(&mut svg, &names, "ring: distance from the border in pixels");
    }
    scale.bar(&mut svg, bar, "share of the ink", |tick| format!("{} %", scale.axis.label(tick)));
    Some(svg.finish())
}

/// A table of configuration × class.
pub(super) fn uncovered(study: &StudyView) -> Option<String> {
    let rows = &study.tables.uncovered_ink;
    let shown = study.those_of(rows.iter().map(|row| row.configuration));
    let classes: Vec<u8> = rows.iter().map(|row| row.class).collect::<BTreeSet<_>>().into_iter().collect();
    if classes.is_empty() || shown.is_empty() {
        return None;
    }
    let scale = scale(&rows.iter().map(|row| row.share).collect::<Vec<_>>());
    let names: Vec<String> = shown.iter().map(ToString::to_string).collect();
    let widest = names.iter().map(|name| width(name, ROW_NAME)).fold(0.0, f64::max);
    let left = EDGE + widest + 12.0;
    let cell_width = CELL.min((EDGE + CONTENT - left) / classes.len() as f64);
    let row = 32.0;
    let frame =
        Rect { x: left, y: TOP + 14.0, width: cell_width * classes.len() as f64, height: row * shown.len() as f64 };
    let bar = scale_bar("share of the ink", frame.bottom() + 62.0);
    let subtitle =
        "Share of the ink of each class in the test images that no weight of the network can reach, in percent";
    let mut svg = study.page("Ink that a network cannot read", subtitle, bar.bottom() + 24.0);
    hatch::define(&mut svg);
    let value = |configuration, class| {
        let row = rows.iter().find(|row| row.configuration == configuration && row.class == class);
        row.map_or(HeatCell::Unknown, |row| cell(row.share))
    };
    let values = shown.iter().flat_map(|&c| classes.iter().map(move |&class| value(c, class))).collect();
    let map = HeatMap { cells: Cells { frame, rows: shown.len(), columns: classes.len() }, scale: &scale, values };
    map.draw(&mut svg);
    for (i, (configuration, name)) in shown.iter().zip(&names).enumerate() {
        let y = frame.y + (i as f64 + 0.5) * row + 5.0;
        svg.text(left - 12.0, y, ROW_NAME.fill(study.look(configuration).text), name);
    }
    map.column_names(&mut svg, &classes.iter().map(ToString::to_string).collect::<Vec<_>>(), "class");
    scale.bar(&mut svg, bar, "share of the ink", |tick| format!("{} %", scale.axis.label(tick)));
    Some(svg.finish())
}
