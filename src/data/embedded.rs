//! MNIST inside the binary: its four files, as `assets/mnist/pack.py` packs them.
//!
//! Four of five bytes of an image file are 0. Such a file is therefore stored as two streams: `runs`
//! holds the lengths of its runs, one byte each, of zero bytes and of other bytes in turn, beginning
//! with zero bytes; `ink` holds the other bytes in order. A run of more than 255 bytes is followed by
//! an empty run of the other kind and goes on after it. The two gzipped streams are a sixth smaller
//! than the gzipped file and unpack as fast. Label files are stored gzipped as they are.

use std::io::{self, BufRead, BufReader, Read};

use super::idx::{self, Source};
use super::mnist::FILES;
use crate::error::{Result, one_line};

/// What to do where the files in the binary are not those that belong there.
pub(super) const ADVICE: &str = "build from unchanged sources";

/// The `i`-th of [`FILES`].
///
/// # Errors
/// [`crate::Error::Data`] where a stream cannot be unpacked.
pub(super) fn source(i: usize) -> Result<Source<'static>> {
    let name = format!("embedded {}", FILES[i]);
    let images = |runs: &[u8], ink: &[u8]| {
        let unpacked = unpack(runs).and_then(|runs| Ok(Joined::new(runs, unpack(ink)?)));
        let joined =
            unpacked.map_err(|e| idx::error(&name, &format!("cannot be unpacked: {}", one_line(e)), ADVICE))?;
        Ok((joined.len(), Box::new(BufReader::new(joined)) as Box<dyn BufRead>))
    };
    let labels = |bytes: &'static [u8]| Ok((bytes.len() as u64, Box::new(bytes) as Box<dyn BufRead>));
    let (len, reader) = match i {
        0 => images(
            include_bytes!("../../assets/mnist/train-images-runs.gz"),
            include_bytes!("../../assets/mnist/train-images-ink.gz"),
        ),
        1 => labels(include_bytes!("../../assets/mnist/train-labels-idx1-ubyte.gz")),
        2 => images(
            include_bytes!("../../assets/mnist/t10k-images-runs.gz"),
            include_bytes!("../../assets/mnist/t10k-images-ink.gz"),
        ),
        _ => labels(include_bytes!("../../assets/mnist/t10k-labels-idx1-ubyte.gz")),
    }?;
    Ok(Source { name, reader, len })
}

fn unpack(gzipped: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    flate2::bufread::GzDecoder::new(gzipped).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The two streams of a file, read as that file.
struct Joined {
    runs: Vec<u8>,
    ink: Vec<u8>,
    /// The next of `runs`; the current run is one of zero bytes where this is odd.
    next: usize,
    /// Bytes of the current run that are still to come.
    left: usize,
    /// The next of `ink`.
    at: usize,
}

impl Joined {
    fn new(runs: Vec<u8>, ink: Vec<u8>) -> Self {
        Joined { runs, ink, next: 0, left: 0, at: 0 }
    }

    /// Bytes of the whole file.
    fn len(&self) -> u64 {
        self.runs.iter().map(|&length| u64::from(length)).sum()
    }
}

impl Read for Joined {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut filled = 0;
        while filled < buffer.len() {
            if self.left == 0 {
                let Some(&length) = self.runs.get(self.next) else { break };
                self.left = length.into();
                self.next += 1;
            }
            let length = self.left.min(buffer.len() - filled);
            let part = &mut buffer[filled..filled + length];
            if self.next % 2 == 1 {
                part.fill(0);
            } else {
                part.copy_from_slice(self.ink.get(self.at..self.at + length).ok_or(io::ErrorKind::UnexpectedEof)?);
                self.at += length;
            }
            filled += length;
            self.left -= length;
        }
        Ok(filled)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(runs: &[u8], ink: &[u8], at_once: usize) -> io::Result<Vec<u8>> {
        let mut reader = BufReader::with_capacity(at_once, Joined::new(runs.to_vec(), ink.to_vec()));
        let mut bytes = Vec::new();
        while let part @ [_, ..] = reader.fill_buf()? {
            bytes.extend_from_slice(part);
            let length = part.len();
            reader.consume(length);
        }
        Ok(bytes)
    }

    #[test]
    fn runs_and_ink_give_the_bytes_back() {
        let ink: Vec<u8> = (1..=255).chain(1..=6).collect();
        let cases: [(&[u8], Vec<u8>); 6] = [
            (&[], vec![]),
            (&[3], vec![0; 3]),
            (&[0, 2], vec![1, 2]),
            (&[2, 3, 1, 1], vec![0, 0, 1, 2, 3, 0, 4]),
            // 256 zero bytes, then 261 others.
            (&[255, 0, 1, 255, 0, 6], [&[0; 256][..], &ink].concat()),
            // Empty runs at the end.
            (&[1, 1, 0, 0], vec![0, 1]),
        ];
        for (runs, expected) in cases {
            for at_once in [1, 2, 3, 255, 1000] {
                assert_eq!(joined(runs, &ink, at_once).unwrap(), expected, "{runs:?}, {at_once} at once");
            }
            assert_eq!(Joined::new(runs.to_vec(), ink.clone()).len(), expected.len() as u64);
        }
    }

    #[test]
    fn missing_ink_is_an_error() {
        for at_once in [1, 2, 1000] {
            let error = joined(&[1, 3], &[1, 2], at_once).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
        }
    }

    #[test]
    fn a_damaged_stream_is_an_error() {
        for bytes in [&b""[..], b"no gzip", include_bytes!("../../assets/mnist/t10k-images-runs.gz").split_at(999).0] {
            assert!(unpack(bytes).is_err());
        }
    }
}
