//! Lines over epochs, each labelled where it ends.
//!
//! A [`LineChart`] has a [`LineSeries`] for each label, and a series has one or more [`Strand`]s: a run each, their
//! mean, or training and validation.

use super::axis::Axis;
use super::font::width;
use super::grid::{epochs_below, values_at_the_left};
use super::heading::{EDGE, SUBTITLE, TITLE_Y, caption, heading};
use super::labels::spread;
use super::palette::{Look, MUTED, Marker};
use super::shapes::{Extent, Point, Rect};
use super::stroke::{PAPER, Stroke, marker, stroke};
use super::style::{Anchor, TextStyle};
use super::svg::{Coordinate, Svg};
use super::ticks::epoch_ticks;

/// Size of the page.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 580.0;
/// Sides of the plot; its right side leaves room for the labels.
const LEFT: f64 = 80.0;
const TOP: f64 = 118.0;
const BOTTOM: f64 = HEIGHT - 92.0;
/// From the right side of the plot to the labels: room for the lines that connect the two.
const GUTTER: f64 = 44.0;
/// The first and the second line of a label, and the distance between two labels.
const NAME: TextStyle = TextStyle::ink(15.0).semibold();
const DETAIL: TextStyle = TextStyle::muted(13.0);
const LABEL_GAP: f64 = 42.0;
/// Up to so many runs of a series are drawn in full strength.
const FEW_RUNS: usize = 10;

/// A value after an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EpochValue {
    /// Epoch, counted from 1.
    pub epoch: u32,
    /// The value. One that is not finite interrupts the line.
    pub value: f64,
}

/// One line.
#[derive(Debug, Clone)]
pub struct Strand {
    /// Its points, by rising epochs.
    pub points: Vec<EpochValue>,
    /// Whether the line is dashed and its markers are hollow.
    pub dashed: bool,
    /// Whether it is thin, pale and without markers, as one run among several whose mean is drawn too.
    pub faint: bool,
}

