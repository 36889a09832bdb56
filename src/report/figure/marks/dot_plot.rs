//! Dots with intervals, one row below the other, in one or more panels that share the rows.

use super::axis::Axis;
use super::font::width;
use super::grid::values_below;
use super::palette::{AXIS, BAND, Look};
use super::shapes::{Extent, Point, Rect};
use super::stroke::{Stroke, marker, stroke};
use super::style::{Anchor, TextStyle};
use super::svg::{Coordinate, Svg};

/// Above a panel: room for its name.
const HEAD: f64 = 30.0;
/// Below a panel: room for the axis.
const FOOT: f64 = 36.0;
/// Between two panels.
const BETWEEN: f64 = 56.0;
const GROUP_NAME: TextStyle = TextStyle::ink(14.0).semibold().anchor(Anchor::End);
const ROW_NAME: TextStyle = TextStyle::ink(13.0).anchor(Anchor::End);
const NOTE: TextStyle = TextStyle::muted(13.0);
const PANEL_NAME: TextStyle = TextStyle::ink(14.0).semibold();

/// A dot.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Dot {
    /// Where it is; one that is not finite is not drawn.
    pub value: f64,
    /// The interval around it, if any.
    pub interval: Option<Extent>,
    /// Whether its marker is hollow.
    pub hollow: bool,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub struct DotRow {
    /// Its name, which may be empty where a key names the markers.
    pub name: String,
    /// How its dots look.
    pub look: Look,
}

/// Rows that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct DotGroup {
    /// Its name.
    pub name: String,
    /// Its rows.
    pub rows: Vec<DotRow>,
}

/// A panel: what the rows show on one axis.
#[derive(Debug, Clone)]
pub struct DotPanel {
    /// Its name.
    pub name: String,
    /// The horizontal axis.
    pub axis: Axis,
    /// Appended to the axis's labels.
    pub unit: &'static str,
    /// The dots of each row of all groups. Two dots of a row are joined by a line.
    pub dots: Vec<Vec<Dot>>,
    /// What is written at the end of each row; may be empty.
    pub notes: Vec<String>,
    /// A value that a line is drawn at, such as 0 of differences.
    pub line: Option<f64>,
}

/// All panels.
#[derive(Debug, Clone)]
pub struct DotPlot {
    /// The rows.
    pub groups: Vec<DotGroup>,
    /// What they show.
    pub panels: Vec<DotPanel>,
}

impl DotPlot {
    fn is_named(&self) -> bool {
        self.groups.iter().flat_map(|group| &group.rows).any(|row| !row.name.is_empty())
    }

    /// From one row to the next, and between two groups.
    fn pitch(&self) -> [f64; 2] {
        let most = self.groups.iter().map(|group| group.rows.len()).max().unwrap_or_default();
        match most {
            _ if self.is_named() => [26.0, 14.0],
            ..5 => [14.0, 12.0],
            5..=8 => [12.0, 12.0],
            _ => [10.5, 12.0],
        }
    }

    fn rows_height(&self) -> f64 {
        let [pitch, gap] = self.pitch();
        self.groups.iter().map(|group| group.rows.len() as f64 * pitch + gap).sum()
    }

    /// The height of all of it, with the names above and the axes below.
    pub fn height(&self) -> f64 {
        HEAD + self.rows_height() + FOOT
    }

    /// Draws it below `top` between `left` and `right`.
    pub fn draw(&self, svg: &mut Svg, top: f64, left: f64, right: f64) {
        let widest = |texts: &mut dyn Iterator<Item = f64>| texts.fold(0.0, f64::max);
        let group_names = widest(&mut self.groups.iter().map(|group| width(&group.name, GROUP_NAME)));
        let rows = || self.groups.iter().flat_map(|group| &group.rows);
        let row_names = widest(&mut rows().map(|row| width(&row.name, ROW_NAME)));
        let names = group_names + row_names + if group_names > 0.0 && row_names > 0.0 { 18.0 } else { 0.0 };
        let x = left + names + 14.0;
        let notes = |panel: &DotPanel| {
            let widest = panel.notes.iter().map(|note| width(note, NOTE)).fold(0.0, f64::max);
            if widest > 0.0 { widest + 14.0 } else { 0.0 }
        };
        let all_notes: f64 = self.panels.iter().map(notes).sum();
        let count = self.panels.len().max(1) as f64;
        let each = ((right - x - all_notes - (count - 1.0) * BETWEEN) / count).max(80.0);
        self.names(svg, top, [left + group_names, x - 12.0], left, right);
        let mut from = x;
        for panel in &self.panels {
            let area = Rect { x: from, y: top + HEAD, width: each, height: self.rows_height() };
            self.panel(svg, panel, area);
            from += each + notes(panel) + BETWEEN;
        }
    }

