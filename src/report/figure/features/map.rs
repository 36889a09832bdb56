//! One map in its place on the image, and its kernel above it.

use crate::analysis::ReceptiveField;
use crate::record::{FilterFeatures, LayerFeatures};
use crate::report::figure::marks::cells::Cells;
use crate::report::figure::marks::palette::AXIS;
use crate::report::figure::marks::shapes::{Point, Rect};
use crate::report::figure::marks::style::{Anchor, TextStyle};
use crate::report::figure::marks::svg::{Coordinate, Svg};
use crate::report::figure::marks::{diverging, viridis};

/// The longer side of the image, and of the square that every map has.
pub(super) const SIDE: f64 = 112.0;
/// The longer side of a kernel, above its map.
pub(super) const KERNEL: f64 = 27.0;

/// Where the image is, and no window's middle.
const SEEN: &str = "#dfe3e8";
/// Where the image is, and no window.
const UNSEEN: &str = "#ffffff";
const HATCH: &str = "#aeb6c0";
/// The colour of what is not finite.
const NOT_FINITE: [u8; 3] = [0xd0, 0xd0, 0xd0];

/// The square of an image of this size with its corner at `at`, whose longer side is [`SIDE`].
pub(super) fn square(at: Point, size: [usize; 2]) -> Rect {
    Cells::square(at.x, at.y, SIDE, size).frame
}

/// A filter and the greatest value of its scale.
#[derive(Clone, Copy)]
pub(super) struct Scaled<'a> {
    pub filter: &'a FilterFeatures,
    pub greatest: f32,
}

/// A kernel above its map.
pub(super) fn kernel_cells(svg: &mut Svg, at: Point, layer: &LayerFeatures, filter: &FilterFeatures, strongest: f32) {
    let cells = Cells::square(at.x, at.y, KERNEL, layer.kernel);
    cells.draw(svg, |i| diverging::colour(filter.kernel[i], strongest).unwrap_or(NOT_FINITE));
    if layer.channels > 1 {
        let text = format!("channel {}", filter.channel + 1);
        svg.text(cells.frame.right() + 8.0, at.y + KERNEL - 4.0, TextStyle::muted(12.0), &text);
    }
}

/// The pattern of what no window reaches, and the outline of the image, a `square` at the origin.
pub(super) fn definitions(svg: &mut Svg, square: Rect) {
    svg.open("defs", &[]);
    let attributes: [(&str, &dyn std::fmt::Display); 5] = [
        ("id", &"hatch"),
        ("width", &5),
        ("height", &5),
        ("patternUnits", &"userSpaceOnUse"),
        ("patternTransform", &"rotate(45)"),
    ];
    svg.open("pattern", &attributes);
    svg.line(Point::new(0.0, 0.0), Point::new(0.0, 5.0), HATCH, 2.0);
    svg.close("pattern");
    svg.open("clipPath", &[("id", &"image")]);
    svg.rect(square, "#000000");
    svg.close("clipPath");
    svg.close("defs");
}

/// The cells of a map at `at`, each around the middle of its window on an image of this size.
pub(super) fn map(
    svg: &mut Svg,
    at: Point,
    size: [usize; 2],
    field: &ReceptiveField,
    layer: &LayerFeatures,
    scaled: Scaled,
) {
    let square = square(at, size);
    let pixel = square.width / size[1] as f64;
    svg.rect(square, UNSEEN);
    svg.rect(square, "url(#hatch)");
    // From the first to the last pixel that a window sees, within what the crop left.
    let seen = |axis: usize| {
        let windows = field.axes[axis];
        let (low, high) = (field.crop as i64, (size[axis] - field.crop) as i64);
        [windows.first.clamp(low, high), windows.end().clamp(low, high)].map(|end| end as f64 * pixel)
    };
    let ([top, bottom], [left, right]) = (seen(0), seen(1));
    svg.rect(Rect { x: at.x + left, y: at.y + top, width: right - left, height: bottom - top }, SEEN);
    svg.outline(square, AXIS, 0.5);
    let [rows, columns] = layer.map;
    let [y, x] = [0, 1].map(|axis| field.axes[axis].cell_start(0) * pixel);
    let [height, width] = [0, 1].map(|axis| (field.axes[axis].step * field.axes[axis].outputs) as f64 * pixel);
    let frame = Rect { x, y, width, height };
    let Scaled { filter, greatest } = scaled;
    let root = if greatest > 0.0 { greatest.sqrt() } else { 1.0 };
    let colour = |i: usize| viridis::colour(filter.map[i].max(0.0).sqrt(), root).unwrap_or(NOT_FINITE);
    let finite = |i: usize| if filter.map[i].is_finite() { colour(i) } else { NOT_FINITE };
    // Relative to the square, beyond whose sides nothing is drawn.
    let place = format!("translate({} {})", Coordinate(at.x), Coordinate(at.y));
    svg.open("g", &[("transform", &place), ("clip-path", &"url(#image)")]);
    Cells { frame, rows, columns }.draw(svg, finite);
    svg.close("g");
    if filter.map.iter().all(|value| *value == 0.0) {
        let style = TextStyle::ink(13.0).fill("#ffffff").anchor(Anchor::Middle);
        svg.text(at.x + frame.x + frame.width / 2.0, at.y + frame.middle() + 4.5, style, "0");
    }
}
