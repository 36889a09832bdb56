//! A checked reader of IDX files, plain or gzipped.
//!
//! An IDX file is a magic number (two zero bytes, the type, the number of dimensions), each
//! dimension as a big-endian `u32`, then the elements in row-major order. Ours hold unsigned bytes
//! (type 8): images `[N, H, W]` or labels `[N]`. The reader checks every number of the header before it
//! allocates memory for it, and unpacks no more than the header announces.
//!
//! Source: Yann LeCun's page of the MNIST database, "File formats".

use std::io::{self, BufRead, Read};

use sha2::{Digest, Sha256};

use super::gzip::GzipMembers;
use crate::error::one_line;
use crate::error::{Error, Result};
use crate::formats::{FIRST_BYTES, known};
use crate::memory;
use crate::model::MOST_SIDE;

/// Longest side of an image, in pixels.
const MAX_SIDE: u32 = MOST_SIDE as u32;
/// Largest number of pixels in a file: 512 MiB, a byte each.
const MAX_PIXELS: u64 = 512 << 20;
/// The largest number of bytes that one byte of a deflate stream can unpack to.
const MAX_INFLATION: u64 = 1032;

/// A file to be read, from a disk or from memory.
pub(super) struct Source<'a> {
    /// The path or the name that messages show.
    pub name: String,
    /// The bytes, possibly gzipped.
    pub reader: Box<dyn BufRead + 'a>,
    /// Number of bytes that the reader gives, before unpacking.
    pub len: u64,
}

/// The images of a file, decoded.
#[derive(Debug)]
pub(super) struct ImageFile {
    /// `[count, height, width]`.
    pub shape: [usize; 3],
    /// The pixels, row-major.
    pub pixels: Vec<u8>,
    /// SHA-256 of the unpacked file.
    pub sha256: String,
}

/// Reads a file of images.
///
/// # Errors
/// [`Error::Data`], naming the source, where the file does not hold exactly what its header announces.
pub(super) fn images(source: Source) -> Result<ImageFile> {
    let mut file = Unpacked::new(source)?;
    let [count, height, width] = file.header("image")?;
    let total = |[count, height, width]: [u32; 3]| {
        let total = [height, width].iter().try_fold(u64::from(count), |n, &side| n.checked_mul(u64::from(side)));
        total.filter(|&n| n <= MAX_PIXELS && height <= MAX_SIDE && width <= MAX_SIDE)
    };
    let sound = total([count, height, width]).ok_or_else(|| {
        let announced = format!("announces {count} images of {height}×{width}");
        let turned = [count, height, width].map(u32::swap_bytes);
        if total(turned).is_some() {
            return file.little_endian(&format!("{} images of {}×{}", turned[0], turned[1], turned[2]));
        }
        match height > MAX_SIDE || width > MAX_SIDE {
            true => file.bad(&format!("announces images of {height}×{width}"), &format!("use sides up to {MAX_SIDE}")),
            false => file.bad(&announced, "use at most 512 MiB of pixels a file"),
        }
    });
    let (pixels, sha256) = file.body(sound?)?;
    Ok(ImageFile { shape: [count as usize, height as usize, width as usize], pixels, sha256 })
}

/// Reads the labels that belong to `count` images of the file `images`. Returns them and the SHA-256 of
/// the unpacked file.
///
/// # Errors
/// [`Error::Data`], naming the source, as [`images`]; also where the number of labels is not the number of
/// images.
pub(super) fn labels(source: Source, count: usize, images: &str) -> Result<(Vec<u8>, String)> {
    let mut file = Unpacked::new(source)?;
    let [announced] = file.header("label")?;
    if announced.swap_bytes() as usize == count && announced as usize != count {
        return Err(file.little_endian(&format!("{count} labels")));
    }
    if announced as usize != count {
        let what = format!("announces {announced} labels, but {images} has {count} images");
        return Err(file.bad(&what, "use files that belong together"));
    }
    file.body(count as u64)
}

/// A file while it is read; it is unpacked where its first bytes are those of gzip.
struct Unpacked<'a> {
    name: String,
    reader: Box<dyn Read + 'a>,
    gzip: bool,
    /// Upper bound of the number of unpacked bytes.
    most: u64,
    hash: Sha256,
}

impl<'a> Unpacked<'a> {
    fn new(Source { name, mut reader, len }: Source<'a>) -> Result<Self> {
        let mut magic = Vec::new();
        let peeked = reader.by_ref().take(2).read_to_end(&mut magic);
        peeked.map_err(|e| error(&name, &format!("cannot be read: {}", one_line(e)), "see to the disk"))?;
        let gzip = magic == [0x1f, 0x8b];
        let whole = io::Cursor::new(magic).chain(reader);
        let (reader, most): (Box<dyn Read + 'a>, _) = match gzip {
            true => (Box::new(GzipMembers::new(whole)), len.saturating_mul(MAX_INFLATION)),
            false => (Box::new(whole), len),
        };
        Ok(Unpacked { name, reader, gzip, most, hash: Sha256::new() })
    }

