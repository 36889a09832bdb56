//! JSON records carry the number of their format, and a reader refuses those it does not know.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, one_line};

/// The format that this version writes and reads. It changes when an old reader would misread a new file.
pub const FORMAT: u32 = 1;

/// The text of a record, as it stands in a file.
///
/// # Errors
/// [`Error::Failure`] where the record holds what JSON cannot.
pub fn to_json(record: &impl Serialize) -> Result<String> {
    let text = serde_json::to_string_pretty(record);
    text.map(|text| text + "\n").map_err(|e| Error::failure(format!("cannot be written as JSON: {}", one_line(e))))
}

/// Reads a record from the text of a file.
///
/// # Errors
/// [`Error::Data`] where the text is no such record, has no format number, or another one than [`FORMAT`].
pub fn from_json<T: DeserializeOwned>(text: &[u8]) -> Result<T> {
    #[derive(Deserialize)]
    struct FormatOnly {
        format: Option<u32>,
    }
    let broken = |e: serde_json::Error| Error::data(one_line(e));
    let head: FormatOnly = serde_json::from_slice(text).map_err(broken)?;
    match head.format {
        Some(FORMAT) => serde_json::from_slice(text).map_err(broken),
        Some(other) => {
            let error = Error::data(format!("the file has format {other}, this version reads format {FORMAT}"));
            Err(error.advice("use the version of stridelab that wrote it"))
        }
        None => {
            let error = Error::data("the file has no format number: another program or an older version wrote it");
            Err(error.advice("write it again with this version"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::RunRecord;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let run = RunRecord { version: "1".into(), start: "now".into(), ..RunRecord::default() };
        assert_eq!(from_json::<RunRecord>(to_json(&run).unwrap().as_bytes()), Ok(run));
    }

    #[test]
    fn unknown_formats_are_refused_by_name() {
        let of = |text: &str| from_json::<RunRecord>(text.as_bytes()).unwrap_err().to_string();
        assert!(of(r#"{"format": 7}"#).contains("format 7"), "{}", of(r#"{"format": 7}"#));
        assert!(of("{}").contains("no format number"));
        for text in ["", "[]", "{", r#"{"format": 1}"#, r#"{"format": -1}"#, "\u{0}"] {
            assert!(!of(text).contains('\n'), "{text}");
        }
    }
}
