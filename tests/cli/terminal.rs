//! What a terminal is shown: `script` of util-linux runs the command in a pseudo-terminal of a given size.

use std::process::{Command, Stdio};

use super::tool::{Place, TINY, last_of_each};

/// All that the command writes to a terminal of so many columns and rows.
#[track_caller]
pub(crate) fn seen(place: &Place, [columns, rows]: [u16; 2], variables: &[(&str, &str)], arguments: &str) -> String {
    let program = env!("CARGO_BIN_EXE_stridelab");
    let arguments = last_of_each(arguments).join(" ");
    let line = format!("stty cols {columns} rows {rows}; exec '{program}' {arguments}");
    let mut command = Command::new("script");
    command
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(place.at(""))
        .stdin(Stdio::null());
    for name in ["RUST_LOG", "NO_COLOR", "COLORTERM", "COLUMNS"] {
        command.env_remove(name);
    }
    let output = command.env("TERM", "xterm").envs(variables.iter().copied()).output();
    let output = output.expect("script, of util-linux, gives a test its terminal");
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n")
}

/// The text without escape codes. What a carriage return overwrites stays.
pub(crate) fn visible(text: &str) -> String {
    let mut parts = text.split('\x1b');
    let mut visible = parts.next().unwrap_or_default().to_string();
    for part in parts {
        let end = part.find(|c: char| c.is_ascii_alphabetic()).map_or(part.len(), |end| end + 1);
        visible += &part[end..];
    }
    visible
}

fn is_braille(c: char) -> bool {
    ('\u{2801}'..='\u{28ff}').contains(&c)
}

/// Lines between line feeds and carriage returns: what stands on the terminal at some moment.
fn lines(text: &str) -> Vec<String> {
    visible(text).split(['\n', '\r']).map(String::from).collect()
}

#[test]
fn a_curve_grows_where_there_is_room() {
    let place = Place::new();
    let train = "--backend cpu --data data --stride 2 --epochs 3";
    let seen = seen(&place, [90, 40], &[], &format!("{train} --out wide"));
    assert!(seen.contains("epoch 1") && seen.chars().any(is_braille), "{seen:?}");
    // Every line of the curve is filled up to the terminal's width.
    let drawn: Vec<char> = lines(&seen)
        .into_iter()
        .filter(|line| line.contains('└'))
        .flat_map(|line| line.chars().collect::<Vec<_>>())
        .collect();
    let drawn: Vec<String> =
        drawn.chunks(90).map(|line| line.iter().collect::<String>().trim_end().to_string()).collect();
    assert!(drawn.iter().any(|line| line.contains('│') && line.ends_with("stride 2, same")), "{drawn:#?}");
    // Nothing of it stays below the table: the lines are taken away before the results.
    let results = visible(&seen);
    let results = results.rsplit_once("results in").unwrap().0.rsplit_once("valid.").unwrap().1;
    assert!(!results.chars().any(is_braille), "{results}");
    // A low or narrow terminal, and a single epoch, get the bar alone.
    for (size, arguments) in [([90, 12], train), ([44, 40], train), ([90, 40], TINY)] {
        let seen = super::terminal::seen(&place, size, &[], &format!("{arguments} --out other --force"));
        assert!(!seen.chars().any(is_braille), "{size:?}: {seen:?}");
    }
    let plain = super::terminal::seen(&place, [90, 40], &[("NO_COLOR", "1")], &format!("{train} --out plain"));
    assert!(plain.chars().any(is_braille) && !plain.contains("\x1b[3"), "{plain:?}");
}

#[test]
fn rows_of_epochs_fit_a_narrow_terminal() {
    let place = Place::new();
    for columns in [30, 38, 60] {
        let arguments = format!("{TINY} --seeds 9..10 --out run --force");
        let seen = seen(&place, [columns, 40], &[], &arguments);
        let lines = lines(&seen);
        let rows: Vec<&String> = lines.iter().filter(|line| line.contains(" 1/1 ") && !line.contains('%')).collect();
        assert_eq!(rows.len(), 2, "{columns}: {lines:#?}");
        for row in rows {
            assert!(row.chars().count() <= usize::from(columns) && row.contains("0."), "{columns}: {row:?}");
            assert!(row.contains("valid"), "{row:?}");
        }
    }
}