    /// Reads the magic number and `N` dimensions. None of them may be 0.
    fn header<const N: usize>(&mut self, kind: &str) -> Result<[u32; N]> {
        let magic = 0x0800 + N as u32;
        let advice = format!("give the {kind} file of a set in MNIST's IDX format");
        let found = self.word(&advice)?;
        if found != magic {
            return Err(self.no_magic(found, magic, kind, &advice));
        }
        let mut dimensions = [0; N];
        for dimension in &mut dimensions {
            *dimension = self.word(&advice)?;
        }
        match dimensions.contains(&0) {
            true => Err(self.bad(&format!("announces nothing: dimensions {dimensions:?}"), &advice)),
            false => Ok(dimensions),
        }
    }

    /// The error of a file that does not begin with the magic number: what it is instead, where that can be told.
    fn no_magic(&mut self, found: u32, magic: u32, kind: &str, advice: &str) -> Error {
        let mut first = found.to_be_bytes().to_vec();
        // What cannot be read tells nothing; the magic number does.
        _ = self.reader.by_ref().take(FIRST_BYTES as u64 - 4).read_to_end(&mut first);
        if found.swap_bytes() == magic {
            return self.little_endian(&format!("the magic number of {kind}s"));
        }
        let inside = if self.gzip { "holds" } else { "is" };
        if let Some(format) = known(&first) {
            return self.bad(&format!("{inside} {format}, not the IDX file of {kind}s"), advice);
        }
        let what = format!("begins with {found:#010x} where the magic number of {kind}s is {magic:#010x}");
        self.bad(&(what + &meaning(found)), advice)
    }

    /// The error of a header whose numbers are little-endian; in big-endian they would be `meant`.
    fn little_endian(&self, meant: &str) -> Error {
        let what = format!("has a little-endian header ({meant}), and numbers of IDX are big-endian");
        self.bad(&what, "write each number of the header with its highest byte first")
    }

    fn word(&mut self, advice: &str) -> Result<u32> {
        let mut bytes = [0; 4];
        self.reader.read_exact(&mut bytes).map_err(|e| match e.kind() {
            io::ErrorKind::UnexpectedEof => self.bad("ends within its header", advice),
            _ => self.failed(e),
        })?;
        self.hash.update(bytes);
        Ok(u32::from_be_bytes(bytes))
    }

    /// Reads the rest, exactly `expected` bytes. Returns it and the SHA-256 of the whole file.
    fn body(mut self, expected: u64) -> Result<(Vec<u8>, String)> {
        let room = usize::try_from(expected.min(self.most)).unwrap_or(usize::MAX);
        let mut data = memory::with_capacity(&self.name, room)?;
        let read = self.reader.by_ref().take(expected + 1).read_to_end(&mut data);
        let got = data.len() as u64;
        match read {
            Err(e) => Err(self.failed(e)),
            Ok(_) if got < expected => {
                let what = format!("is cut off: {got} bytes follow its header, which announces {expected}");
                Err(self.bad(&what, "fetch or copy it again"))
            }
            Ok(_) if got > expected => {
                let what = format!("goes on after the {expected} bytes its header announces");
                Err(self.bad(&what, "fetch or copy it again"))
            }
            Ok(_) => {
                self.hash.update(&data);
                Ok((data, self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()))
            }
        }
    }

    fn failed(&self, e: io::Error) -> Error {
        let what = if self.gzip { "cannot be unpacked" } else { "cannot be read" };
        self.bad(&format!("{what}: {}", one_line(e)), "fetch or copy it again")
    }

    fn bad(&self, what: &str, advice: &str) -> Error {
        error(&self.name, what, advice)
    }
}

/// What a magic number of IDX means; empty where it is none.
fn meaning(magic: u32) -> String {
    let [0, 0, kind, dimensions] = magic.to_be_bytes() else { return String::new() };
    let elements = match kind {
        0x08 => "unsigned bytes",
        0x09 => "signed bytes",
        0x0b => "16-bit integers",
        0x0c => "32-bit integers",
        0x0d => "32-bit floats",
        0x0e => "64-bit floats",
        _ => return String::new(),
    };
    match (kind, dimensions) {
        (0x08, 1) => ": it holds labels".into(),
        (0x08, 3) => ": it holds images".into(),
        _ => format!(": it holds {elements} in {dimensions} dimensions"),
    }
}

/// An [`Error::Data`] that reads `name: what; advice`.
pub(super) fn error(name: &str, what: &str, advice: &str) -> Error {
    Error::data(format!("{name}: {what}")).advice(advice)
}
