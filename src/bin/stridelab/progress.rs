//! Progress on stderr: a bar, a curve where there is room, and a growing table on a terminal, one line an epoch
//! elsewhere, nothing when quiet.
//!
//! Bar and curve are drawn and taken away by indicatif, which leaves nothing behind on a terminal, however the run ends:
//! no mode of the terminal is changed and its cursor stays where it is.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use stridelab::model::{Configuration, ModelId};
use stridelab::record::EpochRow;
use stridelab::report::text::{self, EpochTable};

use crate::terminal::{say, stderr_size, wants_colour};

/// Rows of the curve, at most, and rows that are left to the table above it, at least.
const CURVE: [u16; 2] = [14, 10];
/// A bar that tells its rate and what is left needs so many columns.
const WHOLE_BAR: u16 = 72;

/// Tells how training goes. Clones speak for the same run.
#[derive(Clone)]
pub(crate) struct Progress {
    /// Hidden unless on a terminal.
    bar: ProgressBar,
    quiet: bool,
    networks: usize,
    seeds: usize,
    epochs: u32,
    /// Networks begun.
    begun: usize,
    /// Steps an epoch of the present one.
    steps: usize,
    title: String,
    /// Characters of the longest name in a row.
    name_width: usize,
    /// The table on a terminal, once it has begun.
    table: Option<EpochTable>,
    /// What the curve shows.
    rows: Vec<EpochRow>,
    /// The terminal's columns and rows for which the bar and the curve are laid out.
    size: [u16; 2],
}

impl Progress {
    /// For every network with every seed, so many epochs each. A log shares stderr with no bar.
    pub(crate) fn new(quiet: bool, log: bool, networks: &[Configuration], seeds: &[u64], epochs: u32) -> Self {
        let bar = ProgressBar::hidden();
        if !quiet && !log && std::io::stderr().is_terminal() {
            bar.set_style(style(stderr_size()[0], false));
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        let models =
            networks.iter().flat_map(|&configuration| seeds.iter().map(move |&seed| ModelId { configuration, seed }));
        let names = models.map(|model| row_name(model, seeds.len()).chars().count());
        Progress {
            bar,
            quiet,
            networks: networks.len(),
            seeds: seeds.len(),
            epochs,
            begun: 0,
            steps: 0,
            title: String::new(),
            name_width: names.max().unwrap_or(0),
            table: None,
            rows: Vec::new(),
            size: [0; 2],
        }
    }

    /// Epochs of an earlier sitting, which the curve shows as well.
    pub(crate) fn recall(&mut self, rows: &[EpochRow]) {
        self.rows.extend_from_slice(rows);
    }

    /// So many networks remain of those that were asked for.
    pub(crate) fn networks(&mut self, networks: usize) {
        self.networks = networks;
    }

    /// So many networks have begun in an earlier sitting.
    pub(crate) fn begun(&mut self, networks: usize) {
        self.begun = networks;
    }

    /// A network begins, or more seeds of it.
    pub(crate) fn start(&mut self, configuration: &Configuration, steps: usize, again: bool) {
        if self.begun == 0 && !self.bar.is_hidden() {
            let table = EpochTable::new(self.name_width, self.epochs, stderr_size()[0]);
            self.line(&text::heading(&table.heading(), wants_colour()));
            self.table = Some(table);
        }
        self.begun += usize::from(!again);
        self.steps = steps;
        self.title = format!("[{}/{}] {configuration}", self.begun, self.networks);
        self.bar.set_length((steps as u64) * u64::from(self.epochs));
        self.bar.set_position(0);
        self.bar.reset();
        self.lay_out(false);
        self.steps(1, 0);
    }

    /// Lays the bar and the curve out for the terminal's size, where that has changed or `anew` says so.
    fn lay_out(&mut self, anew: bool) {
        let size = stderr_size();
        if self.bar.is_hidden() || (size == self.size && !anew) {
            return;
        }
        self.size = size;
        let height = CURVE[0].min(size[1].saturating_sub(CURVE[1]));
        // The last column stays free: some terminals begin a new line when it is written.
        let curve = text::live_curve(&self.rows, self.epochs, [size[0].saturating_sub(1), height], wants_colour());
        self.bar.set_style(style(size[0], curve.is_some()));
        self.bar.set_prefix(curve.unwrap_or_default());
    }

    /// So many steps of an epoch are done; after the last, validation follows.
    pub(crate) fn steps(&mut self, epoch: u32, done: usize) {
        self.lay_out(false);
        if self.epochs == 0 {
            self.bar.set_message(format!("{}, evaluating the initial weights", self.title));
            return;
        }
        let validating = if done < self.steps { "" } else { ", validating" };
        self.bar.set_message(format!("{}, epoch {epoch}/{}{validating}", self.title, self.epochs));
        self.bar.set_position((self.steps as u64) * u64::from(epoch.saturating_sub(1)) + done as u64);
    }

    /// An epoch is done: a row under the terminal's heading, or a line that explains itself.
    pub(crate) fn epoch(&mut self, row: &EpochRow) {
        let name = row_name(row.model, self.seeds);
        match self.table {
            Some(table) => self.line(&table.row(&name, row)),
            None => self.line(&text::epoch_line(&name, row, self.epochs)),
        }
        if self.table.is_some() {
            self.rows.push(row.clone());
            self.lay_out(true);
        }
    }

    /// A line that stays.
    pub(crate) fn line(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| say(text));
        }
    }

    /// Removes the bar, and sets off what follows on a terminal.
    pub(crate) fn finish(&self) {
        let drawn = !self.bar.is_hidden();
        self.bar.finish_and_clear();
        if drawn {
            say("");
        }
    }
}

