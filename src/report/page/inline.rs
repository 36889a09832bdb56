//! The page's own files, put into one document: styles, fonts, and modules of JavaScript in the order of their imports.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use crate::report::figure::marks::font::{REGULAR, SEMIBOLD};

macro_rules! web {
    ($($name:literal),* $(,)?) => { &[$(($name, include_str!(concat!("../../../assets/web/", $name)))),*] };
}

/// The document with its places to be filled.
pub(super) const TEMPLATE: &str = include_str!("../../../assets/web/page.html");

/// The styles, in order.
const STYLES: &[(&str, &str)] =
    web!["page.css", "claims.css", "figures.css", "diagram.css", "digits.css", "digits_tables.css"];

/// The modules; `main.js` imports the others.
const MODULES: &[(&str, &str)] = web![
    "base64.js",
    "centre.js",
    "colour_scales.js",
    "coverage.js",
    "diagram_choices.js",
    "diagram_controls.js",
    "diagram_explorer.js",
    "diagram_grid.js",
    "diagram_labels.js",
    "diagram_layers.js",
    "diagram_layout.js",
    "diagram_maps.js",
    "diagram_network.js",
    "diagram_player.js",
    "diagram_table.js",
    "diagram_window.js",
    "diagram_words.js",
    "diagram.js",
    "digits.js",
    "digits_controls.js",
    "digits_texts.js",
    "dom.js",
    "downloads.js",
    "feature_maps.js",
    "figures.js",
    "gallery.js",
    "geometry.js",
    "inference.js",
    "kernels.js",
    "main.js",
    "map_place.js",
    "navigation.js",
    "pen.js",
    "pixels.js",
    "predictions.js",
    "safetensors.js",
    "state.js",
    "theme.js",
];

/// The module that a browser starts with.
const MAIN: &str = "main.js";

/// All styles, and the fonts that the figures are drawn with.
pub(super) fn style() -> String {
    let font = |(weight, font): (u16, &[u8])| {
        let data = STANDARD.encode(font);
        format!(
            "@font-face{{font-family:Inter;font-weight:{weight};font-display:swap;\
             src:url(data:font/otf;base64,{data}) format(\"opentype\")}}\n"
        )
    };
    let fonts = [(400, REGULAR), (600, SEMIBOLD)].into_iter().map(font);
    fonts.chain(STYLES.iter().map(|(_, text)| text.to_string())).collect()
}

/// All modules as one: each after those that it imports, without the imports and the word `export`.
pub(super) fn script() -> String {
    let mut order = Vec::new();
    visit(MAIN, &mut order);
    order.into_iter().map(|module| format!("// {module}\n{}", body(source(module)))).collect()
}

/// A Content-Security-Policy's name of an inline script or style.
pub(super) fn hash(text: &str) -> String {
    format!("'sha256-{}'", STANDARD.encode(Sha256::digest(text)))
}

fn source(module: &str) -> &'static str {
    MODULES.iter().find(|(name, _)| *name == module).map_or("", |(_, text)| text)
}

/// The modules that a module imports.
fn imports(text: &str) -> impl Iterator<Item = &str> {
    text.lines().filter(|line| line.starts_with("import ")).filter_map(|line| {
        let (_, from) = line.split_once("\"./")?;
        from.split('"').next()
    })
}

fn visit(module: &'static str, order: &mut Vec<&'static str>) {
    if order.contains(&module) {
        return;
    }
    for import in imports(source(module)) {
        visit(MODULES.iter().find(|(name, _)| *name == import).map_or("", |(name, _)| name), order);
    }
    order.push(module);
}

fn body(text: &str) -> String {
    let kept = text.lines().filter(|line| !line.starts_with("import "));
    kept.map(|line| format!("{}\n", line.strip_prefix("export ").unwrap_or(line))).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_is_in_the_page() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/web");
        let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let there: BTreeSet<String> = names.collect();
        let known = STYLES.iter().chain(MODULES).map(|(name, _)| name.to_string());
        assert_eq!(there, known.chain(["page.html".to_string()]).collect());
        let mut order = Vec::new();
        visit(MAIN, &mut order);
        assert_eq!(order.len(), MODULES.len(), "main.js reaches {order:?} alone");
    }

    #[test]
    fn modules_follow_what_they_import_and_share_no_name() {
        let script = script();
        let names: Vec<&str> = script
            .lines()
            .filter_map(|line| {
                let line = line.strip_prefix("async ").unwrap_or(line);
                let kinds = ["function ", "const ", "let ", "class "];
                let rest = kinds.iter().find_map(|kind| line.strip_prefix(kind))?;
                rest.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$').next()
            })
            .filter(|name| !name.is_empty())
            .collect();
        let distinct: BTreeSet<&str> = names.iter().copied().collect();
        assert!(distinct.len() == names.len() && names.len() > 10, "{names:?}");
        assert!(!script.lines().any(|line| line.starts_with("import ") || line.starts_with("export ")));
        assert!(!script.contains("</script"), "a script that ends itself");
    }
}
