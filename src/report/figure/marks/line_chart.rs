//! Lines over epochs, each labelled where it ends.
//!
//! A [`LineChart`] has a [`LineSeries`] for each label, and a series has one or more [`Strand`]s: a run each, their
//! mean, or training and validation. A mean may have a [`Band`] around it.
//!
//! After a single epoch there are no lines: every series has a column of its own, in which its runs are points side by
//! side, and a mean has a bar instead of a band.

use super::axis::Axis;
use super::font::width;
use super::grid::{epochs_below, values_at_the_left};
use super::heading::{EDGE, SUBTITLE, TITLE_Y, caption, heading};
use super::labels::spread;
pub use super::line_plot::{Band, BandEnds, EpochValue, LineSeries, Strand};
use super::line_plot::{Plot, RunPlace};
use super::palette::{Look, MUTED, Marker};
use super::shapes::{Extent, Point, Rect};
use super::stroke::{Stroke, marker, stroke};
use super::style::{Anchor, TextStyle};
use super::svg::{Coordinate, Svg};

/// Least size of the page; long labels make it wider, and many series higher.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 580.0;
/// Least width of the plot.
const PLOT_WIDTH: f64 = 440.0;
/// Sides of the plot; its right side leaves room for the labels.
const LEFT: f64 = 80.0;
const TOP: f64 = 118.0;
/// From the lower side of the plot to the foot of the page.
const FOOT: f64 = 92.0;
/// From the right side of the plot to the labels: room for the lines that connect the two.
const GUTTER: f64 = 44.0;
/// The first and the second line of a label, and the distance between two labels.
const NAME: TextStyle = TextStyle::ink(15.0).semibold();
const DETAIL: TextStyle = TextStyle::muted(13.0);
const LABEL_GAP: f64 = 42.0;
/// Labels of many series may be as near to each other as this, and no nearer.
const LEAST_LABEL_GAP: f64 = 36.0;

/// What solid and dashed lines mean.
#[derive(Debug, Clone, Copy)]
pub struct LineKey {
    /// Name of the solid lines.
    pub solid: &'static str,
    /// Name of the dashed lines.
    pub dashed: &'static str,
}

/// A figure of lines over epochs.
#[derive(Debug, Clone)]
pub struct LineChart {
    /// Title.
    pub title: String,
    /// The line below the title.
    pub subtitle: String,
    /// Small print at the foot: what was run.
    pub caption: String,
    /// Vertical axis.
    pub axis: Axis,
    /// Appended to the labels of the vertical axis.
    pub unit: &'static str,
    /// Names of the solid and the dashed lines, where both occur.
    pub key: Option<LineKey>,
    /// Lines with their labels.
    pub series: Vec<LineSeries>,
}

impl LineChart {
    /// The chart as SVG.
    pub fn svg(&self) -> String {
        let plot = self.plot();
        let (page_width, page_height) = (plot.page_width, plot.bottom() + FOOT);
        let mut svg = Svg::new(page_width, page_height, &self.title);
        heading(&mut svg, &self.title, &self.subtitle);
        caption(&mut svg, page_height, &self.caption);
        let middle = (LEFT + plot.area.right()) / 2.0;
        let below = if plot.in_columns() { "epoch; each configuration in its own column" } else { "epoch" };
        svg.text(middle, plot.bottom() + 42.0, SUBTITLE.anchor(Anchor::Middle), below);
        if let Some(key) = &self.key {
            draw_key(&mut svg, key, page_width);
        }
        values_at_the_left(&mut svg, plot.area, &self.axis, self.unit, |value| plot.y(value));
        epochs_below(&mut svg, plot.area, plot.last_epoch, |epoch| plot.x(epoch));
        if plot.last_epoch > 1 {
            self.each(|_, series| series.bands.iter().for_each(|band| plot.band(&mut svg, series.look, band)));
        }
        // The lines of single runs lie below every other line.
        for faint in [true, false] {
            self.each(|i, series| {
                let runs = series.strands.iter().filter(|strand| strand.faint).count();
                let strands = series.strands.iter().filter(|strand| strand.faint == faint);
                for (index, strand) in strands.enumerate() {
                    match plot.last_epoch {
                        1 if faint => plot.run(&mut svg, i, series.look, strand, RunPlace { index, runs }),
                        1 => {}
                        _ => plot.line(&mut svg, series.look, strand, runs),
                    }
                }
            });
        }
        if plot.last_epoch == 1 {
            self.each(|i, series| series.bands.iter().for_each(|band| plot.bar(&mut svg, i, series.look, band)));
        }
        // Markers cover the lines, and the filled ones, which are smaller, cover the hollow ones: where a filled and a
        // hollow marker meet, both can be seen.
        for dashed in [true, false] {
            self.each(|i, series| {
                for strand in series.strands.iter().filter(|strand| strand.dashed == dashed) {
                    plot.markers(&mut svg, i, series.look, strand);
                }
            });
        }
        self.labels(&mut svg, &plot);
        svg.finish()
    }

