//! Lines over epochs, each labelled where it ends.

use std::fmt::Display;

use super::axis::{Axis, epoch_ticks};
use super::font::{Weight, width};
use super::labels::spread;
use super::palette::{AXIS, GRID, INK, Look, MUTED, Marker};
use super::svg::{Anchor, N, Style, Svg};

const SIZE: [f64; 2] = [960.0, 580.0];
const LEFT: f64 = 80.0;
const TOP: f64 = 118.0;
const BOTTOM: f64 = SIZE[1] - 92.0;
const EDGE: f64 = 28.0;
/// From the end of the plot to its labels: room for the connectors.
const GUTTER: f64 = 44.0;
const LABEL: f64 = 15.0;
const LABEL_GAP: f64 = 42.0;
const DASHES: &str = "7 5";

/// One line.
#[derive(Debug, Clone)]
pub struct Strand {
    /// `(epoch, value)`, epochs rising. A value that is not finite breaks the line.
    pub points: Vec<(u32, f64)>,
    /// Dashed, with hollow points.
    pub dashed: bool,
    /// One run among several whose mean is drawn too: thin and pale.
    pub faint: bool,
}

/// What belongs to one configuration.
#[derive(Debug, Clone)]
pub struct Series {
    /// First line of the label.
    pub name: String,
    /// Second line of the label.
    pub detail: String,
    /// Colours and marker.
    pub look: Look,
    /// Its lines. The label stands at the end of the last one.
    pub strands: Vec<Strand>,
}

/// A figure.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Headline.
    pub title: String,
    /// One line below it.
    pub subtitle: String,
    /// Small print at the foot: what was run.
    pub caption: String,
    /// Vertical axis.
    pub axis: Axis,
    /// Appended to tick labels.
    pub unit: &'static str,
    /// Names of the solid and the dashed lines, where both occur.
    pub key: Option<[&'static str; 2]>,
    /// Configurations.
    pub series: Vec<Series>,
}

impl Chart {
    /// Draws it.
    pub fn svg(&self) -> String {
        let mut svg = Svg::new(SIZE[0], SIZE[1], &self.title);
        let labels = self
            .series
            .iter()
            .flat_map(|s| [width(&s.name, LABEL, Weight::SemiBold), width(&s.detail, LABEL - 2.0, Weight::Regular)]);
        let label_width = labels.fold(0.0, f64::max).min(SIZE[0] / 3.0);
        let frame = Frame {
            right: SIZE[0] - EDGE - label_width - GUTTER,
            last: self.points().map(|(epoch, _)| epoch).max().unwrap_or(1).max(1),
            paired: self.key.is_some(),
            axis: &self.axis,
        };
        self.heading(&mut svg, &frame);
        self.grid(&mut svg, &frame);
        for series in &self.series {
            series.strands.iter().for_each(|strand| line(&mut svg, &frame, series.look, strand));
        }
        // Points over all lines, and the smaller, filled ones last: where they meet, both show.
        for dashed in [true, false] {
            for series in &self.series {
                let strands = series.strands.iter().filter(|strand| strand.dashed == dashed);
                strands.for_each(|strand| points(&mut svg, &frame, series.look, strand));
            }
        }
        self.labels(&mut svg, &frame);
        svg.finish()
    }

    fn points(&self) -> impl Iterator<Item = (u32, f64)> {
        self.series.iter().flat_map(|s| &s.strands).flat_map(|s| s.points.iter().copied())
    }

    fn heading(&self, svg: &mut Svg, frame: &Frame) {
        let title = Style { size: 24.0, weight: Weight::SemiBold, fill: INK, anchor: Anchor::Start };
        let muted = Style { size: 14.0, fill: MUTED, ..Style::default() };
        svg.text(EDGE, 48.0, title, &self.title);
        svg.text(EDGE, 74.0, muted, &self.subtitle);
        svg.text(EDGE, SIZE[1] - 22.0, Style { size: 12.0, ..muted }, &self.caption);
        svg.text((LEFT + frame.right) / 2.0, BOTTOM + 42.0, Style { anchor: Anchor::Middle, ..muted }, "epoch");
        let mut x = SIZE[0] - EDGE;
        for (name, dashed) in self.key.iter().flat_map(|[solid, dashed]| [(dashed, true), (solid, false)]) {
            x -= width(name, 14.0, Weight::Regular);
            svg.text(x, 48.0, muted, name);
            let ends = format!("M{} 43h55", N(x - 65.0));
            stroke(svg, &ends, MUTED, 2.5, dashed, 1.0);
            let look = Look { line: MUTED, text: MUTED, marker: Marker::Circle };
            marker(svg, x - 37.5, 43.0, look, dashed);
            x -= 90.0;
        }
    }

    fn grid(&self, svg: &mut Svg, frame: &Frame) {
        let style = Style { size: 13.0, fill: MUTED, anchor: Anchor::End, ..Style::default() };
        for &tick in &self.axis.ticks {
            let y = frame.y(tick);
            svg.line([LEFT, y, frame.right, y], GRID, 1.0);
            svg.text(LEFT - 12.0, y + 4.5, style, &format!("{}{}", self.axis.label(tick), self.unit));
        }
        svg.line([LEFT, BOTTOM, frame.right, BOTTOM], AXIS, 1.0);
        for epoch in epoch_ticks(frame.last) {
            let x = frame.tick(epoch);
            svg.line([x, BOTTOM, x, BOTTOM + 5.0], AXIS, 1.0);
            svg.text(x, BOTTOM + 20.0, Style { anchor: Anchor::Middle, ..style }, &epoch.to_string());
        }
    }

