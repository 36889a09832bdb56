//! A grid of configurations from a TOML file.
//!
//! ```toml
//! # The product of the lists. A list that is not there has the tutorial's value, or values.
//! stride = [1, 2, "2:1"]
//! padding = ["same", "symmetric", "t1l0b1r0"]
//! kernel = [3, 5]
//! pool = [2, "none"]
//! head = ["dense", "gap"]
//! crop = [0, 4]
//!
//! # Single configurations, behind the product; without any list there is no product.
//! [[configuration]]
//! stride = 2
//! padding = "same"
//! pool = "none"
//! ```

use std::path::Path;

use serde::Deserialize;
use toml::Spanned;

use crate::error::{Error, Result, one_line};
use crate::files::read_bounded;
use crate::model::geometry::Padding;
use crate::model::{Configuration, ConfigurationGrid, Head, Pooling, Strides};

/// Size of the largest file that is read.
const MAX_BYTES: u64 = 1 << 20;

const ADVICE: &str = "write lists such as stride = [1, 2] and padding = [\"same\"], or [[configuration]] tables";

/// A list, and where it stands.
type List<T> = Option<Spanned<Vec<T>>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GridFile {
    stride: List<Strides>,
    padding: List<Padding>,
    kernel: List<usize>,
    pool: List<Pooling>,
    head: List<Head>,
    crop: List<usize>,
    #[serde(default)]
    configuration: Vec<Single>,
}

/// One configuration. What is not there is as in the tutorial.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Single {
    stride: Strides,
    padding: Padding,
    kernel: Option<usize>,
    #[serde(default)]
    pool: Pooling,
    #[serde(default)]
    head: Head,
    #[serde(default)]
    crop: usize,
}

/// Reads a grid from a file.
///
/// # Errors
/// [`Error::Usage`] where the file cannot be read, and as for [`grid_from_text`].
pub fn read_grid(path: &Path) -> Result<ConfigurationGrid> {
    let name = one_line(path.display());
    let unread = |error: Error| Error::usage(error.to_string()).advice("give a readable TOML file");
    let bytes = read_bounded(path, MAX_BYTES).map_err(unread)?;
    let text = String::from_utf8(bytes).map_err(|_| bad(&name, "it is no text"))?;
    grid_from_text(&name, &text)
}

/// Reads a grid from the text of a file. Messages call the file `name`.
///
/// # Errors
/// [`Error::Usage`] naming the line for what is no TOML, for an unknown key, for a value that a choice does not have and
/// for an empty list; also for a file with nothing in it, and as [`ConfigurationGrid::configurations`].
pub fn grid_from_text(name: &str, text: &str) -> Result<ConfigurationGrid> {
    let line = |at: usize| 1 + text.bytes().take(at).filter(|&byte| byte == b'\n').count();
    let file: GridFile = toml::from_str(text).map_err(|error| {
        let place = error.span().map_or(String::new(), |span| format!("line {}: ", line(span.start)));
        bad(name, &format!("{place}{}", one_line(error.message().trim().replace('\n', ", "))))
    })?;
    let GridFile { stride, padding, kernel, pool, head, crop, configuration } = file;
    let usual = ConfigurationGrid::default();
    let product =
        [stride.is_some(), padding.is_some(), kernel.is_some(), pool.is_some(), head.is_some(), crop.is_some()];
    if !product.contains(&true) && configuration.is_empty() {
        return Err(bad(name, "there is no network in it"));
    }
    let empty = |key: &str, at: usize| bad(name, &format!("line {}: the list {key} is empty", line(at)));
    let mut grid = ConfigurationGrid {
        stride: values("stride", stride, usual.stride, empty)?,
        padding: values("padding", padding, usual.padding, empty)?,
        kernel: values("kernel", kernel, usual.kernel, empty)?,
        pool: values("pool", pool, usual.pool, empty)?,
        head: values("head", head, usual.head, empty)?,
        crop: values("crop", crop, usual.crop, empty)?,
        configuration: configuration.into_iter().map(Configuration::from).collect(),
    };
    if !product.contains(&true) {
        grid.stride.clear();
    }
    grid.configurations().map_err(|error| error.at(name))?;
    Ok(grid)
}

