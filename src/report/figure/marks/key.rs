//! Which configuration looks how: a marker and a name each, in lines.

use super::font::width;
use super::heading::EDGE;
use super::palette::Look;
use super::shapes::Point;
use super::stroke::marker;
use super::style::TextStyle;
use super::svg::Svg;

const NAME: TextStyle = TextStyle::ink(14.0).semibold();
const LINE: f64 = 24.0;

/// One entry.
#[derive(Debug, Clone, PartialEq)]
pub struct KeyEntry {
    /// The marker.
    pub look: Look,
    /// Whether the marker is hollow.
    pub hollow: bool,
    /// The name.
    pub name: String,
}

/// Writes the entries from `top` down, none farther to the right than `right`, and returns the lower side of the last line.
pub fn key(svg: &mut Svg, top: f64, right: f64, entries: &[KeyEntry]) -> f64 {
    let mut at = Point::new(EDGE, top);
    for entry in entries {
        let needed = 20.0 + width(&entry.name, NAME);
        if at.x > EDGE && at.x + needed > right {
            at = Point::new(EDGE, at.y + LINE);
        }
        marker(svg, Point::new(at.x + 7.0, at.y + LINE / 2.0), entry.look, entry.hollow);
        svg.text(at.x + 20.0, at.y + LINE / 2.0 + 5.0, NAME.fill(entry.look.text), &entry.name);
        at.x += needed + 26.0;
    }
    if entries.is_empty() { top } else { at.y + LINE }
}
