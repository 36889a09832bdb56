//! Data files that are something else: other formats, and headers with their bytes in the other order.

use super::data::{check, parse, refused, small};
use crate::common::files::gzip;
use stridelab::data::FILES;

#[test]
fn other_formats_are_named() {
    let gzipped = gzip(b"x");
    let cases: [(&[u8], &str); 9] = [
        (b"<!DOCTYPE html>\n<html>404", "a web page (HTML), not the IDX file of"),
        (b"<?xml version=\"1.0\"?><Error>", "XML"),
        (b"{\"message\": \"not found\"}", "JSON"),
        (b"label,1x1,1x2\n5,0,0\n", "text"),
        (b"PK\x03\x04\x14\0\0\0 a zip archive of the four", "a zip archive"),
        (b"BZh91AY&SY", "a bzip2 archive"),
        (b"\xfd7zXZ\0\0\x04", "an xz archive"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
        (&gzipped, ""),
    ];
    for (bytes, words) in cases {
        (0..4).for_each(|i| refused(i, bytes, words));
    }
    let mut files = small();
    files[2] = gzip(&gzip(&files[2]));
    check(parse(&files), FILES[2], "holds a gzip file");
    let mut tar = vec![0; 1024];
    tar[..23].copy_from_slice(FILES[0].as_bytes());
    tar[257..262].copy_from_slice(b"ustar");
    refused(0, &tar, "a tar archive");
}

#[test]
fn numbers_of_the_wrong_end_are_recognised() {
    let [images, labels, ..] = small();
    let turned = |bytes: &[u8], words: std::ops::Range<usize>| {
        let mut bytes = bytes.to_vec();
        words.for_each(|i| bytes[4 * i..4 * i + 4].reverse());
        bytes
    };
    refused(0, &turned(&images, 0..4), "has a little-endian header (the magic number of images)");
    refused(0, &turned(&images, 1..4), "has a little-endian header (3 images of 3×5)");
    refused(1, &turned(&labels, 0..2), "has a little-endian header (the magic number of labels)");
    refused(1, &turned(&labels, 1..2), "has a little-endian header (3 labels)");
    refused(0, &labels, "begins with 0x00000801 where the magic number of images is 0x00000803: it holds labels");
    refused(1, &images, ": it holds images");
    refused(0, &[&[0, 0, 13, 3], &images[4..]].concat(), ": it holds 32-bit floats in 3 dimensions");
}
