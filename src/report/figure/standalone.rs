//! SVG files that need nothing but themselves.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::marks::font::{REGULAR, SEMIBOLD};

/// A figure of this module as a file of its own: with the fonts that it uses inside, so that any browser draws what
/// [`png`](super::png()) draws, whatever is installed. A page that shows several figures declares the fonts once and
/// needs none of this.
pub fn standalone(svg: &str) -> String {
    // The first line opens the document.
    let Some((open, rest)) = svg.split_once('\n') else { return svg.into() };
    let mut style = String::from("<style>");
    for (weight, font) in [(400, REGULAR), (600, SEMIBOLD)] {
        if rest.contains(&format!("font-weight=\"{weight}\"")) {
            let data = STANDARD.encode(font);
            style += &format!(
                "@font-face{{font-family:Inter;font-weight:{weight};src:url(data:font/otf;base64,{data}) \
                 format(\"opentype\")}}"
            );
        }
    }
    format!("{open}\n{style}</style>\n{rest}")
}