    /// The tops of groups, each with that of its first row.
    fn tops(&self, top: f64) -> Vec<[f64; 2]> {
        let [pitch, gap] = self.pitch();
        let mut y = top + HEAD;
        let group = |group: &DotGroup| {
            let tops = [y, y + gap / 2.0];
            y += group.rows.len() as f64 * pitch + gap;
            tops
        };
        self.groups.iter().map(group).collect()
    }

    /// Bands and names, those of groups ending at the first of `ends`, those of rows at the second.
    fn names(&self, svg: &mut Svg, top: f64, ends: [f64; 2], left: f64, right: f64) {
        let [pitch, gap] = self.pitch();
        let named = self.is_named();
        for (i, (group, [y, first])) in self.groups.iter().zip(self.tops(top)).enumerate() {
            let height = group.rows.len() as f64 * pitch + gap;
            if i % 2 == 0 && self.groups.len() > 1 {
                svg.rect(Rect { x: left - 8.0, y, width: right - left + 16.0, height }, BAND);
            }
            let end = if named { ends[0] } else { ends[1] };
            svg.text(end, y + height / 2.0 + 5.0, GROUP_NAME, &group.name);
            for (row, i) in group.rows.iter().zip(0u32..) {
                let y = first + (f64::from(i) + 0.5) * pitch + 4.5;
                svg.text(ends[1], y, ROW_NAME.fill(row.look.text), &row.name);
            }
        }
    }

    fn panel(&self, svg: &mut Svg, panel: &DotPanel, area: Rect) {
        let [pitch, _] = self.pitch();
        svg.text(area.x, area.y - 12.0, PANEL_NAME, &panel.name);
        values_below(svg, area, &panel.axis, panel.unit);
        let x = |value: f64| area.x + area.width * panel.axis.place(value).clamp(0.0, 1.0);
        if let Some(value) = panel.line {
            svg.line(Point::new(x(value), area.y), Point::new(x(value), area.bottom()), AXIS, 1.5);
        }
        let firsts = self.tops(area.y - HEAD);
        let middles = self.groups.iter().zip(firsts).flat_map(|(group, [_, first])| {
            group.rows.iter().zip(0u32..).map(move |(row, i)| (row.look, first + (f64::from(i) + 0.5) * pitch))
        });
        for (i, (look, y)) in middles.enumerate() {
            let dots: Vec<&Dot> = panel.dots.get(i).into_iter().flatten().filter(|dot| dot.value.is_finite()).collect();
            if let [first, .., last] = dots[..] {
                svg.line(Point::new(x(first.value), y), Point::new(x(last.value), y), AXIS, 1.5);
            }
            for dot in dots.iter().rev() {
                if let Some(Extent { low, high }) = dot.interval.filter(|i| i.low.is_finite() && i.high.is_finite()) {
                    let path = format!("M{} {}H{}", Coordinate(x(low)), Coordinate(y), Coordinate(x(high)));
                    stroke(svg, &path, Stroke { colour: look.line, width: 2.5, dashed: false, opacity: 0.45 });
                }
                self.dot(svg, Point::new(x(dot.value), y), look, dot.hollow);
            }
            if let Some(note) = panel.notes.get(i) {
                svg.text(area.right() + 12.0, y + 4.5, NOTE, note);
            }
        }
    }

    /// A marker, smaller where rows are close.
    fn dot(&self, svg: &mut Svg, at: Point, look: Look, hollow: bool) {
        let scale = if self.is_named() { 1.0 } else { 0.78 };
        let place = format!("translate({} {}) scale({scale})", Coordinate(at.x), Coordinate(at.y));
        svg.open("g", &[("transform", &place)]);
        marker(svg, Point::new(0.0, 0.0), look, hollow);
        svg.close("g");
    }
}
