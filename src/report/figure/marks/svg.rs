//! A small SVG builder: escapes what it is given, and writes numbers that any reader takes.

use std::fmt::{self, Display, Write};

use super::font::Weight;
use super::palette::INK;

/// A coordinate: two decimals at most, and never NaN or infinite.
#[derive(Debug, Clone, Copy)]
pub struct N(pub f64);

impl Display for N {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounded = (self.0 * 100.0).round() / 100.0;
        // Adding zero turns −0 into 0.
        write!(f, "{}", if rounded.is_finite() { rounded + 0.0 } else { 0.0 })
    }
}

/// Where a text's x stands in it.
#[derive(Debug, Clone, Copy)]
pub enum Anchor {
    /// At its left end.
    Start,
    /// In its middle.
    Middle,
    /// At its right end.
    End,
}

/// How a text looks.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Font size.
    pub size: f64,
    /// Font weight.
    pub weight: Weight,
    /// Colour.
    pub fill: &'static str,
    /// Alignment.
    pub anchor: Anchor,
}

impl Default for Style {
    fn default() -> Self {
        Style { size: 14.0, weight: Weight::Regular, fill: INK, anchor: Anchor::Start }
    }
}

/// A drawing under way.
#[derive(Debug)]
pub struct Svg {
    text: String,
}

impl Svg {
    /// White paper of that size; `title` is what a screen reader says.
    pub fn new(width: f64, height: f64, title: &str) -> Svg {
        let (w, h) = (N(width), N(height));
        let mut svg = Svg {
            text: format!(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
                 role=\"img\" font-family=\"Inter, system-ui, sans-serif\">\n"
            ),
        };
        if !title.is_empty() {
            let _ = writeln!(svg.text, "<title>{}</title>", Escaped(title));
            svg.rect([0.0, 0.0, width, height], "#ffffff");
        }
        svg
    }

    /// An empty element with its attributes.
    pub fn element(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        self.open(name, attributes);
        self.text.truncate(self.text.len() - 2);
        self.text.push_str("/>\n");
    }

    /// Opens an element; [`close`](Self::close) ends it.
    pub fn open(&mut self, name: &str, attributes: &[(&str, &dyn Display)]) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "<{name}");
        for (key, value) in attributes {
            let _ = write!(self.text, " {key}=\"{}\"", Escaped(&value.to_string()));
        }
        self.text.push_str(">\n");
    }

    /// Closes the element opened last.
    pub fn close(&mut self, name: &str) {
        let _ = writeln!(self.text, "</{name}>");
    }

    /// A filled rectangle `[x, y, width, height]`.
    pub fn rect(&mut self, [x, y, w, h]: [f64; 4], fill: &str) {
        let (x, y, w, h) = (N(x), N(y), N(w), N(h));
        self.element("rect", &[("x", &x), ("y", &y), ("width", &w), ("height", &h), ("fill", &fill)]);
    }

    /// A line `[x1, y1, x2, y2]`.
    pub fn line(&mut self, [x1, y1, x2, y2]: [f64; 4], stroke: &str, width: f64) {
        let (x1, y1, x2, y2) = (N(x1), N(y1), N(x2), N(y2));
        let ends: [(&str, &dyn Display); 6] =
            [("x1", &x1), ("y1", &y1), ("x2", &x2), ("y2", &y2), ("stroke", &stroke), ("stroke-width", &N(width))];
        self.element("line", &ends);
    }

    /// A line of text with its baseline at `y`.
    pub fn text(&mut self, x: f64, y: f64, style: Style, text: &str) {
        let anchor = match style.anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        let (x, y, size, weight) = (N(x), N(y), N(style.size), style.weight.css());
        let attributes: [(&str, &dyn Display); 6] = [
            ("x", &x),
            ("y", &y),
            ("font-size", &size),
            ("font-weight", &weight),
            ("fill", &style.fill),
            ("text-anchor", &anchor),
        ];
        self.open("text", &attributes);
        // White space inside <text> would be drawn.
        self.text.truncate(self.text.len() - 1);
        let _ = writeln!(self.text, "{}</text>", Escaped(text));
    }

    /// The finished document.
    pub fn finish(mut self) -> String {
        self.text.push_str("</svg>\n");
        self.text
    }
}

struct Escaped<'a>(&'a str);

impl Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                // XML 1.0 has no way to write these.
                c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => f.write_char('\u{fffd}')?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}
