//! What was measured on an adapter, in a file for the next process.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::error::{Error, Result, one_line};
use crate::files::{make_private, read_bounded, write_atomic};

use super::{Measured, Tuning};

/// Most bytes of such a file.
const MOST_BYTES: u64 = 1 << 20;

/// Choices that were made by measurement, and what they were made from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeptTuning {
    /// The adapter's name.
    pub adapter: String,
    /// Its backend and driver.
    pub driver: String,
    /// [`Tuning::kernels`].
    pub kernels: String,
    /// The version of stridelab.
    pub version: String,
    /// When, RFC 3339.
    pub measured_at: String,
    /// Choices that change no bit, by name.
    pub choices: BTreeMap<String, usize>,
    /// What each candidate takes.
    #[serde(default)]
    pub measured: Vec<Measured>,
}

impl KeptTuning {
    /// Makes the choices of `tuning`, which is that of an adapter, by what was measured on it.
    pub fn new(info: &wgpu::AdapterInfo, tuning: &mut Tuning, measured: Vec<Measured>, measured_at: String) -> Self {
        tuning.choose_fastest(&measured);
        let names = measured.iter().map(|row| row.choice.clone());
        let choices = names.filter_map(|name| tuning.choice(&name).map(|value| (name, value))).collect();
        KeptTuning {
            adapter: info.name.clone(),
            driver: driver(info),
            kernels: tuning.kernels().into(),
            version: env!("CARGO_PKG_VERSION").into(),
            measured_at,
            choices,
            measured,
        }
    }

