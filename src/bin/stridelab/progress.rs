//! Progress on stderr: a bar and a growing table on a terminal, one line an epoch elsewhere,
//! nothing when quiet.

use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use stridelab::model::Configuration;
use stridelab::record::EpochRow;
use stridelab::report::text;

use crate::terminal::{say, wants_colour};

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
}

impl Progress {
    /// For so many networks of so many seeds and epochs. A log shares stderr with no bar.
    pub(crate) fn new(quiet: bool, log: bool, networks: usize, seeds: usize, epochs: u32) -> Self {
        let bar = ProgressBar::hidden();
        if !quiet && !log && std::io::stderr().is_terminal() {
            let colour = if wants_colour() { ":.cyan/dim" } else { "" };
            let template = format!("{{msg}}  {{wide_bar{colour}}}  {{rate}}  {{left}}");
            let style = ProgressStyle::with_template(&template).map(|style| {
                style
                    .progress_chars("━╸─")
                    .with_key("rate", |s: &ProgressState, w: &mut dyn std::fmt::Write| {
                        _ = w.write_str(&rate(s.per_sec()))
                    })
                    .with_key("left", |s: &ProgressState, w: &mut dyn std::fmt::Write| _ = w.write_str(&left(s.eta())))
            });
            bar.set_style(style.expect("the template is sound"));
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
        }
        Progress { bar, quiet, networks, seeds, epochs, begun: 0, steps: 0, title: String::new() }
    }

    /// So many networks remain of those that were asked for.
    pub(crate) fn networks(&mut self, networks: usize) {
        self.networks = networks;
    }

    /// A network begins, or more seeds of it.
    pub(crate) fn start(&mut self, configuration: &Configuration, steps: usize, again: bool) {
        if self.begun == 0 && !self.bar.is_hidden() {
            let heading = "epoch      loss  accuracy   valid. loss  accuracy   seconds";
            let heading = format!("{:width$}   {heading}", "", width = self.name_width());
            self.line(&text::heading(&heading, wants_colour()));
        }
        self.begun += usize::from(!again);
        self.steps = steps;
        self.title = format!("[{}/{}] {configuration}", self.begun, self.networks);
        self.bar.set_length((steps as u64) * u64::from(self.epochs));
        self.bar.set_position(0);
        self.bar.reset();
        self.steps(1, 0);
    }

    /// So many steps of an epoch are done; after the last, validation follows.
    pub(crate) fn steps(&self, epoch: u32, done: usize) {
        if self.epochs == 0 {
            self.bar.set_message(format!("{}, evaluating the initial weights", self.title));
            return;
        }
        let validating = if done < self.steps { "" } else { ", validating" };
        self.bar.set_message(format!("{}, epoch {epoch}/{}{validating}", self.title, self.epochs));
        self.bar.set_position((self.steps as u64) * u64::from(epoch.saturating_sub(1)) + done as u64);
    }

    /// An epoch is done: a row under the terminal's heading, or a line that explains itself.
    pub(crate) fn epoch(&self, row: &EpochRow) {
        let name = if self.seeds > 1 { row.model.to_string() } else { row.model.configuration.to_string() };
        let EpochRow { epoch, train_loss, train_accuracy, val_loss, val_accuracy, .. } = row;
        let epochs = self.epochs;
        let seconds = format!("{:.*}", if row.seconds < 10.0 { 2 } else { 1 }, row.seconds);
        if self.bar.is_hidden() && *epoch == 0 {
            self.line(&format!(
                "{name}, initial weights: loss {train_loss:.4}, accuracy {train_accuracy:.4}; \
                 validation loss {val_loss:.4}, accuracy {val_accuracy:.4}"
            ));
            return;
        }
        if self.bar.is_hidden() {
            self.line(&format!(
                "{name}, epoch {epoch}/{epochs}: loss {train_loss:.4}, accuracy {train_accuracy:.4}; \
                 validation loss {val_loss:.4}, accuracy {val_accuracy:.4}; {seconds} s"
            ));
            return;
        }
        let epoch = format!("{epoch}/{epochs}");
        self.line(&format!(
            "{name:<width$} {epoch:>7} {train_loss:>9.4} {train_accuracy:>9.4} {val_loss:>13.4} {val_accuracy:>9.4} {seconds:>9}",
            width = self.name_width()
        ));
    }

    /// Columns of `stride 1, valid`, and of a seed where there are several.
    fn name_width(&self) -> usize {
        if self.seeds > 1 { 24 } else { 15 }
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

fn rate(steps_per_second: f64) -> String {
    match steps_per_second {
        r if !r.is_finite() || r <= 0.0 => "–".into(),
        ..10.0 => format!("{steps_per_second:.1} steps/s"),
        _ => format!("{steps_per_second:.0} steps/s"),
    }
}

fn left(time: Duration) -> String {
    match time.as_secs() {
        0 => String::new(),
        s @ 1..60 => format!("{s} s left"),
        s @ 60..3600 => format!("{}:{:02} min left", s / 60, s % 60),
        s => format!("{}:{:02} h left", s / 3600, s / 60 % 60),
    }
}
