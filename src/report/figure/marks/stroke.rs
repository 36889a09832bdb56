//! Paths that are drawn with a pen, and the markers of points.

use std::fmt::Display;

use super::palette::{Look, Marker};
use super::shapes::Point;
use super::svg::{Coordinate, Svg};

/// The colour of the page.
pub(super) const PAPER: &str = "#ffffff";

/// The pen that a path is drawn with.
#[derive(Debug, Clone, Copy)]
pub struct Stroke<'a> {
    /// Colour.
    pub colour: &'a str,
    /// Width.
    pub width: f64,
    /// Whether the line is dashed.
    pub dashed: bool,
    /// From 0, invisible, to 1.
    pub opacity: f64,
}

/// Draws `path`, in the syntax of SVG's attribute `d`; nothing where it is empty.
pub fn stroke(svg: &mut Svg, path: &str, stroke: Stroke) {
    if path.is_empty() {
        return;
    }
    let dashes = if stroke.dashed { "7 5" } else { "none" };
    let attributes: [(&str, &dyn Display); 8] = [
        ("d", &path),
        ("fill", &"none"),
        ("stroke", &stroke.colour),
        ("stroke-width", &Coordinate(stroke.width)),
        ("stroke-linejoin", &"round"),
        ("stroke-linecap", &"round"),
        ("stroke-dasharray", &dashes),
        ("stroke-opacity", &Coordinate(stroke.opacity)),
    ];
    svg.element("path", &attributes);
}

/// Draws one point among many.
pub fn dot(svg: &mut Svg, at: Point, radius: f64, colour: &str, opacity: f64) {
    let attributes: [(&str, &dyn Display); 5] = [
        ("cx", &Coordinate(at.x)),
        ("cy", &Coordinate(at.y)),
        ("r", &Coordinate(radius)),
        ("fill", &colour),
        ("fill-opacity", &Coordinate(opacity)),
    ];
    svg.element("circle", &attributes);
}

/// Draws the marker of a point, filled or `hollow`.
pub fn marker(svg: &mut Svg, at: Point, look: Look, hollow: bool) {
    let x = Coordinate(at.x);
    let y = Coordinate(at.y);
    let path = match look.marker {
        Marker::Circle => format!("M{} {y}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", Coordinate(at.x - 5.0)),
        Marker::Diamond => format!("M{x} {}l6.5 6.5l-6.5 6.5l-6.5 -6.5z", Coordinate(at.y - 6.5)),
        Marker::Triangle => format!("M{x} {}l6 10.5h-12z", Coordinate(at.y - 7.0)),
        Marker::Wedge => format!("M{x} {}l6 -10.5h-12z", Coordinate(at.y + 7.0)),
        Marker::Square => format!("M{} {}h9v9h-9z", Coordinate(at.x - 4.5), Coordinate(at.y - 4.5)),
        Marker::Cross => format!("M{} {}h4v4h4v4h-4v4h-4v-4h-4v-4h4z", Coordinate(at.x - 2.0), Coordinate(at.y - 6.0)),
    };
    let fill = if hollow { PAPER } else { look.line };
    let edge = if hollow { look.line } else { PAPER };
    let width = if hollow { 2.0 } else { 1.5 };
    let attributes: [(&str, &dyn Display); 4] =
        [("d", &path), ("fill", &fill), ("stroke", &edge), ("stroke-width", &Coordinate(width))];
    svg.element("path", &attributes);
}
