//! What a run prints as it goes on: a row for each epoch, on a terminal as a table that grows.

use crate::record::EpochRow;
use crate::report::numbers::{epoch_loss, seconds};

/// Between two columns.
const GAP: usize = 2;

/// A column of numbers.
struct EpochColumn {
    header: &'static str,
    /// The least width in which its usual cells are aligned.
    width: usize,
    /// Columns of a higher number go first where the terminal is narrow.
    leaves: u8,
    cell: fn(&EpochRow) -> String,
}

/// Characters of a share.
const SHARE: usize = 6;

fn share(accuracy: f64) -> String {
    format!("{accuracy:.4}")
}

const COLUMNS: [EpochColumn; 5] = [
    EpochColumn { header: "loss", width: 8, leaves: 2, cell: |row| epoch_loss(row.train_loss) },
    EpochColumn { header: "accuracy", width: 8, leaves: 4, cell: |row| share(row.train_accuracy) },
    EpochColumn { header: "valid. loss", width: 11, leaves: 3, cell: |row| epoch_loss(row.val_loss) },
    EpochColumn { header: "accuracy", width: 8, leaves: 0, cell: |row| share(row.val_accuracy) },
    EpochColumn { header: "seconds", width: 7, leaves: 1, cell: |row| seconds(row.seconds) },
];

/// A table of epochs that grows row by row, as wide as a terminal allows.
#[derive(Debug, Clone, Copy)]
pub struct EpochTable {
    /// Columns of the longest name.
    name: usize,
    /// Epochs of each model.
    epochs: u32,
    /// Columns of numbers that leave later than this one are shown.
    leaves: u8,
    /// Whether names are short, and cut where even that is too long: no row is wider than the terminal.
    short: bool,
}

/// The least characters of a name that is cut.
const LEAST_NAME: usize = 6;

impl EpochTable {
    /// For models whose names have at most `name` characters, of so many epochs, on a terminal of `width` columns.
    /// As many columns are left out as have to be; names, epochs and validation accuracies stay.
    pub fn new(name: usize, epochs: u32, width: u16) -> Self {
        let table = |leaves| EpochTable { name, epochs, leaves, short: false };
        let fits = |table: &EpochTable| table.heading().chars().count() <= usize::from(width);
        (1..=5).rev().map(table).find(fits).unwrap_or_else(|| {
            let short = EpochTable { name: 0, short: true, ..table(1) };
            let beside = short.heading().chars().count();
            let room = usize::from(width).saturating_sub(beside);
            EpochTable { name: room.clamp(LEAST_NAME, name.max(LEAST_NAME)), ..short }
        })
    }

    fn shown(&self) -> impl Iterator<Item = &'static EpochColumn> {
        let leaves = self.leaves;
        COLUMNS.iter().filter(move |column| column.leaves < leaves)
    }

    /// Columns of the epoch and the number of epochs.
    fn epoch_width(&self) -> usize {
        (2 * self.epochs.to_string().len() + 1).max("epoch".len())
    }

    fn line(&self, name: &str, epoch: &str, cells: impl Iterator<Item = (usize, String)>) -> String {
        let mut line =
            format!("{name:<width$}{:GAP$}{epoch:>epochs$}", "", width = self.name, epochs = self.epoch_width());
        for (width, cell) in cells {
            line += &format!("{:GAP$}{cell:>width$}", "");
        }
        line
    }

    /// The names of the columns.
    pub fn heading(&self) -> String {
        // Without the training accuracy beside it, "accuracy" alone would not say of what.
        let alone = self.leaves <= 4;
        let header = |column: &EpochColumn| match column.leaves {
            0 if self.short => "acc.",
            0 if alone => "valid. acc.",
            _ => column.header,
        };
        self.line("", "epoch", self.shown().map(|column| (self.width(column), header(column).to_string())))
    }

    fn width(&self, column: &EpochColumn) -> usize {
        match column.leaves {
            0 if self.short => SHARE,
            0 if self.leaves <= 4 => "valid. acc.".len(),
            _ => column.width,
        }
    }

    /// The row of an epoch.
    pub fn row(&self, name: &str, row: &EpochRow) -> String {
        let epoch = format!("{}/{}", row.epoch, self.epochs);
        let name = if self.short { shortened(name, self.name) } else { name.to_string() };
        self.line(&name, &epoch, self.shown().map(|column| (self.width(column), (column.cell)(row))))
    }
}

/// `stride 1, same, seed 12` as `1 same #12`, in at most so many characters.
fn shortened(name: &str, most: usize) -> String {
    let short = name.replace("stride ", "").replace("seed ", "#").replace(", ", " ");
    match short.chars().count() > most {
        true => short.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
        false => short,
    }
}

/// The same as a sentence, for a log; epoch 0 is the evaluation of the initial weights, which trains nothing.
pub fn epoch_line(name: &str, row: &EpochRow, epochs: u32) -> String {
    let (when, time) = match row.epoch {
        0 => ("initial weights".into(), String::new()),
        epoch => (format!("epoch {epoch}/{epochs}"), format!("; {} s", seconds(row.seconds))),
    };
    format!(
        "{name}, {when}: loss {}, accuracy {}; validation loss {}, accuracy {}{time}",
        epoch_loss(row.train_loss),
        share(row.train_accuracy),
        epoch_loss(row.val_loss),
        share(row.val_accuracy),
    )
}
