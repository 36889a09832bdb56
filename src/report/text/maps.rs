//! Feature maps on a terminal: two pixels a character.

use crate::report::figure::marks::viridis;

/// What colours a terminal shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MapColours {
    /// The 256 of xterm.
    Indexed,
    /// Any.
    True,
}

/// A picture of one channel.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownMap {
    /// A short name, above it.
    pub title: String,
    /// Rows and columns.
    pub size: [usize; 2],
    /// Values, row-major, 0 being the lowest.
    pub values: Vec<f32>,
    /// The value of the brightest colour.
    pub greatest: f32,
    /// Grey in place of colours.
    pub grey: bool,
}

/// Between two maps.
const GAP: usize = 1;

/// The maps side by side, in as many lines of maps as `width` characters make necessary. Of maps that do not fit into one
/// line, `first_line` shows those that do and leaves the others out. A map wider than all is left out.
pub fn shown_maps(maps: &[ShownMap], colours: MapColours, width: u16, first_line: bool) -> String {
    let mut lines: Vec<Vec<&ShownMap>> = vec![Vec::new()];
    let mut used = 0;
    let columns = |map: &ShownMap| map.size[1].max(map.title.chars().count());
    for map in maps.iter().filter(|map| columns(map) <= usize::from(width)) {
        if used > 0 && used + GAP + columns(map) > usize::from(width) {
            lines.push(Vec::new());
            used = 0;
        }
        used += columns(map) + if used > 0 { GAP } else { 0 };
        lines.last_mut().into_iter().for_each(|line| line.push(map));
    }
    lines.truncate(if first_line { 1 } else { lines.len() });
    let mut text = String::new();
    for line in lines {
        let cell = |map: &ShownMap, content: String, shown: usize| {
            format!("{content}{:<pad$}", "", pad = columns(map).saturating_sub(shown))
        };
        let joined = |cells: Vec<String>| format!("{}\n", cells.join(&" ".repeat(GAP)).trim_end());
        text += &joined(line.iter().map(|map| cell(map, map.title.clone(), map.title.chars().count())).collect());
        let rows = line.iter().map(|map| map.size[0].div_ceil(2)).max().unwrap_or(0);
        for row in 0..rows {
            let part = |map: &&ShownMap| match row < map.size[0].div_ceil(2) {
                true => cell(map, half_blocks(map, row, colours), map.size[1]),
                false => cell(map, String::new(), 0),
            };
            text += &joined(line.iter().map(part).collect());
        }
    }
    text
}

/// Rows `2·row` and `2·row + 1`: an upper half block's own colour, and the colour behind it.
fn half_blocks(map: &ShownMap, row: usize, colours: MapColours) -> String {
    let [height, width] = map.size;
    let mut text = String::new();
    for column in 0..width {
        let code = |row: usize, place: u8| colour_code(map, row * width + column, place, colours);
        text += &code(2 * row, 38);
        text += &if 2 * row + 1 < height { code(2 * row + 1, 48) } else { "\x1b[49m".into() };
        text.push('▀');
    }
    text + "\x1b[0m"
}

/// The escape code for a pixel's colour; `place` is 38 for a character, 48 for what is behind it.
fn colour_code(map: &ShownMap, at: usize, place: u8, colours: MapColours) -> String {
    let value = map.values.get(at).copied().unwrap_or(f32::NAN);
    let greatest = if map.greatest > 0.0 { map.greatest } else { 1.0 };
    let grey = || value.is_finite().then(|| [(255.0 * (value / greatest).clamp(0.0, 1.0)).round() as u8; 3]);
    // What is no number is red, which neither scale has.
    let rgb = if map.grey { grey() } else { viridis::colour(value, greatest) }.unwrap_or([255, 0, 0]);
    match colours {
        MapColours::True => format!("\x1b[{place};2;{};{};{}m", rgb[0], rgb[1], rgb[2]),
        MapColours::Indexed => format!("\x1b[{place};5;{}m", indexed(rgb)),
    }
}

/// The nearest of xterm's colours from 16 on: a cube of six levels a channel, then 24 greys.
fn indexed(rgb: [u8; 3]) -> u8 {
    const LEVELS: [u8; 6] = [0, 95, 135, 175, 215, 255];
    let far =
        |a: [u8; 3], b: [u8; 3]| -> i32 { a.iter().zip(b).map(|(&a, b)| (i32::from(a) - i32::from(b)).pow(2)).sum() };
    let cube = (0..216u8).map(|i| (16 + i, [i / 36, i / 6 % 6, i % 6].map(|level| LEVELS[usize::from(level)])));
    let greys = (0..24u8).map(|i| (232 + i, [8 + 10 * i; 3]));
    cube.chain(greys).min_by_key(|&(_, colour)| far(colour, rgb)).map_or(16, |(index, _)| index)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(size: [usize; 2], title: &str) -> ShownMap {
        let values = (0..size[0] * size[1]).map(|i| i as f32).collect();
        ShownMap { title: title.into(), size, values, greatest: (size[0] * size[1] - 1) as f32, grey: true }
    }

    /// What is seen, without escape codes.
    fn seen(text: &str) -> Vec<String> {
        let visible = |line: &str| -> String {
            let parts = line.split('\x1b').enumerate().map(|(i, part)| match i {
                0 => part,
                _ => part.split_once('m').map_or("", |(_, rest)| rest),
            });
            parts.collect()
        };
        text.lines().map(|line| visible(line).trim_end().to_string()).collect()
    }

    #[test]
    fn two_rows_are_one_line() {
        let one = ShownMap { grey: true, ..map([3, 2], "1") };
        let text = shown_maps(&[one], MapColours::True, 80, false);
        assert_eq!(seen(&text), ["1", "▀▀", "▀▀"]);
        let first = text.lines().nth(1).unwrap_or_default();
        assert!(first.starts_with("\x1b[38;2;0;0;0m\x1b[48;2;102;102;102m▀"), "{first:?}");
        // An odd last row has nothing behind it.
        let last = text.lines().nth(2).unwrap_or_default();
        assert!(last.starts_with("\x1b[38;2;204;204;204m\x1b[49m▀") && last.ends_with("\x1b[0m"), "{last:?}");
    }

    #[test]
    fn maps_fit_the_width() {
        let maps: Vec<ShownMap> = (1..=6).map(|i| map([4, 10], &i.to_string())).collect();
        for (width, first_line, lines) in [(65, false, 3), (64, false, 6), (21, false, 9), (21, true, 3), (9, false, 1)]
        {
            let seen = seen(&shown_maps(&maps, MapColours::Indexed, width, first_line));
            assert_eq!(seen.len(), lines, "{width}: {seen:#?}");
            assert!(seen.iter().all(|line| line.chars().count() <= usize::from(width)), "{width}: {seen:#?}");
        }
    }

    #[test]
    fn colours_are_the_nearest_of_256() {
        assert_eq!(
            [[0, 0, 0], [255, 255, 255], [255, 0, 0], [128, 128, 128], [90, 130, 180]].map(indexed),
            [16, 231, 196, 244, 67]
        );
        let bad = ShownMap { values: vec![f32::NAN], ..map([1, 1], "x") };
        assert!(shown_maps(&[bad], MapColours::Indexed, 80, false).contains("\x1b[38;5;196m"));
    }
}
