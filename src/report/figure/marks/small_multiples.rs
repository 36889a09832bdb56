//! Panels of one size in rows, each below its name.

use super::shapes::Rect;
use super::style::TextStyle;
use super::svg::Svg;

/// The name of a panel, above it, and what is said of it below the name.
const NAME: TextStyle = TextStyle::ink(15.0).semibold();
const DETAIL: TextStyle = TextStyle::muted(13.0);
/// From the top of a panel's place to the panel: room for its name and the detail.
const HEAD: f64 = 46.0;

/// The places of panels.
#[derive(Debug, Clone, Copy)]
pub struct SmallMultiples {
    /// Left side of the first column's panels.
    pub left: f64,
    /// Top of the first row, above the names of its panels.
    pub top: f64,
    /// Panels in a row.
    pub columns: usize,
    /// Width and height of a panel.
    pub size: [f64; 2],
    /// Between two panels of a row, and below each row.
    pub gap: [f64; 2],
}

impl SmallMultiples {
    /// Panel `i`.
    pub fn panel(&self, i: usize) -> Rect {
        let [width, height] = self.size;
        let (column, row) = (i % self.columns, i / self.columns);
        Rect {
            x: self.left + column as f64 * (width + self.gap[0]),
            y: self.top + HEAD + row as f64 * (HEAD + height + self.gap[1]),
            width,
            height,
        }
    }

    /// The lower side of the last of so many panels, with the gap below it.
    pub fn bottom(&self, panels: usize) -> f64 {
        self.panel(panels.max(1) - 1).bottom() + self.gap[1]
    }

    /// Writes the name of panel `i` and a detail below it.
    pub fn name(&self, svg: &mut Svg, i: usize, name: &str, fill: &'static str, detail: &str) {
        let panel = self.panel(i);
        svg.text(panel.x, panel.y - 27.0, NAME.fill(fill), name);
        svg.text(panel.x, panel.y - 10.0, DETAIL, detail);
    }
}
