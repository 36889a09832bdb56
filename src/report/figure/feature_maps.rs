//! `feature_maps_stride1_same.png` and its siblings: what conv1 makes of one image.

use super::marks::cells::{Cells, PICTURE, check_shape};
use super::marks::colour_bar::colour_bar;
use super::marks::heading::{EDGE, heading};
use super::marks::shapes::Rect;
use super::marks::style::TextStyle;
use super::marks::svg::Svg;
use super::marks::viridis;
use crate::error::Result;
use crate::model::Configuration;

/// How many maps are drawn, in rows of [`COLUMNS`].
const SHOWN: usize = 8;
const COLUMNS: usize = 4;
/// Between two maps of a row.
const GAP: f64 = 18.0;
const TOP: f64 = 122.0;
/// From the top of one row of maps to the next.
const ROW: f64 = PICTURE + 40.0;
/// The colour of what is not finite, which viridis has no colour for.
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
    /// [`Error::Failure`](crate::Error::Failure) where the number of values does not match the shape, or is 0.
    pub fn new(configuration: Configuration, shape: [usize; 3], values: &'a [f32]) -> Result<Self> {
        check_shape(values.len(), &shape)?;
        Ok(FeatureMaps { configuration, shape, values })
    }

    /// The greatest finite value of the maps that are drawn, which are the first eight.
    pub fn max(&self) -> f32 {
        let [_, _, channels] = self.shape;
        let shown = self.values.chunks_exact(channels).flat_map(|pixel| pixel.iter().take(SHOWN));
        shown.copied().filter(|v| v.is_finite()).fold(0.0, f32::max)
    }

    /// The first eight maps in two rows, coloured on a scale from 0 to `max`, which is drawn beside them.
    ///
    /// Figures that are to be compared need the same `max`: [`shared_max`] gives it.
    pub fn svg(&self, max: f32) -> String {
        let max = if max.is_finite() && max > 0.0 { max } else { 1.0 };
        let [height, width, channels] = self.shape;
        let shown = channels.min(SHOWN);
        let rows = shown.div_ceil(COLUMNS);
        // The heading needs the width of two maps, even where there is only one.
        let columns = shown.clamp(2, COLUMNS);
        let right = EDGE + columns as f64 * (PICTURE + GAP);
        let bottom = TOP + (rows - 1) as f64 * ROW + PICTURE;
        let title = format!("conv1 after ReLU: {height} × {width} maps, {}", self.configuration);
        let mut svg = Svg::new(right + 112.0, bottom + EDGE, &title);
        let filters = match channels {
            1 => "The only filter".into(),
            ..=SHOWN => "All filters".into(),
            _ => format!("The first {SHOWN} of {channels} filters"),
        };
        heading(&mut svg, &title, &format!("{filters}; one colour scale for every configuration of this run"));
        for map in 0..shown {
            let x = EDGE + (map % COLUMNS) as f64 * (PICTURE + GAP);
            let y = TOP + (map / COLUMNS) as f64 * ROW;
            let colour = |pixel: usize| viridis::colour(self.values[pixel * channels + map], max).unwrap_or(NOT_FINITE);
            let cells = centred(x, y, [height, width]);
            // Beside the map itself, which fills its square in one direction only where it is no square.
            let name = TextStyle::muted(13.0);
            let label = format!("filter {}", map + 1);
            svg.text(cells.frame.x, cells.frame.y - 9.0, name, &label);
            cells.draw(&mut svg, colour);
        }
        let bar = Rect { x: right + 8.0, y: TOP, width: 18.0, height: bottom - TOP };
        colour_bar(&mut svg, bar, f64::from(max), "activation");
        svg.finish()
    }
}

/// The cells of a map in the middle of the square at `x` and `y` that every map has.
fn centred(x: f64, y: f64, shape: [usize; 2]) -> Cells {
    let mut cells = Cells::square(x, y, PICTURE, shape);
    cells.frame.x += (PICTURE - cells.frame.width) / 2.0;
    cells.frame.y += (PICTURE - cells.frame.height) / 2.0;
    cells
}

/// The one scale of figures that are to be compared: the greatest of their [`max`](FeatureMaps::max).
pub fn shared_max(maps: &[FeatureMaps]) -> f32 {
    maps.iter().map(FeatureMaps::max).fold(0.0, f32::max)
}
