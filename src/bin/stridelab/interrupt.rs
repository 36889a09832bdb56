//! Ctrl-C: the first asks to stop at a step boundary, the second kills.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use stridelab::{Error, Result};

use crate::terminal::end_at_once;

/// A request that follows another so soon is the same one: `timeout` and other programs that start programs send a
/// signal to the process and to its group.
const SAME: Duration = Duration::from_secs(1);

/// When it was first asked to stop.
static ASKED: OnceLock<Instant> = OnceLock::new();

/// Watches for Ctrl-C and a request to terminate; `notice` is called at the first.
///
/// # Errors
/// [`Error::Failure`] where the system refuses.
pub(crate) fn watch(notice: impl Fn() + Send + 'static) -> Result<()> {
    ctrlc::set_handler(move || match ASKED.get() {
        None => {
            ASKED.get_or_init(Instant::now);
            notice();
        }
        Some(first) if first.elapsed() < SAME => {}
        Some(_) => end_at_once(Error::Interrupted.exit_code()),
    })
    .map_err(|e| Error::failure(format!("cannot watch for Ctrl-C: {e}")))
}

/// Whether to stop.
pub(crate) fn asked() -> bool {
    ASKED.get().is_some()
}

/// Whether to stop, also what nearly always ends by itself within moments.
pub(crate) fn asked_long_ago() -> bool {
    ASKED.get().is_some_and(|asked| asked.elapsed() > 2 * SAME)
}

/// [`Error::Interrupted`] where it is asked to stop.
///
/// # Errors
/// That one.
pub(crate) fn check() -> Result<()> {
    if asked() { Err(Error::Interrupted) } else { Ok(()) }
}
