//! What would help where the system refuses to write.

use std::io;

/// What helps where a place is writable and the system refuses all the same.
pub(crate) enum WayOut {
    /// Room.
    Room,
    /// Another limit on this process.
    Limit(&'static str),
}

/// What would help against this error; nothing where only another place would.
pub(crate) fn way_out(e: &io::Error) -> Option<WayOut> {
    // ENFILE and EMFILE of Linux, macOS and the BSDs.
    let too_many_open = cfg!(unix) && matches!(e.raw_os_error(), Some(23 | 24));
    match e.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Some(WayOut::Room),
        io::ErrorKind::FileTooLarge => Some(WayOut::Limit("raise the limit on the size of files (ulimit -f)")),
        _ if too_many_open => Some(WayOut::Limit("raise the limit on open files (ulimit -n)")),
        _ => None,
    }
}