    fn labels(&self, svg: &mut Svg, frame: &Frame) {
        let ends: Vec<Option<(f64, f64)>> = self.series.iter().map(|s| end(frame, s)).collect();
        // What never had a finite value is told at the foot.
        let wanted: Vec<f64> = ends.iter().map(|end| end.map_or(BOTTOM, |(_, y)| y)).collect();
        let placed = spread(&wanted, LABEL_GAP, [TOP, BOTTOM - 6.0]);
        let x = frame.right + GUTTER;
        for ((series, end), y) in self.series.iter().zip(ends).zip(placed) {
            if let Some((end_x, end_y)) = end {
                let bend = frame.right.max(end_x + 10.0);
                let path = format!("M{} {}H{}L{} {}", N(end_x + 10.0), N(end_y), N(bend), N(x - 8.0), N(y));
                stroke(svg, &path, series.look.line, 1.0, false, 0.55);
            }
            let name = Style { size: LABEL, weight: Weight::SemiBold, fill: series.look.text, anchor: Anchor::Start };
            svg.text(x, y - 1.0, name, &series.name);
            let detail = Style { size: LABEL - 2.0, weight: Weight::Regular, fill: MUTED, anchor: Anchor::Start };
            svg.text(x, y + 16.0, detail, &series.detail);
        }
    }
}

/// The plot's place on the paper.
struct Frame<'a> {
    right: f64,
    last: u32,
    paired: bool,
    axis: &'a Axis,
}

impl Frame<'_> {
    fn tick(&self, epoch: u32) -> f64 {
        let (low, high) = (LEFT + 26.0, self.right - 12.0);
        if self.last == 1 {
            return (low + high) / 2.0;
        }
        low + (high - low) * f64::from(epoch.saturating_sub(1)) / f64::from(self.last - 1)
    }

    fn x(&self, epoch: u32, strand: &Strand) -> f64 {
        // Without lines to tell them apart, training and validation stand side by side.
        let aside = match (self.last == 1 && self.paired, strand.dashed) {
            (false, _) => 0.0,
            (true, true) => 20.0,
            (true, false) => -20.0,
        };
        self.tick(epoch) + aside
    }

    fn y(&self, value: f64) -> f64 {
        BOTTOM - (BOTTOM - TOP) * self.axis.place(value)
    }
}

fn end(frame: &Frame, series: &Series) -> Option<(f64, f64)> {
    let finite = |s: &Strand| {
        let (epoch, value) = s.points.iter().rev().find(|(_, v)| v.is_finite())?;
        Some((frame.x(*epoch, s), frame.y(*value)))
    };
    series.strands.iter().rev().find_map(finite)
}

fn line(svg: &mut Svg, frame: &Frame, look: Look, strand: &Strand) {
    let mut path = String::new();
    let mut pen = 'M';
    for &(epoch, value) in &strand.points {
        if value.is_finite() {
            path.push_str(&format!("{pen}{} {}", N(frame.x(epoch, strand)), N(frame.y(value))));
            pen = 'L';
        } else {
            pen = 'M';
        }
    }
    let (width, opacity) = if strand.faint { (1.25, 0.4) } else { (2.75, 1.0) };
    stroke(svg, &path, look.line, width, strand.dashed, opacity);
}

fn points(svg: &mut Svg, frame: &Frame, look: Look, strand: &Strand) {
    // In a long run points would hide the line; each stretch's last one still tells the marker.
    let every = frame.last.div_ceil(12);
    let last = strand.points.iter().rev().find(|(_, v)| v.is_finite()).map(|(epoch, _)| *epoch);
    for &(epoch, value) in &strand.points {
        let shown = (every == 1 || epoch % every == 0 || Some(epoch) == last) && value.is_finite() && !strand.faint;
        if shown {
            marker(svg, frame.x(epoch, strand), frame.y(value), look, strand.dashed);
        }
    }
}

fn marker(svg: &mut Svg, x: f64, y: f64, look: Look, hollow: bool) {
    let path = match look.marker {
        Marker::Circle => format!("M{} {}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", N(x - 5.0), N(y)),
        Marker::Diamond => format!("M{} {}l6.5 6.5l-6.5 6.5l-6.5 -6.5z", N(x), N(y - 6.5)),
        Marker::Triangle => format!("M{} {}l6 10.5h-12z", N(x), N(y - 7.0)),
    };
    let (fill, edge, width) = if hollow { ("#ffffff", look.line, 2.0) } else { (look.line, "#ffffff", 1.5) };
    let attributes: [(&str, &dyn Display); 4] =
        [("d", &path), ("fill", &fill), ("stroke", &edge), ("stroke-width", &N(width))];
    svg.element("path", &attributes);
}

fn stroke(svg: &mut Svg, path: &str, colour: &str, width: f64, dashed: bool, opacity: f64) {
    if path.is_empty() {
        return;
    }
    let (width, opacity, dashes) = (N(width), N(opacity), if dashed { DASHES } else { "none" });
    let attributes: [(&str, &dyn Display); 8] = [
        ("d", &path),
        ("fill", &"none"),
        ("stroke", &colour),
        ("stroke-width", &width),
        ("stroke-linejoin", &"round"),
        ("stroke-linecap", &"round"),
        ("stroke-dasharray", &dashes),
        ("stroke-opacity", &opacity),
    ];
    svg.element("path", &attributes);
}
