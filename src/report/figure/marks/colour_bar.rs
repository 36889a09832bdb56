//! The scale beside cells that are coloured by [`viridis`].

use super::axis::Axis;
use super::cells::Cells;
use super::palette::{INK, MUTED};
use super::shapes::{Extent, Point, Rect};
use super::style::TextStyle;
use super::svg::Svg;
use super::viridis;
use crate::report::numbers::significant;

/// The colours from 0 at the bottom of `frame` to `max` at its top, with ticks at the right and `name` above.
pub fn colour_bar(svg: &mut Svg, frame: Rect, max: f64, name: &str) {
    let colours: Vec<[u8; 3]> = viridis::colours().collect();
    let last = colours.len() - 1;
    Cells { frame, rows: colours.len(), columns: 1 }.draw(svg, |i| colours[last - i]);
    let style = TextStyle::muted(13.0);
    let right = frame.right();
    let mut tick = |value: f64, text: &str| {
        let y = frame.y + frame.height * (1.0 - value / max);
        svg.line(Point::new(right, y), Point::new(right + 5.0, y), MUTED, 1.0);
        // The texts at both ends stay within the bar's height, clear of the name above it.
        let baseline = (y + 4.5).clamp(frame.y + 10.0, frame.bottom());
        svg.text(right + 9.0, baseline, style, text);
    };
    let axis = Axis::linear(&[0.0, max], Extent::new(0.0, max));
    // The top of the scale has the exact value. Round ticks so close to it that the texts would touch are left out.
    let round = Axis { ticks: axis.ticks.iter().copied().filter(|tick| *tick < max * 0.93).collect(), ..axis };
    for &value in &round.ticks {
        tick(value, &round.label(value));
    }
    tick(max, &significant(max));
    svg.text(frame.x, frame.y - 9.0, style.fill(INK), name);
}