/// The lines that share a label.
#[derive(Debug, Clone)]
pub struct LineSeries {
    /// First line of the label.
    pub name: String,
    /// Second line of the label.
    pub detail: String,
    /// Colours and marker.
    pub look: Look,
    /// The lines. The label stands at the end of the last one.
    pub strands: Vec<Strand>,
}

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
        let mut svg = Svg::new(WIDTH, HEIGHT, &self.title);
        let plot = self.plot();
        heading(&mut svg, &self.title, &self.subtitle);
        caption(&mut svg, HEIGHT, &self.caption);
        let middle = (LEFT + plot.area.right()) / 2.0;
        svg.text(middle, BOTTOM + 42.0, SUBTITLE.anchor(Anchor::Middle), "epoch");
        if let Some(key) = &self.key {
            draw_key(&mut svg, key);
        }
        values_at_the_left(&mut svg, plot.area, &self.axis, self.unit, |value| plot.y(value));
        epochs_below(&mut svg, plot.area, plot.last_epoch, |epoch| plot.x(epoch));
        // The lines of single runs lie below every other line.
        for faint in [true, false] {
            for series in &self.series {
                let runs = series.strands.iter().filter(|strand| strand.faint).count();
                for strand in series.strands.iter().filter(|strand| strand.faint == faint) {
                    plot.line(&mut svg, series.look, strand, runs);
                }
            }
        }
        // Markers cover the lines, and the filled ones, which are smaller, cover the hollow ones: where a filled and a
        // hollow marker meet, both can be seen.
        for dashed in [true, false] {
            for series in &self.series {
                for strand in series.strands.iter().filter(|strand| strand.dashed == dashed) {
                    plot.markers(&mut svg, series.look, strand);
                }
            }
        }
        self.labels(&mut svg, &plot);
        svg.finish()
    }

    fn plot(&self) -> Plot<'_> {
        let widths = self.series.iter().flat_map(|s| [width(&s.name, NAME), width(&s.detail, DETAIL)]);
        let labels = widths.fold(0.0, f64::max).min(WIDTH / 3.0);
        let right = WIDTH - EDGE - labels - GUTTER;
        let points = self.series.iter().flat_map(|s| &s.strands).flat_map(|s| &s.points);
        Plot {
            area: Rect { x: LEFT, y: TOP, width: right - LEFT, height: BOTTOM - TOP },
            last_epoch: points.map(|point| point.epoch).max().unwrap_or(1).max(1),
            paired: self.key.is_some(),
            axis: &self.axis,
        }
    }

    /// The label of each series, joined to the end of its last line.
    fn labels(&self, svg: &mut Svg, plot: &Plot) {
        let ends: Vec<Option<Point>> = self.series.iter().map(|series| plot.end(series)).collect();
        // A series without a finite value has its label at the foot of the plot.
        let wanted: Vec<f64> = ends.iter().map(|end| end.map_or(BOTTOM, |end| end.y)).collect();
        let placed = spread(&wanted, LABEL_GAP, Extent::new(TOP, BOTTOM - 6.0));
        let right = plot.area.right();
        let x = right + GUTTER;
        for ((series, end), y) in self.series.iter().zip(ends).zip(placed) {
            if let Some(end) = end {
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
fn draw_key(svg: &mut Svg, key: &LineKey) {
    let look = Look { line: MUTED, text: MUTED, marker: Marker::Circle };
    let y = TITLE_Y - 5.0;
    let mut x = WIDTH - EDGE;
    for (name, dashed) in [(key.dashed, true), (key.solid, false)] {
        x -= width(name, SUBTITLE);
        svg.text(x, TITLE_Y, SUBTITLE, name);
        let line = format!("M{} {}h55", Coordinate(x - 65.0), Coordinate(y));
        stroke(svg, &line, Stroke { colour: look.line, width: 2.5, dashed, opacity: 1.0 });
        marker(svg, Point::new(x - 37.5, y), look, dashed);
        x -= 90.0;
    }
}

/// Where epochs and values lie on the page.
struct Plot<'a> {
    area: Rect,
    last_epoch: u32,
    /// Whether there are solid and dashed lines.
    paired: bool,
    axis: &'a Axis,
}

impl Plot<'_> {
    fn x(&self, epoch: u32) -> f64 {
        let first = LEFT + 26.0;
        let last = self.area.right() - 12.0;
        if self.last_epoch == 1 {
            return (first + last) / 2.0;
        }
        first + (last - first) * f64::from(epoch.saturating_sub(1)) / f64::from(self.last_epoch - 1)
    }

    fn y(&self, value: f64) -> f64 {
        BOTTOM - self.area.height * self.axis.place(value)
    }

    fn point(&self, strand: &Strand, point: &EpochValue) -> Point {
        // After a single epoch there are only points. Those of training and validation stand side by side.
        let aside = match self.last_epoch == 1 && self.paired {
            true if strand.dashed => 20.0,
            true => -20.0,
            false => 0.0,
        };
        Point::new(self.x(point.epoch) + aside, self.y(point.value))
    }

    /// The last finite point of the last strand that has one.
    fn end(&self, series: &LineSeries) -> Option<Point> {
        let last_finite = |strand: &Strand| {
            let point = strand.points.iter().rev().find(|point| point.value.is_finite())?;
            Some(self.point(strand, point))
        };
        series.strands.iter().rev().find_map(last_finite)
    }

    /// Draws a strand of a series that has so many faint ones.
    fn line(&self, svg: &mut Svg, look: Look, strand: &Strand, runs: usize) {
        let mut path = String::new();
        let mut command = 'M';
        for point in &strand.points {
            if point.value.is_finite() {
                let at = self.point(strand, point);
                path.push_str(&format!("{command}{} {}", Coordinate(at.x), Coordinate(at.y)));
                command = 'L';
            } else {
                command = 'M';
            }
        }
        let mut pen = Stroke { colour: look.line, width: 2.75, dashed: strand.dashed, opacity: 1.0 };
        if strand.faint {
            // Many lines over one another add up to a solid area.
            pen.width = if runs > FEW_RUNS { 1.0 } else { 1.25 };
            pen.opacity = (0.4 * (FEW_RUNS as f64 / runs as f64).sqrt()).clamp(0.1, 0.4);
        } else if runs > 0 {
            // A white edge sets the mean off from the runs behind it.
            stroke(svg, &path, Stroke { colour: PAPER, width: pen.width + 3.5, dashed: false, opacity: 0.85 });
        }
        stroke(svg, &path, pen);
    }

    fn markers(&self, svg: &mut Svg, look: Look, strand: &Strand) {
        if strand.faint {
            return;
        }
        // A marker at each of many epochs would hide the line, so only those at ticks have one, and the last one.
        let ticks = epoch_ticks(self.last_epoch);
        let finite = || strand.points.iter().filter(|point| point.value.is_finite());
        let last = finite().next_back().map(|point| point.epoch);
        for point in finite() {
            if ticks.contains(&point.epoch) || Some(point.epoch) == last {
                marker(svg, self.point(strand, point), look, strand.dashed);
            }
        }
    }
}
