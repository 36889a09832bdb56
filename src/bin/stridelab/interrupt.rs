//! Ctrl-C: the first asks to stop at a step boundary, the second kills; so does a driver that does not return.

use std::fmt::Display;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use stridelab::{Error, Result, gpu};

use crate::memory::allocator::write_interrupted;
use crate::terminal::{end_at_once, say};

/// A request that follows another so soon is the same one: `timeout` and other programs that start programs send a
/// signal to the process and to its group.
const SAME: Duration = Duration::from_secs(1);

/// How long a GPU's driver may be in one call, once it is asked to stop.
const PATIENCE: Duration = Duration::from_secs(4);

/// How long a GPU may still be at work on what is drawn of an interrupted run.
const FINISHING: Duration = Duration::from_secs(20);

/// When it was first asked to stop.
static ASKED: OnceLock<Instant> = OnceLock::new();

/// When the run began to draw what it has.
static FINISHED: OnceLock<Instant> = OnceLock::new();

/// Watches for Ctrl-C and a request to terminate; `notice` is called at the first.
///
/// # Errors
/// [`Error::Failure`] where the system refuses.
pub(crate) fn watch(notice: impl Fn() + Send + 'static) -> Result<()> {
    let failed = |e: &dyn Display| Error::failure(format!("cannot watch for Ctrl-C: {e}"));
    // It starts now: there may be no memory for it later.
    let watcher = std::thread::Builder::new().spawn(end_in_silence).map_err(|e| failed(&e))?;
    ctrlc::set_handler(move || match ASKED.get() {
        None => {
            ASKED.get_or_init(Instant::now);
            watcher.thread().unpark();
            notice();
        }
        Some(first) if first.elapsed() < SAME => {}
        Some(_) => {
            write_interrupted();
            end_at_once(Error::Interrupted.exit_code())
        }
    })
    .map_err(|e| failed(&e))
}

/// Once it is asked to stop, ends the process where a call of the driver does not return. Nothing else can: whoever
/// called it waits.
fn end_in_silence() {
    let asked = loop {
        match ASKED.get() {
            Some(asked) => break asked,
            None => std::thread::park(),
        }
    };
    while asked.elapsed() < PATIENCE || gpu::silent_for() < PATIENCE {
        std::thread::sleep(Duration::from_millis(100));
    }
    write_interrupted();
    say(&format!("error: {}", Error::Interrupted));
    end_at_once(Error::Interrupted.exit_code());
}

/// The run has stopped, and draws what it has.
pub(crate) fn finish() {
    FINISHED.get_or_init(Instant::now);
}

/// Whether a GPU is to stop: as [`asked`], but for a while after [`finish`].
pub(crate) fn stops_gpu() -> bool {
    asked() && FINISHED.get().is_none_or(|since| since.elapsed() > FINISHING)
}

/// Whether to stop.
pub(crate) fn asked() -> bool {
    ASKED.get().is_some()
}

/// [`Error::Interrupted`] where it is asked to stop.
///
/// # Errors
/// That one.
pub(crate) fn check() -> Result<()> {
    if asked() { Err(Error::Interrupted) } else { Ok(()) }
}