    fn each(&self, draw: impl FnMut(usize, &LineSeries)) {
        let mut draw = draw;
        self.series.iter().enumerate().for_each(|(i, series)| draw(i, series));
    }

    fn plot(&self) -> Plot<'_> {
        let widths = self.series.iter().flat_map(|s| [width(&s.name, NAME), width(&s.detail, DETAIL)]);
        let labels = widths.fold(0.0, f64::max);
        let page_width = (LEFT + PLOT_WIDTH + GUTTER + labels + EDGE).max(WIDTH);
        let right = page_width - EDGE - labels - GUTTER;
        let points = self.series.iter().flat_map(|s| &s.strands).flat_map(|s| &s.points);
        let labels_height = LEAST_LABEL_GAP * self.series.len().saturating_sub(1) as f64 + 6.0;
        let height = (HEIGHT - FOOT - TOP).max(labels_height);
        Plot {
            area: Rect { x: LEFT, y: TOP, width: right - LEFT, height },
            page_width,
            last_epoch: points.map(|point| point.epoch).max().unwrap_or(1).max(1),
            paired: self.key.is_some(),
            series: self.series.len(),
            axis: &self.axis,
        }
    }

    /// The label of each series, joined to the end of its last line.
    fn labels(&self, svg: &mut Svg, plot: &Plot) {
        let ends: Vec<Option<Point>> = self.series.iter().enumerate().map(|(i, series)| plot.end(i, series)).collect();
        // A series without a finite value has its label at the foot of the plot.
        let wanted: Vec<f64> = ends.iter().map(|end| end.map_or(plot.bottom(), |end| end.y)).collect();
        let placed = spread(&wanted, LABEL_GAP, Extent::new(TOP, plot.bottom() - 6.0));
        let right = plot.area.right();
        let x = right + GUTTER;
        for ((series, end), y) in self.series.iter().zip(ends).zip(placed) {
            if plot.in_columns() {
                // A line from a column to its label would cross the other columns.
                marker(svg, Point::new(x - 16.0, y - 6.0), series.look, false);
            } else if let Some(end) = end {
                let start = Coordinate(end.x + 10.0);
                let bend = Coordinate(right.max(end.x + 10.0));
                let stop = Coordinate(x - 8.0);
                let path = format!("M{start} {}H{bend}L{stop} {}", Coordinate(end.y), Coordinate(y));
                let pen = Stroke { colour: series.look.line, width: 1.0, dashed: false, opacity: 0.55 };
                stroke(svg, &path, pen);
            }
            svg.text(x, y - 1.0, NAME.fill(series.look.text), &series.name);
            svg.text(x, y + 16.0, DETAIL, &series.detail);
        }
    }
}

/// The key at the upper right: a piece of line with a marker before each name.
fn draw_key(svg: &mut Svg, key: &LineKey, page_width: f64) {
    let look = Look { line: MUTED, text: MUTED, marker: Marker::Circle };
    let y = TITLE_Y - 5.0;
    let mut x = page_width - EDGE;
    for (name, dashed) in [(key.dashed, true), (key.solid, false)] {
        x -= width(name, SUBTITLE);
        svg.text(x, TITLE_Y, SUBTITLE, name);
        let line = format!("M{} {}h55", Coordinate(x - 65.0), Coordinate(y));
        stroke(svg, &line, Stroke { colour: look.line, width: 2.5, dashed, opacity: 1.0 });
        marker(svg, Point::new(x - 37.5, y), look, dashed);
        x -= 90.0;
    }
}
