//! `coverage`: how often each pixel can reach the classifier.

use std::fmt::Write;

use super::frame::{CONTENT, StudyView, TOP, WIDTH, scale_bar};
use crate::data::Split;
use crate::model::Configuration;
use crate::record::CoverageRow;
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::cells::Cells;
use crate::report::figure::marks::colour_scale::{ColourScale, Ramp};
use crate::report::figure::marks::hatch;
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::heat_map::{HeatCell, HeatMap};
use crate::report::figure::marks::palette::AXIS;
use crate::report::figure::marks::shapes::Rect;
use crate::report::figure::marks::small_multiples::SmallMultiples;
use crate::report::figure::marks::style::TextStyle;
use crate::report::figure::marks::svg::{Coordinate, Svg};
use crate::report::numbers::{grouped, percent};

/// Panels in a row, and their side.
const COLUMNS: usize = 4;
const SIDE: f64 = 203.0;

/// Least share of the greatest mean that has a square.
const LEAST: f64 = 0.1;
const WHITE: &str = "#fdfdfd";
const BLACK: &str = "#16191f";

/// The mean of all images, as shares of the greatest mean.
fn mean_image(test: &Split) -> Vec<f64> {
    let mut sums = vec![0u64; test.height * test.width];
    for image in test.images.chunks_exact(sums.len().max(1)) {
        sums.iter_mut().zip(image).for_each(|(sum, &pixel)| *sum += u64::from(pixel));
    }
    let most = sums.iter().copied().max().unwrap_or_default().max(1) as f64;
    sums.into_iter().map(|sum| sum as f64 / most).collect()
}

/// A square in the middle of each pixel with ink, its area growing with the ink, and `more` of a cell wider. All are one
/// path, so that a figure stays small.
fn squares(svg: &mut Svg, cells: Cells, mean: &[f64], fill: &str, more: f64) {
    let side = cells.frame.width / cells.columns as f64;
    let mut path = String::new();
    for (i, &share) in mean.iter().enumerate().filter(|(_, share)| **share >= LEAST) {
        let (row, column) = ((i / cells.columns) as f64, (i % cells.columns) as f64);
        let width = (0.6 * share.sqrt() + more) * side;
        let at = |cell: f64| (cell + 0.5) * side - width / 2.0;
        let [x, y] = [cells.frame.x + at(column), cells.frame.y + at(row)];
        // Writing to a String cannot fail.
        let _ = write!(path, "M{} {}h{w}v{w}h-{w}z", Coordinate(x), Coordinate(y), w = Coordinate(width));
    }
    svg.element("path", &[("fill", &fill), ("d", &path)]);
}

/// A panel for each configuration, all on one logarithmic scale; pixels that are never read are hatched.
pub(super) fn coverage(study: &StudyView) -> Option<String> {
    let rows = &study.tables.coverage;
    let shown = study.those_of(rows.iter().map(|row| row.configuration));
    let of = |c: &Configuration| rows.iter().filter(|row| row.configuration == *c).collect::<Vec<&CoverageRow>>();
    let panels: Vec<Vec<&CoverageRow>> = shown.iter().map(of).collect();
    let [height, width] = [rows.iter().map(|r| r.row).max()? + 1, rows.iter().map(|r| r.column).max()? + 1];
    let paths: Vec<f64> = rows.iter().map(|row| row.paths as f64).collect();
    let mut axis = Axis::logarithmic(&paths);
    axis.range.low = axis.range.low.max(1.0);
    axis.ticks.retain(|tick| *tick >= 1.0);
    let scale = ColourScale { ramp: Ramp::Viridis, axis };

    let gap = (CONTENT - COLUMNS as f64 * SIDE) / (COLUMNS - 1) as f64;
    let side = SIDE * height as f64 / height.max(width) as f64;
    let grid = SmallMultiples { left: EDGE, top: TOP, columns: COLUMNS, size: [SIDE, side], gap: [gap, 18.0] };
    let bar = scale_bar("paths from a pixel", grid.bottom(shown.len()) + 14.0);
    let title = "What the classifier can see of an image";
    let mean = study.test.filter(|test| [test.height, test.width] == [height, width]).map(mean_image);
    let ink = if mean.is_some() { "; squares: the mean of the test images" } else { "" };
    let subtitle =
        format!("Paths from each pixel through convolutions and pools to the classifier, from geometry alone{ink}");
    let mut svg = study.page(title, &subtitle, bar.bottom() + 24.0);
    hatch::define(&mut svg);
    for (i, (configuration, rows)) in shown.iter().zip(panels).enumerate() {
        let unread = rows.iter().filter(|row| row.paths == 0).count() as f64 / rows.len() as f64;
        let most = rows.iter().map(|row| row.paths).max().unwrap_or_default();
        let least = rows.iter().map(|row| row.paths).filter(|paths| *paths > 0).min().unwrap_or_default();
        let paths = if least == most { grouped(most) } else { format!("{} to {}", grouped(least), grouped(most)) };
        let detail = match unread {
            0.0 => format!("reads all · {paths} paths"),
            _ => format!("{} unread · {paths} paths", percent(unread, 1)),
        };
        grid.name(&mut svg, i, &configuration.to_string(), study.look(configuration).text, &detail);
        let mut values = vec![HeatCell::Unknown; height * width];
        for row in rows.into_iter().filter(|row| row.paths > 0) {
            values[row.row * width + row.column] = HeatCell::Value(row.paths as f64, String::new());
        }
        let panel = grid.panel(i);
        let cells = Cells::square(panel.x, panel.y, SIDE, [height, width]);
        HeatMap { cells, scale: &scale, values }.draw(&mut svg);
        if let Some(mean) = &mean {
            // White around black is seen on every colour of the scale.
            squares(&mut svg, cells, mean, WHITE, 0.3);
            squares(&mut svg, cells, mean, BLACK, 0.0);
        }
    }
    scale.bar(&mut svg, bar, "paths from a pixel", |tick| grouped(tick.round() as u64));
    let sample = Rect { x: WIDTH - EDGE - 130.0, width: 22.0, ..bar };
    hatch::hatched(&mut svg, sample);
    svg.outline(sample, AXIS, 0.5);
    svg.text(sample.right() + 9.0, bar.middle() + 4.5, TextStyle::ink(13.0), "never read");
    Some(svg.finish())
}
