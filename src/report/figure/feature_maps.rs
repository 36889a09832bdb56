//! `feature_maps_stride1_same.png` and its siblings: what conv1 makes of one image.

use super::marks::axis::Axis;
use super::marks::font::Weight;
use super::marks::palette::{INK, MUTED};
use super::marks::svg::{Anchor, Style, Svg};
use super::marks::viridis;
use super::sample::{SIDE, cells, check};
use crate::error::Result;
use crate::model::Configuration;

/// How many maps are drawn, in rows of [`COLUMNS`].
const SHOWN: usize = 8;
const COLUMNS: usize = 4;
const GAP: f64 = 18.0;
const EDGE: f64 = 28.0;
const TOP: f64 = 122.0;
const ROW: f64 = SIDE + 40.0;
/// What viridis has no colour for.
const NOT_FINITE: [u8; 3] = [0xd0, 0xd0, 0xd0];

/// Activations of one image after conv1 and its ReLU.
#[derive(Debug, Clone, Copy)]
pub struct FeatureMaps<'a> {
    configuration: Configuration,
    shape: [usize; 3],
    values: &'a [f32],
}

impl<'a> FeatureMaps<'a> {
    /// `values` of shape `[height, width, channels]`.
    ///
    /// # Errors
    /// [`Error::Failure`](crate::Error::Failure) where there are more or fewer values, or none.
    pub fn new(configuration: Configuration, shape: [usize; 3], values: &'a [f32]) -> Result<Self> {
        check(values.len(), &shape)?;
        Ok(FeatureMaps { configuration, shape, values })
    }

    /// The greatest finite value that will be drawn: of the first eight maps.
    pub fn max(&self) -> f32 {
        let shown = self.values.chunks_exact(self.shape[2]).flat_map(|pixel| pixel.iter().take(SHOWN));
        shown.copied().filter(|v| v.is_finite()).fold(0.0, f32::max)
    }

    /// The first eight maps in two rows, coloured from 0 to `max`, with the scale beside them.
    ///
    /// Figures to be compared are given one `max`, that of [`shared_max`].
    pub fn svg(&self, max: f32) -> String {
        let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
        let [height, width, channels] = self.shape;
        let shown = channels.min(SHOWN);
        let cell = SIDE / height.max(width) as f64;
        let (w, h) = (cell * width as f64, cell * height as f64);
        let columns = shown.min(COLUMNS);
        let rows = shown.div_ceil(COLUMNS);
        // One map alone would leave no room for the heading.
        let right = (EDGE + columns as f64 * (SIDE + GAP)).max(EDGE + 2.0 * (SIDE + GAP));
        let bottom = TOP + (rows - 1) as f64 * ROW + SIDE;
        let title = format!("conv1 after ReLU: {height} × {width} maps, {}", self.configuration);
        let mut svg = Svg::new(right + 112.0, bottom + EDGE, &title);
        svg.text(EDGE, 48.0, Style { size: 24.0, weight: Weight::SemiBold, ..Style::default() }, &title);
        let muted = Style { size: 14.0, fill: MUTED, ..Style::default() };
        let count =
            if channels > shown { format!("The first {shown} of {channels} filters") } else { "All filters".into() };
        svg.text(EDGE, 74.0, muted, &format!("{count}; one colour scale for every configuration of this run"));
        for map in 0..shown {
            let x = EDGE + (map % COLUMNS) as f64 * (SIDE + GAP);
            let y = TOP + (map / COLUMNS) as f64 * ROW;
            svg.text(x, y - 9.0, Style { size: 13.0, ..muted }, &format!("filter {}", map + 1));
            let (x, y) = (x + (SIDE - w) / 2.0, y + (SIDE - h) / 2.0);
            cells(&mut svg, [x, y, w, h], [height, width], |i| {
                viridis::colour(self.values[i * channels + map], max).unwrap_or(NOT_FINITE)
            });
        }
        bar(&mut svg, [right + 8.0, TOP, 18.0, bottom - TOP], f64::from(max));
        svg.finish()
    }
}

/// One scale for figures that are to be compared.
pub fn shared_max(maps: &[FeatureMaps]) -> f32 {
    maps.iter().map(FeatureMaps::max).fold(0.0, f32::max)
}

fn bar(svg: &mut Svg, [x, y, w, h]: [f64; 4], max: f64) {
    let colours: Vec<[u8; 3]> = viridis::colours().collect();
    let last = colours.len() - 1;
    cells(svg, [x, y, w, h], [colours.len(), 1], |i| colours[last - i]);
    let mut axis = Axis::linear(&[0.0, max], [0.0, max]);
    // The scale's end is named exactly; a round tick that would touch its text gives way.
    axis.ticks.retain(|tick| *tick < max * 0.93);
    let style = Style { size: 13.0, fill: MUTED, ..Style::default() };
    let mut tick = |value: f64, text: &str| {
        let at = y + h * (1.0 - value / max);
        svg.line([x + w, at, x + w + 5.0, at], MUTED, 1.0);
        // Texts at the ends stay within the bar's height, clear of its heading.
        svg.text(x + w + 9.0, (at + 4.5).clamp(y + 10.0, y + h), style, text);
    };
    for value in &axis.ticks {
        tick(*value, &axis.label(*value));
    }
    tick(max, &significant(max));
    let head = Style { anchor: Anchor::Start, fill: INK, ..style };
    svg.text(x, y - 9.0, head, "activation");
}

/// Three significant digits.
fn significant(value: f64) -> String {
    if !(1e-3..1e4).contains(&value) {
        return format!("{value:.2e}");
    }
    let decimals = (2 - value.log10().floor() as i32).max(0) as usize;
    format!("{value:.decimals$}")
}
