//! Ctrl-C: the first asks to stop at a step boundary, the second kills.

use std::sync::atomic::{AtomicBool, Ordering};

use stridelab::{Error, Result};

static ASKED: AtomicBool = AtomicBool::new(false);

/// Watches for Ctrl-C and a request to terminate; `notice` is called at the first.
///
/// # Errors
/// [`Error::Failure`] where the system refuses.
pub(crate) fn watch(notice: impl Fn() + Send + 'static) -> Result<()> {
    ctrlc::set_handler(move || {
        if ASKED.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Error::Interrupted.exit_code()));
        }
        notice();
    })
    .map_err(|e| Error::failure(format!("cannot watch for Ctrl-C: {e}")))
}

/// Whether to stop.
pub(crate) fn asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// [`Error::Interrupted`] where it is asked to stop.
///
/// # Errors
/// That one.
pub(crate) fn check() -> Result<()> {
    if asked() { Err(Error::Interrupted) } else { Ok(()) }
}
