//! Ctrl-C: the first asks training to stop at a step boundary, the second kills; so does a driver that does not return.
//! Every other command ends at the first.

use std::fmt::Display;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use stridelab::error::one_line;
use stridelab::files::remove_temporary_files;
use stridelab::store::{Left, Leftovers, OutputDirectory};
use stridelab::{Error, Result, gpu};

use crate::memory::allocator::write_interrupted;
use crate::signals::ignore_hangup;
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

/// Where a command that ends at the first request writes.
static PLACE: Mutex<Option<Leftovers>> = Mutex::new(None);

/// Whether an interrupt is ending such a command.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Ends the process at the first Ctrl-C or request to terminate, with one line. Where the system refuses to watch, it
/// ends without one.
pub(crate) fn end_at_first() {
    let watched = set_handler(|| {
        ENDING.store(true, Ordering::SeqCst);
        // A pipe that nobody reads, or a file system that does not answer, is not waited for.
        let ending = || {
            std::thread::sleep(PATIENCE);
            end_at_once(Error::Interrupted.exit_code())
        };
        drop(std::thread::Builder::new().spawn(ending));
        let place = PLACE.lock().ok().and_then(|mut place| place.take());
        let left = place.map(Leftovers::clear);
        remove_temporary_files();
        say(&format!("error: interrupted: {}", told(left.as_ref())));
        end_at_once(Error::Interrupted.exit_code())
    });
    if let Err(e) = watched {
        log::debug!("cannot watch for Ctrl-C: {e}");
    }
}

/// What is made in `directory` before there are results goes again at an interrupt.
pub(crate) fn clears(directory: OutputDirectory) -> OutputDirectory {
    if let Ok(mut place) = PLACE.lock() {
        *place = Some(directory.leftovers());
    }
    directory
}

/// Waits for the end of a process that an interrupt ends: it has said all.
pub(crate) fn leave_to_end() {
    while ENDING.load(Ordering::SeqCst) {
        std::thread::park();
    }
}

fn told(left: Option<&Left>) -> String {
    match left {
        None => "the command was not done; give it again".into(),
        Some(Left::Nothing) => "nothing was written".into(),
        Some(Left::Incomplete(path)) => {
            let place = one_line(path.display());
            format!("not all files of this command are in {place}; give it again with --force")
        }
        Some(Left::Whole(path)) => format!("all files in {} are whole", one_line(path.display())),
    }
}

/// Watches for Ctrl-C and a request to terminate; `notice` is called at the first.
///
/// # Errors
/// [`Error::Failure`] where the system refuses.
pub(crate) fn watch(notice: impl Fn() + Send + 'static) -> Result<()> {
    let failed = |e: &dyn Display| Error::failure(format!("cannot watch for Ctrl-C: {e}"));
    // It starts now: there may be no memory for it later.
    let watcher = std::thread::Builder::new().spawn(end_in_silence).map_err(|e| failed(&e))?;
    set_handler(move || match ASKED.get() {
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

/// As [`ctrlc::set_handler`], but what `nohup` has asked to be ignored stays so.
fn set_handler(handler: impl FnMut() + Send + 'static) -> std::result::Result<(), ctrlc::Error> {
    let ignored = ignore_hangup();
    let set = ctrlc::set_handler(handler);
    if ignored {
        ignore_hangup();
    }
    set
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
