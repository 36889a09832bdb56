//! Tables for the terminal.

mod bench;
mod network;
mod run;

pub use bench::{comparison_table, cost_tables};
pub use network::describe_table;
pub use run::{RunRow, run_table};

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentLineStyle, LineStyle, Table, TableStyle};

/// Numbers in aligned columns with one rule below the header.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(ContentLineStyle::none());

/// A column with its cells; those in `best` are marked.
struct Column {
    header: String,
    cells: Vec<String>,
    best: Vec<bool>,
    left: bool,
    /// Whether its numbers come from training.
    measured: bool,
}

impl Column {
    fn text(header: &str, cells: Vec<String>) -> Column {
        Column { left: true, ..Column::numbers(header, cells) }
    }

    fn numbers(header: &str, cells: Vec<String>) -> Column {
        Column { header: header.into(), best: vec![false; cells.len()], cells, left: false, measured: false }
    }
}

fn render(columns: &[Column], colour: bool) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).force_no_tty();
    table.style_text_only();
    if colour {
        table.enforce_styling();
    }
    let align = |column: &Column| if column.left { CellAlignment::Left } else { CellAlignment::Right };
    let starred = |column: &Column| !colour && column.best.contains(&true);
    table.set_header(columns.iter().map(|column| {
        let pad = if starred(column) { " " } else { "" };
        let header: Vec<String> = column.header.lines().map(|line| format!("{line}{pad}")).collect();
        let cell = Cell::new(header.join("\n")).set_alignment(align(column));
        if colour { cell.add_attribute(Attribute::Bold) } else { cell }
    }));
    for row in 0..columns.iter().map(|c| c.cells.len()).max().unwrap_or(0) {
        table.add_row(columns.iter().map(|column| {
            let (text, best) = (&column.cells[row], column.best[row]);
            // The star has a column of its own, so that digits stay aligned.
            let star = match (starred(column), best) {
                (true, true) => "*",
                (true, false) => " ",
                (false, _) => "",
            };
            let cell = Cell::new(format!("{text}{star}")).set_alignment(align(column));
            if best && colour { cell.fg(Color::DarkGreen).add_attribute(Attribute::Bold) } else { cell }
        }));
    }
    for (drawn, column) in table.column_iter_mut().zip(columns) {
        // comfy-table adds one more; a star stands in the gap after its column.
        drawn.set_padding((0, if starred(column) { 0 } else { 1 }));
    }
    table.trim_fmt()
}

/// Width of the widest line, in characters; of a table without colours.
fn width_of(text: &str) -> usize {
    text.lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// `421642` as `421,642`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Thousands grouped, `decimals` after the point; what is not finite as it is.
fn decimal(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let (whole, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    whole.parse().map_or(text.clone(), |whole| format!("{}{rest}", grouped(whole)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1000, 4_241_152].map(grouped), ["0", "999", "1,000", "4,241,152"]);
        assert_eq!(decimal(12_345.678, 1), "12,345.7");
        assert_eq!(decimal(f64::NAN, 2), "NaN");
    }
}
