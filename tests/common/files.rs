//! Files that tests write and read: IDX files, gzip, CSV.
//!
//! A test target that does not use `common` takes this file in by
//! `#[path = "../common/files.rs"] mod files;`.
#![allow(dead_code, reason = "no target uses every helper")]

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

/// An IDX file of unsigned bytes: magic number, dimensions, elements.
pub(crate) fn idx(dimensions: &[u32], elements: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dimensions.len() as u8];
    bytes.extend(dimensions.iter().flat_map(|n| n.to_be_bytes()));
    bytes.extend(elements);
    bytes
}

/// The same bytes as a gzip file.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// The rows of a CSV file, by column name.
#[cfg(feature = "cli")]
pub(crate) fn rows(csv: &str) -> Vec<serde_json::Map<String, serde_json::Value>> {
    csv::Reader::from_reader(csv.as_bytes()).deserialize().map(Result::unwrap).collect()
}
