//! Pixels: a matrix of coloured cells in a frame.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::palette::AXIS;
use super::shapes::Rect;
use super::svg::{Coordinate, Svg};
use crate::error::{Error, Result};

/// The longer side of a drawn picture. At the two pixels a unit of [`png`](crate::report::figure::png()) it has 364
/// pixels, which is a whole number for each of 28, 26, 14 and 13 cells.
pub const PICTURE: f64 = 182.0;

/// A matrix of cells and the frame that it fills.
#[derive(Debug, Clone, Copy)]
pub struct Cells {
    /// Where the cells are drawn.
    pub frame: Rect,
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
}

impl Cells {
    /// Square cells at `x` and `y`, the longer side of all of them together being `side`.
    pub fn square(x: f64, y: f64, side: f64, [rows, columns]: [usize; 2]) -> Cells {
        let cell = side / rows.max(columns) as f64;
        let frame = Rect { x, y, width: cell * columns as f64, height: cell * rows as f64 };
        Cells { frame, rows, columns }
    }

    /// Draws the cells, row by row from the top. `colour` takes a cell's index in that order.
    ///
    /// Neighbours of one colour in a row are drawn as one rectangle, and all rectangles of one colour are one path, so
    /// that a picture is small enough to stand inside a page.
    pub fn draw(&self, svg: &mut Svg, colour: impl Fn(usize) -> [u8; 3]) {
        let Cells { frame, rows, columns } = *self;
        let mut paths: BTreeMap<[u8; 3], String> = BTreeMap::new();
        for row in 0..rows {
            let mut column = 0;
            while column < columns {
                let this = colour(row * columns + column);
                let run = (column..columns).take_while(|c| colour(row * columns + c) == this).count();
                // Writing to a String cannot fail.
                let _ = write!(paths.entry(this).or_default(), "M{column} {row}h{run}v1h-{run}z");
                column += run;
            }
        }
        let x = Coordinate(frame.x);
        let y = Coordinate(frame.y);
        let x_scale = frame.width / columns as f64;
        let y_scale = frame.height / rows as f64;
        let place = format!("translate({x} {y}) scale({x_scale} {y_scale})");
        svg.open("g", &[("transform", &place), ("shape-rendering", &"crispEdges")]);
        for ([r, g, b], path) in paths {
            let fill = format!("#{r:02x}{g:02x}{b:02x}");
            svg.element("path", &[("fill", &fill), ("d", &path)]);
        }
        svg.close("g");
        let outline =
            Rect { x: frame.x - 0.25, y: frame.y - 0.25, width: frame.width + 0.5, height: frame.height + 0.5 };
        svg.outline(outline, AXIS, 0.5);
    }
}

/// Checks that there are as many values as `shape` says, and at least one.
///
/// # Errors
/// [`Error::Failure`] where it is otherwise.
pub fn check_shape(values: usize, shape: &[usize]) -> Result<()> {
    let wanted = shape.iter().try_fold(1usize, |product, n| product.checked_mul(*n));
    if wanted != Some(values) || values == 0 {
        return Err(Error::failure(format!("cannot draw {values} values as {shape:?}")));
    }
    Ok(())
}
