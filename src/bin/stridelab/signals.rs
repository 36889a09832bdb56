//! Signals that are to be ignored.

/// Makes a limit on the size of files an error of the write that meets it; otherwise the system ends the process.
pub(crate) fn survive_file_limits() {
    ignore(XFSZ);
}

/// Ignores that the terminal was closed. Returns whether it was ignored already, as `nohup` asks for.
pub(crate) fn ignore_hangup() -> bool {
    ignore(HANGUP)
}

/// The numbers that Linux, macOS and the BSDs have in common.
const HANGUP: std::ffi::c_int = 1;
const XFSZ: std::ffi::c_int = 25;

/// Whether the signal was ignored already.
#[cfg(any(target_os = "linux", target_os = "macos"))]
#[expect(unsafe_code, reason = "the standard library has no way to ignore a signal")]
fn ignore(signal_number: std::ffi::c_int) -> bool {
    const IGNORE: usize = 1;
    unsafe extern "C" {
        fn signal(signal: std::ffi::c_int, handler: usize) -> usize;
    }
    // SAFETY: no handler of ours is installed, which is all that could run meanwhile.
    unsafe { signal(signal_number, IGNORE) == IGNORE }
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn ignore(_: std::ffi::c_int) -> bool {
    false
}
