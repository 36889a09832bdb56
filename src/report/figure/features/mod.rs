//! `features.png`: one image through the same filters of every configuration, on one input grid.
//!
//! Each map is drawn where its windows are on the image, so that what a configuration loses at the border can be seen:
//! a cell stands around the middle of its window and is as large as the step from one window to the next. (Drawn as
//! large as its window, cells would overlap; drawn edge to edge over the whole image, a map of 13×13 would look as if it
//! covered it.)

mod map;

use super::marks::cells::Cells;
use super::marks::font::width;
use super::marks::heading::{EDGE, caption, heading};
use super::marks::palette::{AXIS, INK, Look, looks};
use super::marks::shapes::Point;
use super::marks::style::TextStyle;
use super::marks::svg::Svg;
use crate::analysis::ReceptiveField;
use crate::error::{Error, Result};
use crate::model::Network;
use crate::record::{FeatureRecord, LayerFeatures, ModelFeatures};
use crate::report::numbers::significant;
use map::{KERNEL, SIDE, Scaled, definitions, kernel_cells, map, square};

/// Between two columns of maps.
const GAP: f64 = 16.0;
/// From the top of one configuration to that of the next.
const ROW: f64 = KERNEL + 6.0 + SIDE + 20.0;
/// The height of what stands above a layer's rows.
const PANEL_HEAD: f64 = 62.0;
const TOP: f64 = 96.0;
/// Least width of a page, so that its explanations have room.
const WIDTH: f64 = 960.0;

const NAME: TextStyle = TextStyle::ink(15.0).semibold();
const DETAIL: TextStyle = TextStyle::muted(13.0);
const LINE: f64 = 19.0;

/// The figure. `caption_text` says what was run: data, batch size, backend.
///
/// # Errors
/// [`Error::Failure`] where there is no model, where a model's network cannot be made of images of this size, or where a
/// map is not of the size that the network's layer has.
pub fn features(record: &FeatureRecord, caption_text: &str) -> Result<String> {
    let page = FeaturePage::new(record)?;
    let title = format!("What {} of test image {}, a {}", page.title_layers(), record.image, record.label);
    let height = page.bottom() + 52.0;
    let mut svg = Svg::new(page.width, height, &title);
    definitions(&mut svg, square(Point::new(0.0, 0.0), record.size));
    let subtitle =
        "After ReLU; the same filters in every configuration, each map in the place that it covers of the image";
    heading(&mut svg, &title, subtitle);
    page.image(&mut svg);
    page.legend(&mut svg);
    let mut top = page.panels_top();
    for layer in &page.layers {
        page.panel(&mut svg, top, layer);
        top += page.panel_height();
    }
    caption(&mut svg, height, caption_text);
    Ok(svg.finish())
}

/// A model with its look.
struct FeatureRow<'a> {
    features: &'a ModelFeatures,
    network: Network,
    look: Look,
}

/// What the figure shows, and where.
struct FeaturePage<'a> {
    record: &'a FeatureRecord,
    rows: Vec<FeatureRow<'a>>,
    /// Names of the layers, in the order of the network.
    layers: Vec<&'a str>,
    /// The left side of the first column of maps.
    left: f64,
    width: f64,
    explanation: Vec<String>,
}

impl<'a> FeaturePage<'a> {
    fn new(record: &'a FeatureRecord) -> Result<Self> {
        let failed = |what: String| Error::failure(format!("cannot draw features: {what}"));
        if record.models.is_empty() || record.pixels.is_empty() {
            return Err(failed("there are none".into()));
        }
        let configurations: Vec<_> = record.models.iter().map(|model| model.model.configuration).collect();
        let row = |(features, look): (&'a ModelFeatures, Look)| -> Result<FeatureRow<'a>> {
            let configuration = features.model.configuration;
            let network = Network::new(record.size, configuration).map_err(|error| error.at(configuration))?;
            for layer in &features.layers {
                let size = network.layer(&layer.layer).map(|known| known.output());
                if size.is_none_or(|[height, width, _]| [height, width] != layer.map) {
                    let [height, width] = layer.map;
                    return Err(failed(format!("{configuration} has no {} of {height}×{width}", layer.layer)));
                }
            }
            Ok(FeatureRow { features, network, look })
        };
        let rows: Vec<FeatureRow> = record.models.iter().zip(looks(&configurations)).map(row).collect::<Result<_>>()?;
        let mut layers: Vec<&str> = Vec::new();
        for layer in rows.iter().flat_map(|row| &row.features.layers) {
            if !layers.contains(&layer.layer.as_str()) {
                layers.push(&layer.layer);
            }
        }
        let columns = rows.iter().flat_map(|row| &row.features.layers).map(|layer| layer.filters.len()).max();
        let columns = columns.unwrap_or(1).max(1) as f64;
        let texts = rows.iter().map(|row| width(&row.features.model.configuration.to_string(), NAME));
        let left = EDGE + texts.fold(150.0, f64::max) + 24.0;
        let page_width = (left + columns * (SIDE + GAP) - GAP + EDGE).max(WIDTH);
        let mut page = FeaturePage { record, rows, layers, left, width: page_width, explanation: Vec::new() };
        page.explanation = page.explain();
        Ok(page)
    }

    fn title_layers(&self) -> String {
        match &self.layers[..] {
            [] => "the network makes".into(),
            [only] => format!("{only} makes"),
            [others @ .., last] => format!("{} and {last} make", others.join(", ")),
        }
    }

    fn explain(&self) -> Vec<String> {
        let strongest = match self.layer_of("conv2").or_else(|| self.layer_of("pool2")) {
            Some(layer) => format!(
                "; of the {} slices of a kernel of {}, one for each input channel, it is the one of the greatest norm",
                layer.channels, layer.layer
            ),
            None => String::new(),
        };
        let pool = if self.layers.iter().any(|layer| layer.starts_with("pool")) {
            " A pooling layer's kernel is that of the convolution before it."
        } else {
            ""
        };
        let paragraphs = [
            "A cell is drawn around the middle of its window on the image, is as large as the step to the next one, and ends \
             where the image ends. Grey: windows reach there, but no cell. Hatched: no window of the layer reaches there."
                .into(),
            "Colour grows with the square root of the activation, from 0 to the greatest value in its column, which \
             stands above it: one scale for all configurations."
                .into(),
            format!("Above each map its kernel, blue below 0, red above, on one scale for the layer{strongest}.{pool}"),
        ];
        let room = self.width - EDGE - self.left;
        paragraphs.iter().flat_map(|paragraph| wrapped(paragraph, room)).collect()
    }

    fn layer_of(&self, name: &str) -> Option<&'a LayerFeatures> {
        self.rows.iter().flat_map(|row| &row.features.layers).find(|layer| layer.layer == name)
    }

