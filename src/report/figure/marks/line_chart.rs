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
use super::palette::{Look, MUTED, Marker};
use super::shapes::{Extent, Point, Rect};
use super::stroke::{PAPER, Stroke, dot, marker, stroke};
use super::style::{Anchor, TextStyle};
use super::svg::{Coordinate, Svg};
use super::ticks::epoch_ticks;

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

/// A range around a mean.
#[derive(Debug, Clone)]
pub struct Band {
    /// Its ends by rising epochs.
    pub ends: Vec<BandEnds>,
    /// Whether it belongs to the dashed strand.
    pub dashed: bool,
}

/// The ends of a band after an epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BandEnds {
    /// Epoch, counted from 1.
    pub epoch: u32,
    /// From the lower to the upper end. Where one is not finite, the band is interrupted.
    pub range: Extent,
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
    /// The bands, which lie below all lines.
    pub bands: Vec<Band>,
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
                let mut drawn = 0;
                for strand in series.strands.iter().filter(|strand| strand.faint == faint) {
                    match plot.last_epoch {
                        1 if faint => plot.run(&mut svg, i, series.look, strand, RunPlace { index: drawn, runs }),
                        1 => {}
                        _ => plot.line(&mut svg, series.look, strand, runs),
                    }
                    drawn += 1;
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

/// One of the runs of a series.
#[derive(Clone, Copy)]
struct RunPlace {
    index: usize,
    runs: usize,
}

/// Where epochs and values lie on the page.
struct Plot<'a> {
    area: Rect,
    page_width: f64,
    last_epoch: u32,
    /// Whether there are solid and dashed lines.
    paired: bool,
    /// How many series there are.
    series: usize,
    axis: &'a Axis,
}

impl Plot<'_> {
    fn bottom(&self) -> f64 {
        self.area.bottom()
    }

    fn left_and_right(&self) -> [f64; 2] {
        [LEFT + 26.0, self.area.right() - 12.0]
    }

    fn x(&self, epoch: u32) -> f64 {
        let [first, last] = self.left_and_right();
        if self.last_epoch == 1 {
            return (first + last) / 2.0;
        }
        first + (last - first) * f64::from(epoch.saturating_sub(1)) / f64::from(self.last_epoch - 1)
    }

    fn y(&self, value: f64) -> f64 {
        self.bottom() - self.area.height * self.axis.place(value)
    }

    /// Whether there are several series of a single epoch.
    fn in_columns(&self) -> bool {
        self.last_epoch == 1 && self.series > 1
    }

    /// Width of what a strand may take of its series' column.
    fn column(&self) -> f64 {
        let [first, last] = self.left_and_right();
        let shares = if self.paired { 2.0 } else { 1.0 };
        ((last - first) / self.series.max(1) as f64 / shares).min(120.0)
    }

    /// Where an epoch's value of a series stands.
    fn place(&self, series: usize, dashed: bool, epoch: u32) -> f64 {
        if self.last_epoch > 1 {
            return self.x(epoch);
        }
        let [first, last] = self.left_and_right();
        let middle = first + (last - first) * (series as f64 + 0.5) / self.series.max(1) as f64;
        match (self.paired, dashed) {
            (true, true) => middle + self.column() / 2.0,
            (true, false) => middle - self.column() / 2.0,
            (false, _) => middle,
        }
    }

    fn point(&self, series: usize, strand: &Strand, point: &EpochValue) -> Point {
        Point::new(self.place(series, strand.dashed, point.epoch), self.y(point.value))
    }

    /// The last finite point of the last strand that has one.
    fn end(&self, index: usize, series: &LineSeries) -> Option<Point> {
        let last_finite = |strand: &Strand| {
            let point = strand.points.iter().rev().find(|point| point.value.is_finite())?;
            Some(self.point(index, strand, point))
        };
        series.strands.iter().rev().find_map(last_finite)
    }

    /// Draws the only point of one run among several, beside those of the others.
    fn run(&self, svg: &mut Svg, series: usize, look: Look, strand: &Strand, run: RunPlace) {
        /// Multiples of the golden ratio's fraction spread evenly, however many there are.
        const GOLDEN: f64 = 0.618_033_988_749_895;
        for point in strand.points.iter().filter(|point| point.value.is_finite()) {
            let aside = ((run.index as f64 + 0.5) * GOLDEN).fract() - 0.5;
            let at = self.point(series, strand, point);
            let opacity = (0.55 * (3.0 * FEW_RUNS as f64 / run.runs as f64).sqrt()).clamp(0.25, 0.55);
            let radius = if run.runs > 3 * FEW_RUNS { 2.5 } else { 3.5 };
            dot(svg, Point::new(at.x + 0.62 * self.column() * aside, at.y), radius, look.line, opacity);
        }
    }

    /// Draws the range of a mean after a single epoch.
    fn bar(&self, svg: &mut Svg, series: usize, look: Look, band: &Band) {
        for ends in band.ends.iter().filter(|ends| ends.range.is_finite()) {
            let x = Coordinate(self.place(series, band.dashed, ends.epoch));
            let [top, foot] = [ends.range.high, ends.range.low].map(|end| Coordinate(self.y(end)));
            let caps = format!("M{x} {foot}V{top}M{x} {top}m-7 0h14M{x} {foot}m-7 0h14");
            stroke(svg, &caps, Stroke { colour: PAPER, width: 5.0, dashed: false, opacity: 0.85 });
            stroke(svg, &caps, Stroke { colour: look.line, width: 2.0, dashed: false, opacity: 1.0 });
        }
    }

    /// Draws a band as an area for each run of epochs in which it is finite.
    fn band(&self, svg: &mut Svg, look: Look, band: &Band) {
        for part in band.ends.split(|ends| !ends.range.is_finite()).filter(|part| part.len() > 1) {
            let at = |epoch, value| format!("{} {}", Coordinate(self.x(epoch)), Coordinate(self.y(value)));
            let upper = part.iter().map(|ends| at(ends.epoch, ends.range.high));
            let lower = part.iter().rev().map(|ends| at(ends.epoch, ends.range.low));
            let path = format!("M{}z", upper.chain(lower).collect::<Vec<_>>().join("L"));
            svg.element("path", &[("d", &path), ("fill", &look.line), ("fill-opacity", &0.16)]);
        }
    }

    /// Draws a strand of a series that has so many faint ones.
    fn line(&self, svg: &mut Svg, look: Look, strand: &Strand, runs: usize) {
        let mut path = String::new();
        let mut command = 'M';
        for point in &strand.points {
            if point.value.is_finite() {
                let at = self.point(0, strand, point);
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

    fn markers(&self, svg: &mut Svg, series: usize, look: Look, strand: &Strand) {
        if strand.faint {
            return;
        }
        // A marker at each of many epochs would hide the line, so only those at ticks have one, and the last one.
        let ticks = epoch_ticks(self.last_epoch);
        let finite = || strand.points.iter().filter(|point| point.value.is_finite());
        let last = finite().next_back().map(|point| point.epoch);
        for point in finite() {
            if ticks.contains(&point.epoch) || Some(point.epoch) == last {
                marker(svg, self.point(series, strand, point), look, strand.dashed);
            }
        }
    }
}
