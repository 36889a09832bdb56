//! What is said where the file system refuses.

use std::io;
use std::path::Path;

use crate::error::{Error, Remedy, one_line};
use crate::way_out::{WayOut, way_out};

/// `cannot <what> <path>: <reason>`.
pub(super) fn cannot(what: &str, path: &Path, reason: &io::Error) -> Error {
    let error = Error::failure(format!("cannot {what} {}: {}", one_line(path.display()), one_line(reason)));
    match way_out(reason) {
        Some(WayOut::Room) => error.advice("make room there").remedy(Remedy::OtherDirectory),
        Some(WayOut::Limit(advice)) => error.advice(advice),
        None => error.remedy(Remedy::OtherDirectory),
    }
}

/// Something that is no file of ours stands where one belongs.
pub(super) fn in_the_way(path: &Path, what: &str) -> Error {
    let error = Error::failure(format!("cannot write {}: {what} of that name is in the way", one_line(path.display())));
    error.advice("move it away").remedy(Remedy::OtherDirectory)
}

/// Somebody removed or changed what a run had written.
pub(super) fn meddled(path: &Path, what: &str) -> Error {
    let error = Error::failure(format!("{} was {what} while stridelab wrote to it", one_line(path.display())));
    error.remedy(Remedy::OtherDirectory)
}
