//! The curve of validation accuracy that grows while a run trains.

use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Style};
use ratatui_core::symbols::Marker;
use ratatui_core::text::Span;
use ratatui_core::widgets::Widget;
use ratatui_widgets::chart::{Axis, Chart, Dataset, GraphType};

use crate::model::Configuration;
use crate::record::EpochRow;

/// The least room for a curve that tells anything.
const LEAST: [u16; 2] = [48, 8];
/// Columns for the names at the ends of the lines, at most.
const NAMES: u16 = 20;
/// Rows below the lines: the axis and its labels.
const BELOW: u16 = 2;
/// Colours of the lines, which every terminal has.
const COLOURS: [Color; 6] = [Color::Cyan, Color::Yellow, Color::Green, Color::Magenta, Color::Blue, Color::Red];

/// A line of the curve: the mean over the seeds after each epoch.
struct AccuracyLine {
    configuration: Configuration,
    points: Vec<(f64, f64)>,
}

/// Validation accuracy after each epoch by configuration, `width` columns and `height` rows, with escape codes where
/// `colour` is set. Lines are named where they end. `None` where there is no room, or nothing that makes a curve: a run of
/// one epoch is a point.
pub fn live_curve(rows: &[EpochRow], epochs: u32, [width, height]: [u16; 2], colour: bool) -> Option<String> {
    let lines = lines(rows);
    if width < LEAST[0] || height < LEAST[1] || epochs < 2 || lines.is_empty() {
        return None;
    }
    let values = || lines.iter().flat_map(|line| &line.points).map(|&(_, accuracy)| accuracy);
    let (low, high) = range(values().fold(1.0, f64::min), values().fold(0.0, f64::max));
    let names: Vec<String> = lines.iter().map(|line| cut(&line.configuration.to_string(), NAMES)).collect();
    let beside = names.iter().map(|name| name.chars().count() as u16).max().unwrap_or(0) + 1;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let style = |i: usize| if colour { Style::new().fg(COLOURS[i % COLOURS.len()]) } else { Style::new() };
    let line = |(i, line): (usize, &AccuracyLine)| {
        let data = Dataset::default().data(&[]).marker(Marker::Braille).graph_type(GraphType::Line);
        (data, line.points.clone(), style(i))
    };
    let drawn: Vec<_> = lines.iter().enumerate().map(line).collect();
    let datasets = drawn.iter().map(|(data, points, style)| data.clone().data(points).style(*style)).collect();
    let percent = |share: f64| Span::raw(format!("{:.0} %", 100.0 * share));
    let first = format!("epoch {}", 1);
    Chart::new(datasets)
        .x_axis(
            Axis::default().bounds([1.0, f64::from(epochs)]).labels([Span::raw(first), Span::raw(epochs.to_string())]),
        )
        .y_axis(Axis::default().bounds([low, high]).labels([percent(low), percent((low + high) / 2.0), percent(high)]))
        .legend_position(None)
        .render(Rect::new(0, 0, width - beside, height), &mut buffer);
    let rows = height - BELOW;
    let wanted = |line: &AccuracyLine| {
        let last = line.points.last().map_or(low, |point| point.1);
        ((high - last) / (high - low) * f64::from(rows - 1)).round() as u16
    };
    for (place, row) in spread_out(&lines.iter().map(wanted).collect::<Vec<_>>(), rows) {
        buffer.set_string(width - beside + 1, row, &names[place], style(place));
    }
    Some(text(&buffer))
}

