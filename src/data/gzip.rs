//! Gzip streams as gzip itself reads them: several members one after the other, and zero bytes after them.

use std::io::{self, BufRead, Read};

use flate2::bufread::GzDecoder;

/// Unpacks the members of a gzip file. Zero bytes after a member, with which tapes and downloads are filled up, are
/// skipped, and anything else there must be a further member.
pub(super) struct GzipMembers<R> {
    /// The member that is being unpacked; none at the end of the file.
    member: Option<GzDecoder<R>>,
}

/// The first byte of a member.
const MAGIC: u8 = 0x1f;

impl<R: BufRead> GzipMembers<R> {
    pub(super) fn new(reader: R) -> Self {
        GzipMembers { member: Some(GzDecoder::new(reader)) }
    }
}

impl<R: BufRead> Read for GzipMembers<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let read = member.read(buffer)?;
            if read > 0 || buffer.is_empty() {
                return Ok(read);
            }
            let rest = self.member.take().map(GzDecoder::into_inner);
            if let Some(mut rest) = rest
                && skip_zeros(&mut rest)?
            {
                // A member begins with two bytes of its own; a buffer may end between them.
                if rest.fill_buf()?[0] != MAGIC {
                    return Err(io::Error::new(io::ErrorKind::InvalidData, "something else follows the gzip data"));
                }
                self.member = Some(GzDecoder::new(rest));
            }
        }
        Ok(0)
    }
}

/// Skips zero bytes; whether anything follows them.
fn skip_zeros(reader: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let part = reader.fill_buf()?;
        let zeros = part.iter().take_while(|byte| **byte == 0).count();
        let (empty, more) = (part.is_empty(), zeros < part.len());
        reader.consume(zeros);
        if empty || more {
            return Ok(more);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Write};

    use super::*;

    fn unpacked(bytes: &[u8], at_once: usize) -> io::Result<Vec<u8>> {
        let mut all = Vec::new();
        GzipMembers::new(BufReader::with_capacity(at_once, bytes)).read_to_end(&mut all).map(|_| all)
    }

    #[test]
    fn members_and_zeros_are_read_and_anything_else_is_refused() {
        let member = |text: &str| {
            let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
            encoder.write_all(text.as_bytes()).unwrap();
            encoder.finish().unwrap()
        };
        let (a, b, empty, zeros) = (member("left"), member("right"), member(""), vec![0; 1000]);
        for at_once in [1, 7, 8192] {
            for (parts, expected) in [
                (vec![&a], "left"),
                (vec![&a, &b], "leftright"),
                (vec![&a, &zeros], "left"),
                (vec![&a, &zeros, &b, &zeros], "leftright"),
                (vec![&empty, &a, &empty, &zeros], "left"),
            ] {
                let bytes: Vec<u8> = parts.into_iter().flatten().copied().collect();
                assert_eq!(unpacked(&bytes, at_once).unwrap(), expected.as_bytes(), "{at_once} at once");
            }
            for tail in [&b"x"[..], b"\0\0x", &a[..5], &b"\x1f"[..]] {
                let error = unpacked(&[&a, tail].concat(), at_once).unwrap_err().to_string();
                assert_eq!(error.starts_with("something else follows"), tail[0] != MAGIC, "{tail:?}: {error}");
            }
        }
    }
}
