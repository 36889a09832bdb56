//! A small SVG builder. It escapes every text and writes numbers that any reader takes.

use std::fmt::{self, Display, Write};

use super::shapes::{Point, Rect};
use super::style::TextStyle;

/// A coordinate: two decimals at most, and 0 in place of NaN or an infinity.
#[derive(Debug, Clone, Copy)]
pub struct Coordinate(pub f64);

impl Display for Coordinate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        // Adding zero turns −0 into 0.
        write!(f, "{}", if rounded.is_finite() { rounded + 0.0 } else { 0.0 })
    }
}

/// A drawing under way.
#[derive(Debug)]
pub struct Svg {
    text: String,
}

impl Svg {
    /// A white page of that size. Screen readers read `title`.
    pub fn new(width: f64, height: f64, title: &str) -> Svg {
        let mut svg = Svg::open_document(width, height);
        let _ = writeln!(svg.text, "<title>{}</title>", Escaped(title));
        svg.rect(Rect { x: 0.0, y: 0.0, width, height }, "#ffffff");
        svg
    }

    /// A document that is measured and thrown away: it has neither a page nor a title.
    pub(super) fn scratch() -> Svg {
        Svg::open_document(1.0, 1.0)
    }

    fn open_document(width: f64, height: f64) -> Svg {
        let w = Coordinate(width);
        let h = Coordinate(height);
        Svg {
            text: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
                 role=\"img\" font-family=\"Inter, system-ui, sans-serif\">\n"
            ),
        }
    }

    /// An empty element with its attributes.
    pub fn element(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        self.open(name, attributes);
        self.text.truncate(self.text.len() - ">\n".len());
        self.text.push_str("/>\n");
    }

    /// Opens an element, which [`close`](Self::close) ends.
    pub fn open(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "<{name}");
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"{}\"", Escaped(&value.to_string()));
        }
        self.text.push_str(">\n");
    }

    /// Closes the element that was opened last.
    pub fn close(&mut self, name: &str) {
        let _ = writeln!(self.text, "</{name}>");
    }

    /// A filled rectangle.
    pub fn rect(&mut self, rect: Rect, fill: &str) {
        let attributes: [(&str, &dyn Display); 5] = [
            ("x", &Coordinate(rect.x)),
            ("y", &Coordinate(rect.y)),
            ("width", &Coordinate(rect.width)),
            ("height", &Coordinate(rect.height)),
            ("fill", &fill),
        ];
        self.element("rect", &attributes);
    }

    /// The outline of a rectangle.
    pub fn outline(&mut self, rect: Rect, stroke: &str, width: f64) {
        let attributes: [(&str, &dyn Display); 7] = [
            ("x", &Coordinate(rect.x)),
            ("y", &Coordinate(rect.y)),
            ("width", &Coordinate(rect.width)),
            ("height", &Coordinate(rect.height)),
            ("fill", &"none"),
            ("stroke", &stroke),
            ("stroke-width", &Coordinate(width)),
        ];
        self.element("rect", &attributes);
    }

    /// A straight line.
    pub fn line(&mut self, from: Point, to: Point, stroke: &str, width: f64) {
        let attributes: [(&str, &dyn Display); 6] = [
            ("x1", &Coordinate(from.x)),
            ("y1", &Coordinate(from.y)),
            ("x2", &Coordinate(to.x)),
            ("y2", &Coordinate(to.y)),
            ("stroke", &stroke),
            ("stroke-width", &Coordinate(width)),
        ];
        self.element("line", &attributes);
    }

    /// A line of text with its baseline at `y`.
    pub fn text(&mut self, x: f64, y: f64, style: TextStyle, text: &str) {
        let attributes: [(&str, &dyn Display); 6] = [
            ("x", &Coordinate(x)),
            ("y", &Coordinate(y)),
            ("font-size", &Coordinate(style.size)),
            ("font-weight", &style.weight.css()),
            ("fill", &style.fill),
            ("text-anchor", &style.anchor.svg()),
        ];
        self.open("text", &attributes);
        // White space inside <text> would be drawn.
        self.text.truncate(self.text.len() - "\n".len());
        let _ = writeln!(self.text, "{}</text>", Escaped(text));
    }

    /// The finished document.
    pub fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

/// A text in which no character has a meaning for XML or HTML, in elements and in quoted attributes alike.
pub(in crate::report) struct Escaped<'a>(pub &'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                // XML 1.0 cannot hold these characters, not even escaped.
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
