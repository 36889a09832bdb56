//! Columns of text, rendered as one table.

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentLineStyle, LineStyle, Table, TableStyle};

/// Aligned columns, with one rule below the header.
const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none())
    .header_separator(LineStyle::none().fill('─').junction('─'))
    .content_lines(ContentLineStyle::none());

/// A column of a table.
pub(super) struct TableColumn {
    /// One or two lines.
    pub(super) header: String,
    /// Its cells, from the first row to the last.
    pub(super) cells: Vec<String>,
    /// Which cells are marked as the best of the column: green with colour, with a star without.
    pub(super) best: Vec<bool>,
    /// Whether the text is aligned at the left; numbers are aligned at the right.
    pub(super) left: bool,
    /// Whether the numbers were measured in training.
    pub(super) measured: bool,
}

impl TableColumn {
    pub(super) fn text(header: &str, cells: Vec<String>) -> TableColumn {
        TableColumn { left: true, ..TableColumn::numbers(header, cells) }
    }

    pub(super) fn numbers(header: &str, cells: Vec<String>) -> TableColumn {
        let best = vec![false; cells.len()];
        TableColumn { header: header.into(), cells, best, left: false, measured: false }
    }

    fn alignment(&self) -> CellAlignment {
        if self.left { CellAlignment::Left } else { CellAlignment::Right }
    }
}

/// The table as text, with escape codes where `colour` is set.
pub(super) fn render(columns: &[TableColumn], colour: bool) -> String {
    let mut table = Table::new();
    table.load_style(STYLE).force_no_tty();
    table.style_text_only();
    if colour {
        table.enforce_styling();
    }
    // A star has a character of its own after the number, so that digits stay aligned.
    let starred = |column: &TableColumn| !colour && column.best.contains(&true);
    table.set_header(columns.iter().map(|column| {
        let star = if starred(column) { " " } else { "" };
        let lines: Vec<String> = column.header.lines().map(|line| format!("{line}{star}")).collect();
        let cell = Cell::new(lines.join("\n")).set_alignment(column.alignment());
        if colour { cell.add_attribute(Attribute::Bold) } else { cell }
    }));
    let rows = columns.iter().map(|column| column.cells.len()).max().unwrap_or(0);
    for row in 0..rows {
        table.add_row(columns.iter().map(|column| {
            let text = &column.cells[row];
            let best = column.best[row];
            let star = match (starred(column), best) {
                (true, true) => "*",
                (true, false) => " ",
                (false, _) => "",
            };
            let cell = Cell::new(format!("{text}{star}")).set_alignment(column.alignment());
            if best && colour { cell.fg(Color::DarkGreen).add_attribute(Attribute::Bold) } else { cell }
        }));
    }
    for (drawn, column) in table.column_iter_mut().zip(columns) {
        // comfy-table adds a space of its own after each column. The star's character stands for the other one.
        drawn.set_padding((0, if starred(column) { 0 } else { 1 }));
    }
    table.trim_fmt()
}

/// Whether the table fits within `width` characters.
pub(super) fn fits(columns: &[TableColumn], width: u16) -> bool {
    let table = render(columns, false);
    let widest = table.lines().map(|line| line.chars().count()).max().unwrap_or(0);
    widest <= usize::from(width)
}

/// A heading above a table or a block of output: bold where the terminal takes `colour`.
pub fn heading(text: &str, colour: bool) -> String {
    if colour { format!("\x1b[1m{text}\x1b[0m") } else { text.to_string() }
}
