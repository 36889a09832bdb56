//! Which choices a device is run with, and where they are kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use stridelab::error::one_line;
use stridelab::gpu::{self, Gpu, KeptTuning, Tuning};
use stridelab::{Error, Result};

use crate::args::TuningChoice;
use crate::commands::timestamp;
use crate::terminal::say;

/// The environment variable that replaces choices, also those that change the order of sums: for measurements.
const VARIABLE: &str = "STRIDELAB_TUNING";
/// What a first use may take.
const FIRST_USE: Duration = Duration::from_secs(2);

/// Makes the choices of an opened device.
///
/// # Errors
/// [`Error::Usage`] or [`Error::Data`] for a file or a variable without a tuning; as [`gpu::measure`] where that was asked
/// for.
pub(crate) fn apply(gpu: &mut Gpu, choice: &TuningChoice, directory: Option<&Path>) -> Result<()> {
    // The variable may choose other kernels, so it is heeded before anything is measured, and its word is the last.
    replace(gpu.tuning_mut())?;
    let kept = directory.and_then(|directory| KeptTuning::load(directory, &gpu.info, gpu.tuning()));
    match choice {
        TuningChoice::Default => {}
        TuningChoice::File(path) => {
            let kept = KeptTuning::read(path).map_err(|error| error.at("--tuning"))?;
            if kept.adapter != gpu.info.name {
                say(&format!("notice: {} was measured on {}", one_line(path.display()), kept.adapter));
            }
            let origin = format!("of {}", one_line(path.display()));
            kept.apply(gpu.tuning_mut()).map_err(|error| error.at(one_line(path.display())))?;
            gpu.tuning_mut().origin = origin;
        }
        TuningChoice::Auto | TuningChoice::Kept if kept.is_some() => {
            kept.map_or(Ok(()), |kept| kept.apply(gpu.tuning_mut()))?;
        }
        TuningChoice::Kept => {}
        // A software adapter would take longer than two seconds, for little.
        TuningChoice::Auto if !gpu::is_real(&gpu.info) => {}
        TuningChoice::Auto | TuningChoice::Measure => {
            if let Some(kept) = measured(gpu, FIRST_USE)? {
                kept.apply(gpu.tuning_mut())?;
                keep(&kept, gpu, directory);
            }
        }
    }
    replace(gpu.tuning_mut())
}

/// Measures every candidate within that time; `None` where there was not enough of it, or nothing to choose.
///
/// # Errors
/// As [`gpu::measure`].
pub(crate) fn measured(gpu: &Gpu, budget: Duration) -> Result<Option<KeptTuning>> {
    let rows = pollster::block_on(gpu::measure(gpu, budget))?;
    let measured = || KeptTuning::new(&gpu.info, &mut gpu.tuning().clone(), rows.clone(), timestamp());
    Ok((!rows.is_empty()).then(measured))
}

/// Keeps what was measured for the next process; where that fails, it measures again.
fn keep(kept: &KeptTuning, gpu: &Gpu, directory: Option<&Path>) {
    let Some(directory) = directory else { return };
    if let Err(error) = kept.keep(directory, &gpu.info, gpu.tuning()) {
        log::debug!("the tuning is not kept: {error}");
    }
}

/// Replaces choices by those of the environment variable, such as `merge=1,slices=16`.
fn replace(tuning: &mut Tuning) -> Result<()> {
    let Ok(choices) = std::env::var(VARIABLE) else { return Ok(()) };
    let choices: Vec<_> = choices.split(',').map(str::trim).filter(|choice| !choice.is_empty()).collect();
    for choice in &choices {
        let (name, value) = choice.split_once('=').unwrap_or((choice, ""));
        tuning.set(name, value).map_err(|error| error.at(VARIABLE))?;
    }
    let note = format!(", but {}", choices.join(" "));
    if !choices.is_empty() && !tuning.origin.ends_with(&note) {
        tuning.origin += &note;
    }
    Ok(())
}

/// Where this user's programs keep what they can make again; `None` where no variable says it.
pub(crate) fn cache_directory() -> Option<PathBuf> {
    let of = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = if cfg!(windows) { of("LOCALAPPDATA") } else { of("XDG_CACHE_HOME") };
    base.or_else(|| Some(of("HOME")?.join(".cache"))).map(|base| base.join("stridelab"))
}

/// The error of a command that has nowhere to keep what it found.
pub(crate) fn nowhere() -> Error {
    Error::failure("neither XDG_CACHE_HOME nor HOME says where to keep it").advice("name a file with --out")
}
