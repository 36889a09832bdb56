//! What a file is, by its first bytes, where it is not what it should be.

/// How many of a file's first bytes tell its format.
pub(crate) const FIRST_BYTES: usize = 512;

/// Formats by the bytes at their beginning.
const BEGINNINGS: [(&[u8], &str); 22] = [
    (b"\x1f\x8b", "a gzip file"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ\0", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (b"Rar!", "a rar archive"),
    (b"\x1f\x9d", "a compress archive (.Z)"),
    (b"\x89HDF\r\n\x1a\n", "an HDF5 file (.h5, of Keras for example)"),
    (b"\x93NUMPY", "a NumPy array (.npy)"),
    (b"\x80\x02", "a Python pickle (an old .pt or .pkl)"),
    (b"\x80\x03", "a Python pickle (.pkl)"),
    (b"\x80\x04", "a Python pickle (.pkl)"),
    (b"\x80\x05", "a Python pickle (.pkl)"),
    (b"GGUF", "a GGUF file"),
    (b"PAR1", "a Parquet file"),
    (b"ARROW1", "an Arrow file"),
    (b"MATLAB 5.0", "a MATLAB file (.mat)"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"version https://git-lfs", "a pointer of Git LFS (git lfs pull fetches the file)"),
    (b"\x7fELF", "a program"),
];

/// The well-known format of a file that begins like this, such as `a web page (HTML)`.
pub(crate) fn known(first: &[u8]) -> Option<&'static str> {
    let first = &first[..first.len().min(FIRST_BYTES)];
    if first.starts_with(b"PK\x03\x04") {
        return Some(zip(first));
    }
    if first.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    if first.get(4..8) == Some(b"TFL3") {
        return Some("a TensorFlow Lite model");
    }
    let beginning = BEGINNINGS.iter().find(|(bytes, _)| first.starts_with(bytes));
    beginning.map(|(_, name)| *name).or_else(|| text(first))
}

/// A zip archive, by the name of its first file.
fn zip(first: &[u8]) -> &'static str {
    let length = first.get(26..28).map_or(0, |bytes| usize::from(u16::from_le_bytes([bytes[0], bytes[1]])));
    let name = first.get(30..).map_or(&[][..], |rest| &rest[..length.min(rest.len())]);
    let ends = |end: &str| name.ends_with(end.as_bytes());
    if ends(".npy") {
        "NumPy arrays (.npz)"
    } else if ends("data.pkl") || ends(".format_version") {
        "a PyTorch checkpoint (.pt)"
    } else if ends("metadata.json") || ends("config.json") || ends(".h5") {
        "a Keras model (.keras)"
    } else {
        "a zip archive"
    }
}

/// Text, by how it begins after a byte order mark and blanks.
fn text(first: &[u8]) -> Option<&'static str> {
    let first = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    let is_text = |bytes: &[u8]| bytes.iter().all(|&byte| byte >= b' ' || byte.is_ascii_whitespace());
    let begins = |word: &str| first.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
    match first {
        [] => None,
        bytes if !is_text(bytes) => None,
        _ if ["<!doctype html", "<html", "<head", "<body"].into_iter().any(begins) => Some("a web page (HTML)"),
        [b'<', ..] => Some("XML, as a server's message of an error is"),
        [b'{' | b'[', ..] => Some("JSON"),
        _ => Some("text"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_told_by_their_first_bytes() {
        let archive =
            |name: &str| [b"PK\x03\x04", &[0; 22][..], &[name.len() as u8, 0, 0, 0], name.as_bytes()].concat();
        let cases: [(Vec<u8>, Option<&str>); 17] = [
            (b"\n <!DOCTYPE HTML><p>404".to_vec(), Some("HTML")),
            (b"<html>".to_vec(), Some("HTML")),
            (b"<?xml version=\"1.0\"?><Error>".to_vec(), Some("XML")),
            (b"{\"error\": \"denied\"}".to_vec(), Some("JSON")),
            (b"label,1x1,1x2\n7,0,0\n".to_vec(), Some("text")),
            (b"version https://git-lfs.github.com/spec/v1\n".to_vec(), Some("Git LFS")),
            (archive("archive/data.pkl"), Some("PyTorch")),
            (archive("arr_0.npy"), Some(".npz")),
            (archive("metadata.json"), Some(".keras")),
            (archive("gzip/emnist-letters"), Some("zip")),
            (b"\x89HDF\r\n\x1a\n\0".to_vec(), Some("HDF5")),
            (b"\x80\x02\x8a\n".to_vec(), Some("pickle")),
            ([&[b'a'; 100][..], &[0; 157], b"ustar\0"].concat(), Some("tar")),
            (b"PK\x03\x04".to_vec(), Some("zip")),
            (b"".to_vec(), None),
            (b"\0\0\x08\x03\0\0\0\x01".to_vec(), None),
            ((0..=255).collect(), None),
        ];
        for (bytes, words) in cases {
            let found = known(&bytes);
            assert_eq!(found.is_some(), words.is_some(), "{bytes:?}: {found:?}");
            assert!(found.unwrap_or_default().contains(words.unwrap_or_default()), "{bytes:?}: {found:?}");
        }
    }
}