/// The bar, below the curve where there is one. On a narrow terminal what does not fit is cut.
fn style(width: u16, curve: bool) -> ProgressStyle {
    let colour = if wants_colour() { ":.cyan/dim" } else { "" };
    let bar = match width {
        WHOLE_BAR.. => format!("{{msg}}  {{wide_bar{colour}}}  {{rate}}  {{left}}"),
        _ => "{percent:>3} %  {wide_msg}".into(),
    };
    let template = if curve { format!("{{prefix}}\n{bar}") } else { bar };
    let style = ProgressStyle::with_template(&template).map(|style| {
        style
            .progress_chars("━╸─")
            .with_key("rate", |s: &ProgressState, w: &mut dyn std::fmt::Write| _ = w.write_str(&rate(s.per_sec())))
            .with_key("left", |s: &ProgressState, w: &mut dyn std::fmt::Write| _ = w.write_str(&left(s.eta())))
    });
    style.expect("the template is sound")
}

/// The name of a model in a row: with its seed where there are several.
fn row_name(model: ModelId, seeds: usize) -> String {
    if seeds > 1 { model.to_string() } else { model.configuration.to_string() }
}

fn rate(steps_per_second: f64) -> String {
    match steps_per_second {
        r if !r.is_finite() || r <= 0.0 => "–".into(),
        ..1.0 => format!("{:.1} s a step", 1.0 / steps_per_second),
        ..10.0 => format!("{steps_per_second:.1} steps/s"),
        _ => format!("{steps_per_second:.0} steps/s"),
    }
}

fn left(time: Duration) -> String {
    match time.as_secs() {
        0 => String::new(),
        s @ 1..60 => format!("{s} s left"),
        s @ 60..3600 => format!("{} min {:02} s left", s / 60, s % 60),
        s => format!("{} h {:02} min left", s / 3600, s / 60 % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_has_a_unit_for_each_number() {
        let of = |seconds| left(Duration::from_secs(seconds));
        assert_eq!([0, 59, 60, 111].map(of), ["", "59 s left", "1 min 00 s left", "1 min 51 s left"]);
        assert_eq!([3599, 3600, 7500].map(of), ["59 min 59 s left", "1 h 00 min left", "2 h 05 min left"]);
    }

    #[test]
    fn a_slow_rate_is_not_zero() {
        assert_eq!([0.0, 0.02, 2.5, 1234.5].map(rate), ["–", "50.0 s a step", "2.5 steps/s", "1234 steps/s"]);
    }
}
