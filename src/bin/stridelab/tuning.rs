//! Which choices a device is run with, and where they are kept.

use std::env::VarError;
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
                say(&format!("notice: {} was measured on {}", one_line(path.display()), one_line(&kept.adapter)));
            }
            let origin = format!("of {}", one_line(path.display()));
            kept.apply(gpu.tuning_mut()).map_err(|error| error.at(one_line(path.display())))?;
            gpu.tuning_mut().origin = origin;
        }
        TuningChoice::Auto | TuningChoice::Kept if kept.is_some() => {
            kept.map_or(Ok(()), |kept| kept.apply(gpu.tuning_mut()))?;
        }
        TuningChoice::Kept => {}
        // A software adapter would take longer than two seconds, for little; and what is measured beside choices of the
        // variable is not for other runs.
        TuningChoice::Auto if !gpu::is_real(&gpu.info) || is_replaced() => {}
        TuningChoice::Auto => match measured(gpu, FIRST_USE) {
            Err(error) if error != Error::Interrupted && gpu.check().is_ok() => {
                log::debug!("the kernels were not measured: {error}");
            }
            found => take(gpu, &found?, directory)?,
        },
        TuningChoice::Measure => {
            let found = measured(gpu, FIRST_USE)?;
            if !gpu.tuning().is_complete(&found.measured) {
                say("notice: not all could be measured within two seconds; stridelab tune takes its time");
            }
            take(gpu, &found, directory)?;
        }
    }
    replace(gpu.tuning_mut())
}

/// Says that the CPU makes no use of choices that were asked for.
///
/// # Errors
/// [`Error::Data`] for a file without a tuning.
pub(crate) fn pass_over(choice: &TuningChoice) -> Result<()> {
    let name = match choice {
        TuningChoice::File(path) => {
            KeptTuning::read(path).map_err(|error| error.at("--tuning"))?;
            one_line(path.display())
        }
        TuningChoice::Measure => "measure".into(),
        TuningChoice::Auto | TuningChoice::Kept | TuningChoice::Default => return Ok(()),
    };
    say(&format!("warning: --tuning {name} is not used: the CPU has no tuning"));
    Ok(())
}

/// Measures every candidate within that time, as far as it is enough.
///
/// # Errors
/// As [`gpu::measure`].
pub(crate) fn measured(gpu: &Gpu, budget: Duration) -> Result<KeptTuning> {
    let rows = pollster::block_on(gpu::measure(gpu, budget))?;
    Ok(KeptTuning::new(&gpu.info, &mut gpu.tuning().clone(), rows, timestamp()))
}

/// Takes what was measured, and keeps it for the next process if nothing is missing. Where that fails, the next one
/// measures again.
fn take(gpu: &mut Gpu, found: &KeptTuning, directory: Option<&Path>) -> Result<()> {
    if found.measured.is_empty() {
        return Ok(());
    }
    let complete = gpu.tuning().is_complete(&found.measured) && !is_replaced();
    if let Some(directory) = directory.filter(|_| complete)
        && let Err(error) = found.keep(directory, &gpu.info, gpu.tuning())
    {
        log::debug!("the tuning is not kept: {error}");
    }
    found.apply(gpu.tuning_mut())
}

/// Whether the environment variable replaces any choice.
pub(crate) fn is_replaced() -> bool {
    std::env::var_os(VARIABLE).is_some_and(|choices| !choices.is_empty())
}

/// Replaces choices by those of the environment variable, such as `merge=1,slices=16`.
fn replace(tuning: &mut Tuning) -> Result<()> {
    let choices = match std::env::var(VARIABLE) {
        Ok(choices) => choices,
        Err(VarError::NotPresent) => return Ok(()),
        Err(VarError::NotUnicode(_)) => return Err(Error::usage("it is no text").at(VARIABLE)),
    };
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