/// By configuration in the order in which they begin; what diverged has no points.
fn lines(rows: &[EpochRow]) -> Vec<AccuracyLine> {
    let mut lines: Vec<AccuracyLine> = Vec::new();
    let trained = rows.iter().filter(|row| row.epoch > 0 && row.val_accuracy.is_finite() && !row.diverged());
    for row in trained.clone() {
        let configuration = row.model.configuration;
        if lines.iter().any(|line| line.configuration == configuration) {
            continue;
        }
        let of: Vec<&EpochRow> = trained.clone().filter(|row| row.model.configuration == configuration).collect();
        let mut epochs: Vec<u32> = of.iter().map(|row| row.epoch).collect();
        epochs.sort_unstable();
        epochs.dedup();
        let mean = |epoch: u32| {
            let all: Vec<f64> = of.iter().filter(|row| row.epoch == epoch).map(|row| row.val_accuracy).collect();
            (f64::from(epoch), all.iter().sum::<f64>() / all.len() as f64)
        };
        lines.push(AccuracyLine { configuration, points: epochs.into_iter().map(mean).collect() });
    }
    lines
}

/// Whole per cents around the values, an even number of them, so that the middle has a whole one too.
fn range(low: f64, high: f64) -> (f64, f64) {
    let low = ((100.0 * low).floor() as i32).clamp(0, 98);
    let high = ((100.0 * high).ceil() as i32).clamp(low + 1, 100);
    let high = high + (high - low) % 2;
    let (low, high) = if high > 100 { (low - 1, high - 1) } else { (low, high) };
    (f64::from(low) / 100.0, f64::from(high) / 100.0)
}

/// The position of each name and its row: near to the wanted one, no two on the same. Names that do not fit are left out.
fn spread_out(wanted: &[u16], rows: u16) -> Vec<(usize, u16)> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|&place| wanted[place]);
    order.truncate(usize::from(rows));
    let mut placed: Vec<(usize, u16)> = Vec::new();
    let mut next = 0;
    for (i, &place) in order.iter().enumerate() {
        // Those that follow need a row each.
        let last = rows - (order.len() - i) as u16;
        let row = wanted[place].max(next).min(last);
        placed.push((place, row));
        next = row + 1;
    }
    placed
}

/// A name in at most so many characters.
fn cut(name: &str, most: u16) -> String {
    match name.chars().count() > usize::from(most) {
        true => name.chars().take(usize::from(most) - 1).chain(['…']).collect(),
        false => name.into(),
    }
}

/// The cells as lines, with escape codes for their colours.
fn text(buffer: &Buffer) -> String {
    let Rect { width, height, .. } = buffer.area;
    let mut lines = Vec::new();
    for y in 0..height {
        let row = (0..width).map(|x| &buffer[(x, y)]);
        let shown = row.clone().rposition(|cell| cell.symbol() != " ").map_or(0, |last| last + 1);
        let (mut line, mut colour) = (String::new(), Color::Reset);
        for cell in row.take(shown) {
            if cell.fg != colour && cell.symbol() != " " {
                colour = cell.fg;
                line += code(colour);
            }
            line += cell.symbol();
        }
        if colour != Color::Reset {
            line += code(Color::Reset);
        }
        lines.push(line);
    }
    lines.join("\n")
}

