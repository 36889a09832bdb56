//! The commands, one file each.

pub(crate) mod bench;
pub(crate) mod describe;
pub(crate) mod devices;
pub(crate) mod parity;
pub(crate) mod train;

use std::path::PathBuf;

use stridelab::error::{Remedy, one_line};
use stridelab::model::Configuration;
use stridelab::{Error, Result};

use crate::args::{BackendChoice, PaddingChoice};

/// All combinations in the tutorial's order: paddings outside, strides inside; repeats once.
pub(crate) fn configurations(strides: &[usize], paddings: &[PaddingChoice]) -> Vec<Configuration> {
    let mut all = Vec::new();
    for &padding in paddings {
        for &stride in strides {
            let configuration = Configuration::new(stride, padding.into());
            if !all.contains(&configuration) {
                all.push(configuration);
            }
        }
    }
    all
}

/// Whether the device options agree.
///
/// # Errors
/// [`Error::Usage`] for an adapter beside the CPU.
pub(crate) fn one_device(backend: BackendChoice, adapter: Option<&str>) -> Result<()> {
    match adapter {
        Some(_) if backend == BackendChoice::Cpu => {
            Err(Error::usage("--adapter names a GPU, but --backend is cpu").advice("leave one of the two out"))
        }
        _ => Ok(()),
    }
}

/// `runs/<date-time><suffix>`, made here and now: two runs of one second get two directories.
pub(crate) fn default_out(suffix: &str) -> Result<PathBuf> {
    let runs = PathBuf::from("runs");
    let name = jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S").to_string() + suffix;
    let make = || {
        std::fs::create_dir_all(&runs)?;
        let mut path = runs.join(&name);
        let mut n = 1;
        loop {
            match std::fs::create_dir(&path) {
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => n += 1,
                made => return made.map(|()| path),
            }
            path = runs.join(format!("{name}-{n}"));
        }
    };
    let failed = |e| Error::failure(format!("cannot create a directory in runs/: {}", one_line(e)));
    make().map_err(|e| failed(e).remedy(Remedy::OtherDirectory))
}

/// The present moment, RFC 3339 with the zone's offset, in whole seconds.
pub(crate) fn timestamp() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}
