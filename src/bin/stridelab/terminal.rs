//! What goes to stdout and stderr, and what the terminal can show.

use std::io::{ErrorKind, IsTerminal, Write};

use stridelab::report::text::MapColours;
use stridelab::{Error, Result};

/// Prints to stdout; a reader that has gone away (`| head`) is no error.
pub(crate) fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => {
            Err(Error::failure(format!("cannot write to stdout: {e}")).advice("give it a place with room"))
        }
        _ => Ok(()),
    }
}

/// Prints a line to stderr; where even that fails there is nobody left to tell.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Whether stdout takes colour.
pub(crate) fn colour() -> bool {
    std::io::stdout().is_terminal() && wants_colour()
}

/// Whether the user wants colour on terminals: `NO_COLOR` is unset or empty, and the terminal is
/// no dumb one.
pub(crate) fn wants_colour() -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !no_color && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}

/// The colours that stdout shows for maps: any where the terminal says so, else 256; none where there are no colours.
pub(crate) fn map_colours() -> Option<MapColours> {
    let any = std::env::var("COLORTERM").is_ok_and(|value| ["truecolor", "24bit"].contains(&value.as_str()));
    colour().then_some(if any { MapColours::True } else { MapColours::Indexed })
}

/// Columns and rows of the terminal that stderr goes to; 80 and 24 where its size is not known.
pub(crate) fn stderr_size() -> [u16; 2] {
    let size = terminal_size::terminal_size_of(std::io::stderr());
    size.map_or([80, 24], |(width, height)| [width.0, height.0])
}

/// Columns of the terminal; 100 where there is none.
pub(crate) fn width() -> u16 {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(100, |(width, _)| width.0)
}

/// Number of threads that this process may run at once.
pub(crate) fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Without a desktop session, Mesa's device-selection layer makes libwayland print `error:
/// XDG_RUNTIME_DIR is invalid` to stderr whenever adapters are listed. We choose among them
/// ourselves, so the layer is not needed. Call this before any other thread starts.
#[expect(unsafe_code, reason = "the environment may not change while another thread reads it")]
pub(crate) fn quieten_drivers() {
    if cfg!(target_os = "linux") && std::env::var_os("XDG_RUNTIME_DIR").is_none() {
        // SAFETY: the first statement of `main`: no other thread reads the environment yet.
        unsafe { std::env::set_var("NODEVICE_SELECT", "1") };
    }
}

/// Panics of wgpu that the library makes errors of are told as errors, and nothing else is printed of them.
pub(crate) fn quieten_caught_panics() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if !stridelab::gpu::panics_become_errors() {
            usual(panic);
        }
    }));
}

/// Ends the process, and leaves out what libraries do at its end: a driver whose device is at work would wait there
/// for it, or crash.
#[expect(unsafe_code, reason = "the standard library has no way to end a process without that")]
pub(crate) fn end_at_once(code: u8) -> ! {
    #[cfg(unix)]
    {
        unsafe extern "C" {
            safe fn _exit(code: std::ffi::c_int) -> !;
        }
        _exit(code.into())
    }
    #[cfg(not(unix))]
    std::process::exit(code.into())
}