    /// Where what is measured with these kernels on an adapter is kept: a file for each adapter, driver, version and
    /// set of kernels.
    pub fn path(directory: &Path, info: &wgpu::AdapterInfo, tuning: &Tuning) -> PathBuf {
        let version = env!("CARGO_PKG_VERSION");
        let key = format!("{}\n{}\n{}\n{version}", info.name, driver(info), tuning.kernels());
        let hash: String = Sha256::digest(key)[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        directory.join(format!("tuning-{hash}.json"))
    }

    /// What is kept of this adapter, `None` where nothing is, or nothing whole.
    pub fn load(directory: &Path, info: &wgpu::AdapterInfo, tuning: &Tuning) -> Option<Self> {
        let path = Self::path(directory, info, tuning);
        if !path.exists() {
            return None;
        }
        let read = Self::read(&path).and_then(|kept| kept.apply(&mut tuning.clone()).map(|()| kept));
        let kept = read.map_err(|error| log::debug!("{error}: measured anew")).ok()?;
        let fits = kept.adapter == info.name && kept.driver == driver(info) && kept.kernels == tuning.kernels();
        fits.then_some(kept)
    }

    /// Reads a file.
    ///
    /// # Errors
    /// [`Error::Data`] with the path where it cannot be read or is no such file.
    pub fn read(path: &Path) -> Result<Self> {
        let read = read_bounded(path, MOST_BYTES).and_then(|bytes| {
            serde_json::from_slice(&bytes).map_err(|error| {
                Error::data(format!("{}: is no tuning: {}", one_line(path.display()), one_line(error)))
            })
        });
        read.map_err(|error| error.advice("stridelab tune --out FILE writes one"))
    }

    /// Whether [`KeptTuning::write`] may have this place: nothing is there, or a tuning.
    ///
    /// # Errors
    /// [`Error::Usage`] with the path where something else is.
    pub fn check_place(path: &Path) -> Result<()> {
        let what = match std::fs::symlink_metadata(path) {
            Err(_) => return Ok(()),
            Ok(found) if found.is_symlink() => "is a link",
            Ok(found) if !found.is_file() => "is there already and is no file",
            Ok(_) if Self::read(path).is_ok() => return Ok(()),
            Ok(_) => "is there already and is no tuning",
        };
        Err(Error::usage(format!("{} {what}", one_line(path.display()))))
    }

    /// Keeps it for the next process, in a directory that is made where there is none.
    ///
    /// # Errors
    /// [`Error::Failure`] with the path.
    pub fn keep(&self, directory: &Path, info: &wgpu::AdapterInfo, tuning: &Tuning) -> Result<()> {
        make_private(directory);
        self.write(&Self::path(directory, info, tuning))
    }

    /// Writes a file that [`KeptTuning::read`] takes.
    ///
    /// # Errors
    /// [`Error::Failure`] with the path.
    pub fn write(&self, path: &Path) -> Result<()> {
        write_atomic(path, |w| {
            serde_json::to_writer_pretty(&mut *w, self)?;
            w.write_all(b"\n")
        })
    }

    /// Replaces the choices of `tuning`.
    ///
    /// # Errors
    /// [`Error::Usage`] for a choice that there is not, that cannot have this value, or that changes the order of sums.
    pub fn apply(&self, tuning: &mut Tuning) -> Result<()> {
        for (name, value) in &self.choices {
            if !Tuning::BY_MEASUREMENT.contains(&name.as_str()) {
                let name = one_line(name);
                let what = format!("tuning {name}={value}: only choices that are measured are taken from a file");
                return Err(Error::usage(what).advice(format!("these are {}", Tuning::BY_MEASUREMENT.join(", "))));
            }
            tuning.set(name, &value.to_string())?;
        }
        tuning.origin = format!("measured {}", one_line(&self.measured_at));
        Ok(())
    }
}

/// Backend, driver and its version.
fn driver(info: &wgpu::AdapterInfo) -> String {
    format!("{:?} {} {}", info.backend, info.driver, info.driver_info).trim().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn adapter(name: &str) -> wgpu::AdapterInfo {
        let real = wgpu::AdapterInfo::new(wgpu::DeviceType::DiscreteGpu, wgpu::Backend::Vulkan);
        wgpu::AdapterInfo { name: name.into(), driver: "driver".into(), driver_info: "1.2".into(), ..real }
    }

    fn tuning(info: &wgpu::AdapterInfo) -> Tuning {
        Tuning::for_adapter(info, wgpu::Features::empty(), &wgpu::Limits::default())
    }

    fn kept(info: &wgpu::AdapterInfo) -> KeptTuning {
        let row = |value, seconds| Measured { choice: "forward_tile".into(), value, seconds };
        let measured = (0..6).map(|value| row(value, if value == 4 { 1e-6 } else { 2e-6 })).collect();
        KeptTuning::new(info, &mut tuning(info), measured, "today".into())
    }

    #[test]
    fn what_was_measured_is_taken_on_the_same_adapter_only() {
        let folder = tempfile::tempdir().unwrap();
        let directory = folder.path().join("new");
        let info = adapter("one");
        assert_eq!(KeptTuning::load(&directory, &info, &tuning(&info)), None);
        let found = kept(&info);
        assert_eq!(found.choices["forward_tile"], 4);
        found.keep(&directory, &info, &tuning(&info)).unwrap();
        let loaded = KeptTuning::load(&directory, &info, &tuning(&info)).unwrap();
        assert_eq!(loaded, found);
        let mut choices = tuning(&info);
        loaded.apply(&mut choices).unwrap();
        assert_eq!((choices.choice("forward_tile"), choices.origin.as_str()), (Some(4), "measured today"));
        let newer = wgpu::AdapterInfo { driver_info: "1.3".into(), ..adapter("one") };
        for other in [adapter("two"), newer] {
            assert_eq!(KeptTuning::load(&directory, &other, &tuning(&other)), None, "{other:?}");
        }
        KeptTuning::check_place(&KeptTuning::path(&directory, &info, &tuning(&info))).unwrap();
        let mut lanes = tuning(&info);
        lanes.set("tiles", "0").unwrap();
        assert_eq!(KeptTuning::load(&directory, &info, &lanes), None, "of other kernels");
        // The same name of another adapter's file, as if two hashes were equal.
        kept(&adapter("two")).write(&KeptTuning::path(&directory, &info, &tuning(&info))).unwrap();
        assert_eq!(KeptTuning::load(&directory, &info, &tuning(&info)), None);
    }

    #[test]
    fn what_is_no_tuning_is_passed_over_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        let info = adapter("one");
        let path = KeptTuning::path(folder.path(), &info, &tuning(&info));
        let whole = serde_json::to_string(&kept(&info)).unwrap();
        let choices = |choices: &str| whole.replace(r#""forward_tile":4"#, choices);
        for (text, culprit) in [
            (String::new(), "is no tuning"),
            (whole[..whole.len() / 2].into(), "is no tuning"),
            (r#"{"choices":{"forward_tile":1}}"#.into(), "missing field"),
            (choices(r#""forward_tile":6"#), "forward_tile=6"),
            (choices(r#""forward_tile":-1"#), "is no tuning"),
            (choices(r#""speed":1"#), "speed=1"),
            (choices(r#""slices":16"#), "slices=16: only choices that are measured"),
            (choices(r#""submission_ms":18446744073709551615"#), "submission_ms"),
            (choices(r#""a\n\u001b[2J":1"#), "only choices that are measured"),
        ] {
            std::fs::write(&path, &text).unwrap();
            assert_eq!(KeptTuning::load(folder.path(), &info, &tuning(&info)), None, "{text}");
            let error = KeptTuning::read(&path).and_then(|kept| kept.apply(&mut tuning(&info))).unwrap_err();
            let line = error.to_string();
            let is_tuning = KeptTuning::read(&path).is_ok();
            assert_eq!(KeptTuning::check_place(&path).is_ok(), is_tuning, "{text}");
            assert!(line.contains(culprit) && !line.contains(char::is_control), "{line}");
        }
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        assert_eq!(KeptTuning::load(folder.path(), &info, &tuning(&info)), None);
        assert!(kept(&info).write(&path).is_err());
    }
}
