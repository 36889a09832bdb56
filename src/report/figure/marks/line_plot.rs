//! The lines of a [chart](super::line_chart), and where they lie on the page.

use super::axis::Axis;
use super::palette::Look;
use super::shapes::{Extent, Point, Rect};
use super::stroke::{PAPER, Stroke, dot, marker, stroke};
use super::svg::{Coordinate, Svg};
use super::ticks::epoch_ticks;

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

/// One of the runs of a series.
#[derive(Clone, Copy)]
pub(super) struct RunPlace {
    pub index: usize,
    pub runs: usize,
}

/// Where epochs and values lie on the page.
pub(super) struct Plot<'a> {
    pub area: Rect,
    pub page_width: f64,
    pub last_epoch: u32,
    /// Whether there are solid and dashed lines.
    pub paired: bool,
    /// How many series there are.
    pub series: usize,
    pub axis: &'a Axis,
}

impl Plot<'_> {
    pub(super) fn bottom(&self) -> f64 {
        self.area.bottom()
    }

    pub(super) fn left_and_right(&self) -> [f64; 2] {
        [self.area.x + 26.0, self.area.right() - 12.0]
    }

    pub(super) fn x(&self, epoch: u32) -> f64 {
        let [first, last] = self.left_and_right();
        if self.last_epoch == 1 {
            return (first + last) / 2.0;
        }
        first + (last - first) * f64::from(epoch.saturating_sub(1)) / f64::from(self.last_epoch - 1)
    }

    pub(super) fn y(&self, value: f64) -> f64 {
        self.bottom() - self.area.height * self.axis.place(value)
    }

    /// Whether there are several series of a single epoch.
    pub(super) fn in_columns(&self) -> bool {
        self.last_epoch == 1 && self.series > 1
    }

    /// Width of what a strand may take of its series' column.
    pub(super) fn column(&self) -> f64 {
        let [first, last] = self.left_and_right();
        let shares = if self.paired { 2.0 } else { 1.0 };
        ((last - first) / self.series.max(1) as f64 / shares).min(120.0)
    }

    /// Where an epoch's value of a series stands.
    pub(super) fn place(&self, series: usize, dashed: bool, epoch: u32) -> f64 {
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

    pub(super) fn point(&self, series: usize, strand: &Strand, point: &EpochValue) -> Point {
        Point::new(self.place(series, strand.dashed, point.epoch), self.y(point.value))
    }

    /// The last finite point of the last strand that has one.
    pub(super) fn end(&self, index: usize, series: &LineSeries) -> Option<Point> {
        let last_finite = |strand: &Strand| {
            let point = strand.points.iter().rev().find(|point| point.value.is_finite())?;
            Some(self.point(index, strand, point))
        };
        series.strands.iter().rev().find_map(last_finite)
    }

    /// Draws the only point of one run among several, beside those of the others.
    pub(super) fn run(&self, svg: &mut Svg, series: usize, look: Look, strand: &Strand, run: RunPlace) {
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
    pub(super) fn bar(&self, svg: &mut Svg, series: usize, look: Look, band: &Band) {
        for ends in band.ends.iter().filter(|ends| ends.range.is_finite()) {
            let x = Coordinate(self.place(series, band.dashed, ends.epoch));
            let [top, foot] = [ends.range.high, ends.range.low].map(|end| Coordinate(self.y(end)));
            let caps = format!("M{x} {foot}V{top}M{x} {top}m-7 0h14M{x} {foot}m-7 0h14");
            stroke(svg, &caps, Stroke { colour: PAPER, width: 5.0, dashed: false, opacity: 0.85 });
            stroke(svg, &caps, Stroke { colour: look.line, width: 2.0, dashed: false, opacity: 1.0 });
        }
    }

    /// Draws a band as an area for each run of epochs in which it is finite.
    pub(super) fn band(&self, svg: &mut Svg, look: Look, band: &Band) {
        for part in band.ends.split(|ends| !ends.range.is_finite()).filter(|part| part.len() > 1) {
            let at = |epoch, value| format!("{} {}", Coordinate(self.x(epoch)), Coordinate(self.y(value)));
            let upper = part.iter().map(|ends| at(ends.epoch, ends.range.high));
            let lower = part.iter().rev().map(|ends| at(ends.epoch, ends.range.low));
            let path = format!("M{}z", upper.chain(lower).collect::<Vec<_>>().join("L"));
            svg.element("path", &[("d", &path), ("fill", &look.line), ("fill-opacity", &0.16)]);
        }
    }

    /// Draws a strand of a series that has so many faint ones.
    pub(super) fn line(&self, svg: &mut Svg, look: Look, strand: &Strand, runs: usize) {
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

    pub(super) fn markers(&self, svg: &mut Svg, series: usize, look: Look, strand: &Strand) {
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
