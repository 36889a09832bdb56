//! Colours that stand for numbers, and the bar that says which.

use super::axis::Axis;
use super::cells::Cells;
use super::font::width;
use super::palette::MUTED;
use super::shapes::{Point, Rect};
use super::style::{Anchor, TextStyle};
use super::svg::Svg;
use super::viridis;

/// What the name of a bar looks like.
pub const SCALE_NAME: TextStyle = TextStyle::ink(13.0);

/// Which colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ramp {
    /// Matplotlib's viridis, for pictures.
    Viridis,
    /// From nearly white to dark blue, for cells with numbers in them.
    Blues,
}

/// The stops of [`Ramp::Blues`], evenly spaced. Their lightness falls evenly.
const BLUES: [[f64; 3]; 6] = [
    [247.0, 250.0, 253.0],
    [214.0, 229.0, 244.0],
    [160.0, 200.0, 232.0],
    [92.0, 158.0, 214.0],
    [33.0, 105.0, 178.0],
    [8.0, 56.0, 118.0],
];

/// Colours for the numbers of an axis.
#[derive(Debug, Clone, PartialEq)]
pub struct ColourScale {
    /// Which colours.
    pub ramp: Ramp,
    /// Which numbers, and the ticks of the bar.
    pub axis: Axis,
}

impl ColourScale {
    /// The colour of a number, those beyond the ends of the axis as at its ends; `None` of what is not finite.
    pub fn colour(&self, value: f64) -> Option<[u8; 3]> {
        let place = self.axis.place(value);
        let place = if self.axis.log && value <= 0.0 { 0.0 } else { place };
        (value.is_finite() && place.is_finite()).then(|| self.at(place.clamp(0.0, 1.0)))
    }

    fn at(&self, place: f64) -> [u8; 3] {
        match self.ramp {
            Ramp::Viridis => viridis::colour(place as f32, 1.0).unwrap_or_default(),
            Ramp::Blues => {
                let position = place * (BLUES.len() - 1) as f64;
                let below = (position as usize).min(BLUES.len() - 2);
                let part = position - below as f64;
                let mix = |channel: usize| {
                    let [low, high] = [BLUES[below], BLUES[below + 1]].map(|colour| colour[channel]);
                    (low + (high - low) * part).round() as u8
                };
                [0, 1, 2].map(mix)
            }
        }
    }

    /// A horizontal bar in `frame` with its ticks below it and `name` before it. `label` writes a tick.
    pub fn bar(&self, svg: &mut Svg, frame: Rect, name: &str, label: impl Fn(f64) -> String) {
        const STEPS: usize = 160;
        let colour = |i: usize| self.at(i as f64 / (STEPS - 1) as f64);
        Cells { frame, rows: 1, columns: STEPS }.draw(svg, colour);
        let style = TextStyle::muted(13.0);
        svg.text(frame.x - 14.0, frame.middle() + 4.5, SCALE_NAME.anchor(Anchor::End), name);
        let mut free = f64::NEG_INFINITY;
        for &tick in &self.axis.ticks {
            let x = frame.x + frame.width * self.axis.place(tick);
            let text = label(tick);
            let half = width(&text, style) / 2.0;
            svg.line(Point::new(x, frame.bottom()), Point::new(x, frame.bottom() + 4.0), MUTED, 1.0);
            if x - half > free {
                svg.text(x, frame.bottom() + 18.0, style.anchor(Anchor::Middle), &text);
                free = x + half + 6.0;
            }
        }
    }
}

/// The colour of a text on a bright colour. It is not that of other texts, which a dark page turns light.
const ON_BRIGHT: &str = "#16191f";

/// The colour of a text on a colour: the darker or the lighter one, whichever can be read.
pub fn text_on([r, g, b]: [u8; 3]) -> &'static str {
    let linear = |channel: u8| (f64::from(channel) / 255.0).powf(2.2);
    let luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    if luminance > 0.22 { ON_BRIGHT } else { "#ffffff" }
}

#[cfg(test)]
mod tests {
    use super::super::shapes::Extent;
    use super::*;

    #[test]
    fn numbers_beyond_the_scale_have_its_last_colours() {
        let axis = Axis { range: Extent::new(1.0, 100.0), ticks: vec![1.0, 10.0, 100.0], log: true };
        let scale = ColourScale { ramp: Ramp::Viridis, axis };
        assert_eq!(scale.colour(100.0), Some([253, 231, 37]));
        assert_eq!(scale.colour(1e9), scale.colour(100.0));
        assert_eq!([0.0, 0.5, -1.0].map(|value| scale.colour(value)), [scale.colour(1.0); 3]);
        assert_eq!([f64::NAN, f64::INFINITY].map(|value| scale.colour(value)), [None, None]);
        let blues = ColourScale { ramp: Ramp::Blues, axis: Axis::linear(&[0.0, 1.0], Extent::new(0.0, 1.0)) };
        assert_eq!([0.0, 0.2, 1.0].map(|v| blues.colour(v).unwrap()), [[247, 250, 253], [214, 229, 244], [8, 56, 118]]);
    }

    #[test]
    fn texts_can_be_read_on_every_colour() {
        let luminance = |[r, g, b]: [u8; 3]| {
            let linear = |channel: u8| {
                let value = f64::from(channel) / 255.0;
                if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
            };
            0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
        };
        for ramp in [Ramp::Viridis, Ramp::Blues] {
            let scale = ColourScale { ramp, axis: Axis::linear(&[0.0, 1.0], Extent::new(0.0, 1.0)) };
            for i in 0..=100 {
                let colour = scale.colour(f64::from(i) / 100.0).unwrap();
                let text = if text_on(colour) == ON_BRIGHT { [0x16, 0x19, 0x1f] } else { [255; 3] };
                let (a, b) = (luminance(colour), luminance(text));
                let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
                assert!(contrast >= 3.9, "{ramp:?} {i}: {contrast}");
            }
        }
    }
}
