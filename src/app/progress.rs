//! Progress on stderr: a bar on a terminal, one line an epoch elsewhere, nothing when quiet.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use stridelab::network::Configuration;

use super::say;

/// Tells how training goes.
pub struct Progress {
    bar: ProgressBar,
    quiet: bool,
    steps: usize,
    title: String,
    epochs: u32,
}

impl Progress {
    /// For `networks` networks of `epochs` epochs.
    pub fn new(quiet: bool, epochs: u32) -> Self {
        let bar = ProgressBar::hidden();
        if !quiet && std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(10));
            let style =
                ProgressStyle::with_template("{msg} {bar:30.cyan/dim} {pos}/{len} steps, {per_sec}, {eta} left");
            if let Ok(style) = style {
                bar.set_style(style.progress_chars("━╸─"));
            }
        }
        Progress { bar, quiet, steps: 0, title: String::new(), epochs }
    }

    /// A network begins.
    pub fn start(&mut self, configuration: &Configuration, steps: usize) {
        self.steps = steps;
        self.title = configuration.to_string();
        self.bar.reset();
        self.bar.set_length((steps as u64) * u64::from(self.epochs));
        self.bar.set_position(0);
        self.bar.set_message(self.title.clone());
    }

    /// So many steps of an epoch are done.
    pub fn steps(&self, epoch: u32, done: usize) {
        self.bar.set_position((self.steps as u64) * u64::from(epoch - 1) + done as u64);
        self.bar.set_message(format!("{}, epoch {epoch}/{}", self.title, self.epochs));
    }

    /// A line that stays.
    pub fn line(&self, text: &str) {
        if !self.quiet {
            self.bar.suspend(|| say(text));
        }
    }

    /// Removes the bar.
    pub fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