    fn panels_top(&self) -> f64 {
        let image = TOP + 24.0 + SIDE + 18.0;
        image.max(TOP + 20.0 + LINE * self.explanation.len() as f64) + 22.0
    }

    fn panel_height(&self) -> f64 {
        PANEL_HEAD + ROW * self.rows.len() as f64 + 14.0
    }

    fn bottom(&self) -> f64 {
        self.panels_top() + self.panel_height() * self.layers.len() as f64
    }

    /// The image itself.
    fn image(&self, svg: &mut Svg) {
        let cells = Cells::square(EDGE, TOP + 24.0, SIDE, self.record.size);
        let [height, width] = self.record.size;
        svg.text(EDGE, TOP + 14.0, NAME.fill(INK), "the image");
        cells.draw(svg, |i| [self.record.pixels[i]; 3]);
        svg.text(
            EDGE,
            cells.frame.bottom() + 18.0,
            DETAIL,
            &format!("{height} × {width}, label {}", self.record.label),
        );
    }

    fn legend(&self, svg: &mut Svg) {
        for (i, line) in self.explanation.iter().enumerate() {
            svg.text(self.left, TOP + 14.0 + LINE * i as f64, DETAIL, line);
        }
    }

    /// All configurations' maps of a layer.
    fn panel(&self, svg: &mut Svg, top: f64, layer: &str) {
        let layers = self.rows.iter().flat_map(|row| &row.features.layers).filter(|found| found.layer == layer);
        let kernels = layers.flat_map(|layer| &layer.filters).flat_map(|filter| &filter.kernel);
        let strongest = kernels.map(|w| w.abs()).filter(|w| w.is_finite()).fold(0.0, f32::max);
        let scales = self.record.greatest(layer);
        svg.line(Point::new(EDGE, top), Point::new(self.width - EDGE, top), AXIS, 1.0);
        svg.text(EDGE, top + 28.0, TextStyle::ink(18.0).semibold(), layer);
        let kernel = format!("kernels ±{}", significant(f64::from(strongest)));
        svg.text(EDGE, top + 48.0, DETAIL, &kernel);
        for (i, (filter, greatest)) in scales.iter().enumerate() {
            let x = self.left + i as f64 * (SIDE + GAP);
            svg.text(x, top + 28.0, TextStyle::ink(13.0).semibold(), &format!("filter {}", filter + 1));
            let scale = match greatest {
                0.0 => "0 everywhere".into(),
                greatest => format!("0 to {}", significant(f64::from(*greatest))),
            };
            svg.text(x, top + 46.0, DETAIL, &scale);
        }
        for (i, row) in self.rows.iter().enumerate() {
            let y = top + PANEL_HEAD + ROW * i as f64;
            let found = row.features.layers.iter().find(|found| found.layer == layer);
            self.label(svg, y + KERNEL + 6.0, row, found);
            let Some((found, field)) = found.zip(ReceptiveField::of(&row.network, layer)) else { continue };
            for filter in &found.filters {
                let Some(column) = scales.keys().position(|known| *known == filter.filter) else { continue };
                let x = self.left + column as f64 * (SIDE + GAP);
                let greatest = scales[&filter.filter];
                kernel_cells(svg, Point::new(x, y), found, filter, strongest);
                let at = Point::new(x, y + KERNEL + 6.0);
                map(svg, at, self.record.size, &field, found, Scaled { filter, greatest });
            }
        }
    }

    /// Which configuration a row shows, and what became of it.
    fn label(&self, svg: &mut Svg, y: f64, row: &FeatureRow, layer: Option<&LayerFeatures>) {
        let ModelFeatures { model, epoch, predicted, .. } = row.features;
        svg.text(EDGE, y + 14.0, NAME.fill(row.look.text), &model.configuration.to_string());
        let size = layer.map_or("no such layer".into(), |layer| format!("{} × {}", layer.map[0], layer.map[1]));
        let verdict = if *predicted == self.record.label { "right" } else { "wrong" };
        for (i, line) in
            [size, format!("predicts {predicted}, {verdict}"), format!("seed {}, epoch {epoch}", model.seed)]
                .iter()
                .enumerate()
        {
            svg.text(EDGE, y + 36.0 + LINE * i as f64, DETAIL, line);
        }
    }
}

/// Words in lines no wider than `room`.
fn wrapped(text: &str, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let longer = lines.last().map(|line| format!("{line} {word}"));
        match (longer.filter(|longer| width(longer, DETAIL) <= room), lines.last_mut()) {
            (Some(longer), Some(line)) => *line = longer,
            _ => lines.push(word.into()),
        }
    }
    lines
}