fn values<T>(key: &str, list: List<T>, usual: Vec<T>, empty: impl Fn(&str, usize) -> Error) -> Result<Vec<T>> {
    match list {
        Some(list) if list.get_ref().is_empty() => Err(empty(key, list.span().start)),
        Some(list) => Ok(list.into_inner()),
        None => Ok(usual),
    }
}

impl From<Single> for Configuration {
    fn from(single: Single) -> Self {
        let Single { stride: strides, padding, kernel, pool, head, crop } = single;
        let usual = Configuration::TUTORIAL[0];
        Configuration { strides, padding, kernel: kernel.unwrap_or(usual.kernel), pool, head, crop }
    }
}

fn bad(name: &str, what: &str) -> Error {
    Error::usage(format!("{name}: {what}")).advice(ADVICE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        let grid = grid_from_text("grid.toml", text).unwrap_or_else(|error| panic!("{text}: {error}"));
        grid.configurations().unwrap().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn lists_and_single_configurations_are_read() {
        assert_eq!(
            names("stride = [1, '2:1', '1x2:3']\npadding = ['symmetric']"),
            ["stride 1, symmetric", "stride 2:1, symmetric", "stride 1x2:3, symmetric"]
        );
        assert_eq!(
            names("head = ['gap']"),
            Configuration::TUTORIAL.map(|c| Configuration { head: Head::GlobalAverage, ..c }.to_string())
        );
        let single = "[[configuration]]\nstride = '2:1'\npadding = 't1l0b1r0'\npool = 'none'\n\
                      [[configuration]]\nstride = 1\npadding = 'same'\nkernel = 5\nhead = 'gap'\ncrop = 4\n";
        let two = ["stride 2:1, t1l0b1r0, pool none", "stride 1, same, kernel 5, head gap, crop 4"];
        assert_eq!(names(single), two);
        let both = format!("stride = [2]\npadding = ['same']\npool = [2, 'none']\n{single}");
        assert_eq!(names(&both), [&["stride 2, same", "stride 2, same, pool none"], &two[..]].concat());
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (text, words) in [
            ("", &["there is no network in it"][..]),
            ("# nothing\n", &["there is no network in it"]),
            ("stride = [1]\nstrides = [2]", &["line 2: ", "strides"]),
            ("\nstride = []", &["line 2: the list stride is empty"]),
            ("stride = 2", &["line 1: ", "integer `2`"]),
            ("stride = [0]", &["line 1: ", "from 1"]),
            ("stride = [-1]", &["line 1: ", "from 1"]),
            ("stride = [1.5]", &["line 1: ", "stride"]),
            ("padding = ['some']", &["line 1: ", "\"some\" is no padding"]),
            ("pool = [3]", &["line 1: ", "\"3\" is no pooling"]),
            ("head = [1]", &["line 1: "]),
            ("kernel = [-3]", &["line 1: "]),
            ("kernel = [0]", &["a kernel of 0"]),
            ("crop = [[4]]", &["line 1: "]),
            ("[[configuration]]\nstride = 1", &["line 1: ", "padding"]),
            ("[[configuration]]\nstride = 1\npadding = 'same'\ncolour = 1", &["line 4: ", "colour"]),
            ("stride = [1,", &["line 1: "]),
            (
                "kernel = [1,2,3,4,5,6,7,8,9,10]\ncrop = [0,1,2,3,4,5,6,7,8,9]\nhead=['dense','gap']\npool=[2,'none']",
                &["1600 networks"],
            ),
        ] {
            let error = grid_from_text("grid.toml", text).unwrap_err();
            let line = error.to_string();
            assert!(matches!(error, Error::Usage(_)) && line.starts_with("grid.toml: "), "{text}: {line}");
            assert!(!line.contains('\n') && line.contains("; "), "{text}: {line}");
            for word in words {
                assert!(line.contains(word), "{text}: {line}");
            }
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = read_grid(&folder.path().join("no.toml")).unwrap_err();
        assert!(matches!(missing, Error::Usage(_)) && missing.to_string().contains("no.toml"), "{missing}");
        let binary = folder.path().join("binary.toml");
        std::fs::write(&binary, [0xff, 0xfe, 0]).unwrap();
        assert!(read_grid(&binary).unwrap_err().to_string().contains("it is no text"));
    }
}
