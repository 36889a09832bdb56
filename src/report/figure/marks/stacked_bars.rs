//! Horizontal bars, each a stack of segments, one bar below the other.

use super::font::width;
use super::shapes::Rect;
use super::style::{Anchor, TextStyle};
use super::svg::Svg;

/// From the top of one bar to the top of the next, of up to [`FEW`] bars and of more.
const PITCH: f64 = 46.0;
const NARROW_PITCH: f64 = 27.0;
const FEW: usize = 8;
/// Added to the distance between two groups of bars.
const GROUP_GAP: f64 = 12.0;

/// The name of a bar, at its left.
pub const BAR_NAME: TextStyle = TextStyle::ink(15.0).semibold();
/// The name of a segment, inside it.
const SEGMENT_NAME: TextStyle = TextStyle::ink(12.0).anchor(Anchor::Middle);
/// The least height of a bar whose segments can be named.
const NAMED_HEIGHT: f64 = 16.0;

/// The place of the bars of a panel. Several panels with the same rows can share one layout.
#[derive(Debug, Clone)]
pub struct BarLayout {
    /// Where bars begin.
    pub left: f64,
    /// Where the longest bar may end.
    pub right: f64,
    pitch: f64,
    starts: Vec<f64>,
}

impl BarLayout {
    /// A bar for each element of `begins_group`, which says whether a group of bars begins with it.
    pub fn new(left: f64, right: f64, begins_group: &[bool]) -> BarLayout {
        let pitch = if begins_group.len() > FEW { NARROW_PITCH } else { PITCH };
        let gaps = |i: usize| begins_group.iter().take(i + 1).skip(1).filter(|begins| **begins).count();
        let start = |i: usize| pitch * i as f64 + GROUP_GAP * gaps(i) as f64;
        BarLayout { left, right, pitch, starts: (0..begins_group.len()).map(start).collect() }
    }

    /// The panel with all bars, its upper side at `top`.
    pub fn panel(&self, top: f64) -> Rect {
        let height = self.starts.last().map_or(0.0, |start| start + self.pitch);
        Rect { x: self.left, y: top, width: self.right - self.left, height }
    }

    /// Bar `i` of the panel at `top`, as long as a bar may be.
    pub fn bar(&self, top: f64, i: usize) -> Rect {
        Rect {
            x: self.left,
            y: top + self.starts[i] + 0.16 * self.pitch,
            width: self.right - self.left,
            height: 0.68 * self.pitch,
        }
    }
}

/// One segment of a bar.
#[derive(Debug, Clone, Copy)]
pub struct BarSegment<'a> {
    /// Its size, in the unit of what the bar shows.
    pub size: f64,
    /// Its colour.
    pub fill: &'static str,
    /// Its name.
    pub name: &'a str,
    /// The colour of its name, which is written inside the segment.
    pub name_fill: &'static str,
}

/// Writes the name of a bar at its left.
pub fn bar_name(svg: &mut Svg, bar: Rect, name: &str, fill: &'static str) {
    svg.text(bar.x - 14.0, bar.middle() + 5.0, BAR_NAME.fill(fill).anchor(Anchor::End), name);
}

/// Draws segments one after the other and returns where the last one ends. `x` says where a sum of sizes lies.
///
/// With `named`, segments that take at least this share (above 0) of the longest bar have their name inside, if there
/// is room for it.
pub fn stacked_bar(
    svg: &mut Svg,
    bar: Rect,
    segments: &[BarSegment],
    x: impl Fn(f64) -> f64,
    named: Option<f64>,
) -> f64 {
    let mut sum = 0.0;
    for segment in segments {
        let from = x(sum);
        sum += segment.size;
        let length = x(sum) - from;
        // A white line separates neighbours, except where it would take most of a short segment.
        let gap = if length > 3.0 { 1.0 } else { 0.0 };
        svg.rect(Rect { x: from, width: length - gap, ..bar }, segment.fill);
        let large = named.is_some_and(|share| length / bar.width >= share);
        if large && bar.height >= NAMED_HEIGHT && width(segment.name, SEGMENT_NAME) + 8.0 <= length {
            let middle = (from + x(sum) - gap) / 2.0;
            svg.text(middle, bar.middle() + 4.0, SEGMENT_NAME.fill(segment.name_fill), segment.name);
        }
    }
    x(sum)
}
