//! Colours and markers. In the tutorial's four configurations the hue of a line tells the stride, its shade and its
//! markers tell the padding.
//!
//! Blue and orange, the hues of strides 1 and 2, can be told apart with every common colour blindness. The shades of a
//! hue differ in lightness, so that they can be told apart in print without colour as well. Of further configurations
//! any two differ in colour, and in marker where their colours come near each other to any eyes.

use crate::model::Configuration;

/// The colour of titles and labels.
pub const INK: &str = "#171b21";
/// The colour of subtitles and tick labels.
pub const MUTED: &str = "#5a6470";
/// The colour of grid lines.
pub const GRID: &str = "#e6e9ee";
/// The colour of an axis itself.
pub const AXIS: &str = "#98a2ae";

/// Shape of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Marker {
    /// A disc, in the tutorial's configurations for `same`.
    Circle,
    /// A square on its corner, there for `valid`.
    Diamond,
    /// A triangle on its side.
    Triangle,
    /// A triangle on its corner.
    Wedge,
    /// A square on its side.
    Square,
    /// A Greek cross.
    Cross,
}

/// How one configuration looks, in every figure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Colour of lines and points.
    pub line: &'static str,
    /// The same hue, dark enough for text.
    pub text: &'static str,
    /// Shape of its points.
    pub marker: Marker,
}

const fn shade(line: &'static str, text: &'static str, marker: Marker) -> Look {
    Look { line, text, marker }
}

/// Of [`Configuration::TUTORIAL`], in its order.
const TUTORIAL: [Look; 4] = [
    shade("#0b4f9e", "#0b4f9e", Marker::Circle),
    shade("#b8430a", "#b8430a", Marker::Circle),
    shade("#4c9be8", "#2a74bd", Marker::Diamond),
    shade("#f0932b", "#b2610a", Marker::Diamond),
];

/// Of all others, in the order in which they occur. Neighbours differ in hue, in lightness and in marker, and two of one
/// marker are far apart with every colour blindness.
const OTHERS: [Look; 8] = [
    shade("#0a6b5a", "#0a6b5a", Marker::Square),
    shade("#c86aa5", "#a3427f", Marker::Triangle),
    shade("#35b597", "#14806a", Marker::Cross),
    shade("#a3213f", "#a3213f", Marker::Wedge),
    shade("#8f7a00", "#7a6800", Marker::Square),
    shade("#6b2d90", "#6b2d90", Marker::Triangle),
    shade("#4a525c", "#4a525c", Marker::Cross),
    shade("#9a86e0", "#6a54bd", Marker::Wedge),
];

/// After the eight others they begin again, each with the next of these.
const MARKERS: [Marker; 6] =
    [Marker::Circle, Marker::Square, Marker::Triangle, Marker::Cross, Marker::Diamond, Marker::Wedge];

/// Behind every second group of rows.
pub const BAND: &str = "#f5f7fa";
/// The ground of [hatching](super::hatch).
pub const HATCHED: &str = "#fdf1ef";
/// Its diagonals.
pub const DIAGONALS: &str = "#d9897c";

/// The names of all colours that a page may replace, for a dark one say, and the colours.
pub fn variables() -> impl Iterator<Item = (String, &'static str)> {
    let fixed = [("ink", INK), ("muted", MUTED), ("grid", GRID), ("axis", AXIS), ("raised", BAND)];
    let fixed = fixed.into_iter().chain([("hatched", HATCHED), ("diagonals", DIAGONALS)]);
    let names = Configuration::TUTORIAL.map(|configuration| configuration.slug()).into_iter();
    let looks = names.zip(TUTORIAL).chain((1..).zip(OTHERS).map(|(i, look)| (format!("other{i}"), look)));
    // Where both colours of a look are the same, the first name counts.
    let looks = looks.flat_map(|(name, look)| [(name.clone(), look.line), (format!("{name}-text"), look.text)]);
    fixed.map(|(name, colour)| (name.to_string(), colour)).chain(looks)
}

/// The name among [`variables`] of a look's line, and of its text.
pub fn variables_of(look: Look) -> [String; 2] {
    let named =
        |colour: &str| variables().find(|(_, known)| *known == colour).map(|(name, _)| name).unwrap_or_default();
    [named(look.line), named(look.text)]
}