fn code(colour: Color) -> &'static str {
    match colour {
        Color::Red => "\x1b[31m",
        Color::Green => "\x1b[32m",
        Color::Yellow => "\x1b[33m",
        Color::Blue => "\x1b[34m",
        Color::Magenta => "\x1b[35m",
        Color::Cyan => "\x1b[36m",
        _ => "\x1b[0m",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ModelId;

    fn row(place: usize, seed: u64, epoch: u32, val_accuracy: f64) -> EpochRow {
        let model = ModelId { configuration: Configuration::TUTORIAL[place], seed };
        EpochRow { model, epoch, train_loss: 0.1, train_accuracy: 0.9, val_loss: 0.1, val_accuracy, seconds: 1.0 }
    }

    fn four() -> Vec<EpochRow> {
        let accuracies = [[0.98, 0.985, 0.99], [0.96, 0.97, 0.98], [0.98, 0.986, 0.99], [0.95, 0.96, 0.967]];
        let all = accuracies
            .iter()
            .enumerate()
            .flat_map(|(place, of)| (1..).zip(of).map(move |(epoch, &accuracy)| row(place, 0, epoch, accuracy)));
        all.collect()
    }

    fn is_braille(c: char) -> bool {
        ('\u{2801}'..='\u{28ff}').contains(&c)
    }

    #[test]
    fn lines_are_drawn_and_named_where_they_end() {
        let text = live_curve(&four(), 3, [80, 12], false).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 12, "{text}");
        assert!(!text.contains('\x1b') && lines.iter().all(|line| line.chars().count() <= 80), "{text}");
        for configuration in Configuration::TUTORIAL {
            let named: Vec<&&str> = lines.iter().filter(|line| line.ends_with(&configuration.to_string())).collect();
            assert_eq!(named.len(), 1, "{configuration}\n{text}");
        }
        let at = |name: &str| lines.iter().position(|line| line.ends_with(name)).unwrap();
        assert!(at("stride 1, same") < at("stride 2, same") && at("stride 2, same") < at("stride 2, valid"), "{text}");
        assert!(lines[0].contains("99 %") && lines[9].contains("95 %"), "{text}");
        assert!(text.contains("epoch 1") && text.chars().any(is_braille), "{text}");
    }

    #[test]
    fn a_line_goes_up_where_accuracy_does() {
        let rows: Vec<EpochRow> = (1..=10).map(|epoch| row(0, 0, epoch, 0.9 + 0.009 * f64::from(epoch))).collect();
        let text = live_curve(&rows, 10, [60, 14], false).unwrap();
        let lines: Vec<Vec<char>> = text.lines().map(|line| line.chars().collect()).collect();
        let first = |column: usize| lines.iter().position(|line| line.get(column).copied().is_some_and(is_braille));
        assert!(first(8).unwrap() > first(24).unwrap() && first(24).unwrap() > first(42).unwrap(), "{text}");
    }

    #[test]
    fn seeds_are_averaged_and_what_diverged_is_left_out() {
        let of = lines(&[
            row(1, 0, 1, 0.9),
            row(1, 1, 1, 0.8),
            row(1, 0, 2, 0.95),
            EpochRow { val_loss: f64::NAN, ..row(0, 0, 1, 0.1) },
        ]);
        let [only] = &of[..] else { panic!() };
        assert_eq!(only.configuration, Configuration::TUTORIAL[1]);
        assert!((only.points[0].1 - 0.85).abs() < 1e-12 && only.points[1] == (2.0, 0.95), "{:?}", only.points);
    }

    #[test]
    fn colours_begin_and_end() {
        let text = live_curve(&four(), 3, [80, 12], true).unwrap();
        for line in text.lines().filter(|line| line.contains('\x1b')) {
            assert!(line.ends_with("\x1b[0m"), "{line:?}");
        }
        assert!(text.contains("\x1b[36m") && text.contains("\x1b[35m"), "{text:?}");
    }

    #[test]
    fn without_room_or_epochs_there_is_no_curve() {
        for (epochs, size) in [(1, [80, 12]), (3, [47, 12]), (3, [80, 7])] {
            assert_eq!(live_curve(&four(), epochs, size, false), None);
        }
        assert_eq!(live_curve(&[], 3, [80, 12], false), None);
        for size in [[48, 8], [49, 9], [400, 100]] {
            assert!(live_curve(&four(), 3, size, true).is_some());
        }
    }

    #[test]
    fn names_keep_apart_and_in_order() {
        assert_eq!(spread_out(&[5, 5, 0, 9, 9], 10), [(2, 0), (0, 5), (1, 6), (3, 8), (4, 9)]);
        assert_eq!(spread_out(&[0, 0, 0], 2), [(0, 0), (1, 1)]);
        assert_eq!(range(0.9497, 0.9901), (0.94, 1.0));
        assert_eq!((range(1.0, 1.0), range(0.0, 0.0)), ((0.98, 1.0), (0.0, 0.02)));
    }
}
