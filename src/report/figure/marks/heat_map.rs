//! A matrix of numbers as coloured cells, with the numbers in them where there is room.

use super::cells::Cells;
use super::colour_scale::{ColourScale, text_on};
use super::font::width;
use super::hatch::hatched;
use super::shapes::{Point, Rect};
use super::style::{Anchor, TextStyle};
use super::svg::Svg;

/// The colour under hatching, and of cells that are left out of the scale.
const NONE: [u8; 3] = [0xff, 0xff, 0xff];
/// Size of the numbers in cells, and the least that can be read.
const NUMBER: f64 = 12.0;
const LEAST_NUMBER: f64 = 8.5;
/// Size of the names of rows and columns.
const NAME: TextStyle = TextStyle::muted(13.0);

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum HeatCell {
    /// A number on the scale, and the text that it is written as.
    Value(f64, String),
    /// No number: it is hatched.
    Unknown,
    /// Left out of the scale: a colour of its own, and a text.
    Aside([u8; 3], String),
}

/// A matrix of cells, row by row from the top.
#[derive(Debug, Clone)]
pub struct HeatMap<'a> {
    /// Where the cells are and how many.
    pub cells: Cells,
    /// The colours of the numbers.
    pub scale: &'a ColourScale,
    /// A cell each.
    pub values: Vec<HeatCell>,
}

impl HeatMap<'_> {
    /// Draws the cells, and their texts if all of them have room.
    pub fn draw(&self, svg: &mut Svg) {
        let Cells { frame, rows, columns } = self.cells;
        if rows * columns == 0 {
            return;
        }
        let colour = |i: usize| match self.values.get(i) {
            Some(HeatCell::Value(value, _)) => self.scale.colour(*value).unwrap_or(NONE),
            Some(HeatCell::Aside(colour, _)) => *colour,
            _ => NONE,
        };
        self.cells.draw(svg, colour);
        let [w, h] = [frame.width / columns as f64, frame.height / rows as f64];
        let is_unknown = |i: usize| match self.values.get(i) {
            Some(HeatCell::Value(value, _)) => self.scale.colour(*value).is_none(),
            Some(HeatCell::Aside(..)) => false,
            _ => true,
        };
        for row in 0..rows {
            let mut column = 0;
            while column < columns {
                let run = (column..columns).take_while(|c| is_unknown(row * columns + c)).count();
                if run > 0 {
                    let (x, y) = (frame.x + column as f64 * w, frame.y + row as f64 * h);
                    hatched(svg, Rect { x, y, width: run as f64 * w, height: h });
                }
                column += run.max(1);
            }
        }
        let text = |cell: &HeatCell| match cell {
            HeatCell::Value(_, text) | HeatCell::Aside(_, text) => text.clone(),
            HeatCell::Unknown => String::new(),
        };
        let texts: Vec<String> = self.values.iter().map(text).collect();
        let longest = texts.iter().max_by_key(|text| text.chars().count()).cloned().unwrap_or_default();
        let needed = width(&longest, TextStyle::ink(NUMBER));
        let size = NUMBER.min(NUMBER * (w - 4.0) / needed.max(1.0)).min(h * 0.62);
        if size < LEAST_NUMBER || longest.is_empty() {
            return;
        }
        for (i, text) in texts.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let (x, y) = (frame.x + ((i % columns) as f64 + 0.5) * w, frame.y + ((i / columns) as f64 + 0.5) * h);
            let style = TextStyle { anchor: Anchor::Middle, ..TextStyle::ink(size).fill(text_on(colour(i))) };
            svg.text(x, y + 0.36 * size, style, text);
        }
    }

    /// Names the rows at the left, those that have room.
    pub fn row_names(&self, svg: &mut Svg, names: &[String]) {
        let h = self.cells.frame.height / self.cells.rows.max(1) as f64;
        for i in (0..names.len()).step_by((15.0 / h).ceil().max(1.0) as usize) {
            let y = self.cells.frame.y + (i as f64 + 0.5) * h + 4.5;
            svg.text(self.cells.frame.x - 9.0, y, NAME.anchor(Anchor::End), &names[i]);
        }
    }

    /// Names the columns below, those that have room, and says under them what they are.
    pub fn column_names(&self, svg: &mut Svg, names: &[String], what: &str) {
        let frame = self.cells.frame;
        let w = frame.width / self.cells.columns.max(1) as f64;
        let longest = names.iter().max_by_key(|name| name.chars().count());
        let widest = longest.map_or(0.0, |name| width(name, NAME));
        for i in (0..names.len()).step_by(((widest + 5.0) / w).ceil().max(1.0) as usize) {
            let x = frame.x + (i as f64 + 0.5) * w;
            svg.text(x, frame.bottom() + 17.0, NAME.anchor(Anchor::Middle), &names[i]);
        }
        svg.text(frame.x + frame.width / 2.0, frame.bottom() + 35.0, NAME.anchor(Anchor::Middle), what);
    }

    /// A line around one cell, such as the one that others are compared with.
    pub fn ring(&self, svg: &mut Svg, row: usize, column: usize, colour: &str) {
        let Cells { frame, rows, columns } = self.cells;
        let [w, h] = [frame.width / columns as f64, frame.height / rows as f64];
        let at = Point::new(frame.x + column as f64 * w, frame.y + row as f64 * h);
        svg.outline(Rect { x: at.x + 1.0, y: at.y + 1.0, width: w - 2.0, height: h - 2.0 }, colour, 2.0);
    }
}
