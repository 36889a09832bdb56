//! Axes as they are drawn: grid lines, tick marks and their labels.

use super::axis::Axis;
use super::palette::{AXIS, GRID};
use super::shapes::{Point, Rect};
use super::style::{Anchor, TextStyle};
use super::svg::Svg;
use super::ticks::epoch_ticks;

const LABEL: TextStyle = TextStyle::muted(13.0);

/// How far vertical grid lines stand out of a panel of bars.
const OVERHANG: f64 = 4.0;

/// A vertical axis: horizontal lines across the plot, with labels at its left.
pub fn values_at_the_left(svg: &mut Svg, plot: Rect, axis: &Axis, unit: &str, y: impl Fn(f64) -> f64) {
    for &tick in &axis.ticks {
        let y = y(tick);
        svg.line(Point::new(plot.x, y), Point::new(plot.right(), y), GRID, 1.0);
        svg.text(plot.x - 12.0, y + 4.5, LABEL.anchor(Anchor::End), &format!("{}{unit}", axis.label(tick)));
    }
}

/// A horizontal axis: vertical lines across the panel, with labels below it, and a line where the bars begin.
pub fn values_below(svg: &mut Svg, panel: Rect, axis: &Axis, unit: &str) {
    let top = panel.y - OVERHANG;
    let bottom = panel.bottom() + OVERHANG;
    for &tick in &axis.ticks {
        let x = panel.x + panel.width * axis.place(tick);
        svg.line(Point::new(x, top), Point::new(x, bottom), GRID, 1.0);
        let label = format!("{} {unit}", axis.label(tick));
        svg.text(x, panel.bottom() + 22.0, LABEL.anchor(Anchor::Middle), &label);
    }
    svg.line(Point::new(panel.x, top), Point::new(panel.x, bottom), AXIS, 1.0);
}

/// The horizontal axis of epochs 1 to `last`: the line below the plot, and a tick mark with its epoch below that.
pub fn epochs_below(svg: &mut Svg, plot: Rect, last: u32, x: impl Fn(u32) -> f64) {
    let bottom = plot.bottom();
    svg.line(Point::new(plot.x, bottom), Point::new(plot.right(), bottom), AXIS, 1.0);
    for epoch in epoch_ticks(last) {
        let x = x(epoch);
        svg.line(Point::new(x, bottom), Point::new(x, bottom + 5.0), AXIS, 1.0);
        svg.text(x, bottom + 20.0, LABEL.anchor(Anchor::Middle), &epoch.to_string());
    }
}