/// The looks of configurations that a figure shows together, in their order; one that is there twice has one look. The
/// tutorial's four always have their own; others have theirs by the order in which they first occur, different ones up to
/// eight and, by their markers, up to 48.
pub fn looks(configurations: &[Configuration]) -> Vec<Look> {
    let mut others: Vec<&Configuration> = Vec::new();
    let look = |configuration| {
        if let Some(i) = Configuration::TUTORIAL.iter().position(|known| known == configuration) {
            return TUTORIAL[i];
        }
        let index = others.iter().position(|other| *other == configuration).unwrap_or_else(|| {
            others.push(configuration);
            others.len() - 1
        });
        let (round, look) = (index / OTHERS.len(), OTHERS[index % OTHERS.len()]);
        let own = MARKERS.iter().position(|marker| *marker == look.marker).unwrap_or_default();
        Look { marker: MARKERS[(own + round) % MARKERS.len()], ..look }
    };
    configurations.iter().map(look).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::geometry::Padding;

    /// Of a colour `#rrggbb`, linear.
    fn linear(colour: &str) -> [f64; 3] {
        [1, 3, 5].map(|at| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        })
    }

    fn product(matrix: [[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
    }

    /// CIE L*a*b* of a linear colour, D65.
    fn lab(colour: [f64; 3]) -> [f64; 3] {
        let xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
        let [x, y, z] = product(xyz, colour.map(|v| v.clamp(0.0, 1.0)));
        let f = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 };
        let [x, y, z] = [f(x / 0.9505), f(y), f(z / 1.089)];
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// Linear colours as seen without the long, the middle and the short cones: the matrices of Machado, Oliveira and
    /// Fernandes, "A physiologically-based model for simulation of color vision deficiency", 2009, at severity 1.
    const BLINDNESS: [[[f64; 3]; 3]; 4] = [
        [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]],
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    ];

    fn grid() -> Vec<Configuration> {
        let mut all = Configuration::TUTORIAL.to_vec();
        all.extend((0..8).map(|i| Configuration { kernel: 4 + i, ..Configuration::new(1, Padding::Same) }));
        all
    }

    #[test]
    fn twelve_configurations_can_be_told_apart_with_any_eyes() {
        let looks = looks(&grid());
        for (i, a) in looks.iter().enumerate() {
            for b in &looks[..i] {
                let distance = |seen: [[f64; 3]; 3]| -> f64 {
                    let [a, b] = [a.line, b.line].map(|colour| lab(product(seen, linear(colour))));
                    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
                };
                let least = BLINDNESS.map(distance).into_iter().fold(f64::INFINITY, f64::min);
                assert!(a.line != b.line, "{a:?} {b:?}");
                assert!(a.marker != b.marker || least >= 20.0, "{a:?} and {b:?} are {least} apart");
            }
        }
    }

    #[test]
    fn names_can_be_read_on_white() {
        let luminance = |colour: &str| {
            let [r, g, b] = linear(colour);
            0.2126 * r + 0.7152 * g + 0.0722 * b
        };
        for look in looks(&grid()) {
            let contrast = 1.05 / (luminance(look.text) + 0.05);
            assert!(contrast >= 4.5, "{} has a contrast of {contrast}", look.text);
        }
    }

    #[test]
    fn the_tutorials_looks_are_its_own_and_many_differ() {
        let alone = looks(&Configuration::TUTORIAL[3..]);
        assert_eq!(alone, looks(&Configuration::TUTORIAL)[3..]);
        assert_eq!(alone[0], looks(&[grid()[4], grid()[4], grid()[3]])[2]);
        let twice = looks(&[grid()[4], grid()[5], grid()[4]]);
        assert!(twice[0] == twice[2] && twice[0] != twice[1]);
        let many: Vec<_> =
            (0..48).map(|i| Configuration { kernel: 4 + i, ..Configuration::new(1, Padding::Same) }).collect();
        let looks = looks(&many);
        for (i, look) in looks.iter().enumerate() {
            assert!(!looks[..i].contains(look), "{i}");
        }
    }
}
