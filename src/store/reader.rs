//! A run's files, read by the types that wrote them.
//!
//! A run that was killed may have stopped within a row, or between its last epoch's steps and that epoch's own row:
//! what is not whole is left out.

use std::collections::BTreeMap;
use std::path::Path;

use super::layout::{FEATURES, METRICS, MODELS, RUN, SHAPES, STEPS};
use crate::error::{Error, Result, one_line};
use crate::files::read_bounded;
use crate::record::{
    BenchRecord, EpochRow, FeatureRecord, ModelRow, OPTIONAL_COLUMNS, Row, RunRecord, ShapeRow, StepRow, from_json,
};

/// Most bytes of a JSON record that is read.
pub(super) const JSON_BYTES: u64 = 64 << 20;
/// Most bytes of `features.safetensors` that are read: a thousand filters of a hundred configurations take half of it.
const FEATURE_BYTES: u64 = 1 << 30;
/// Most bytes of a CSV file that is read: a step's row of a thousand models over a hundred epochs takes three.
pub(super) const CSV_BYTES: u64 = 8 << 30;

/// Reads `run.json` of a run's directory.
///
/// # Errors
/// [`Error::Data`] with the path, where the file is missing, broken, or of a format that this version does not
/// read; as for all that follow.
pub fn read_run(directory: &Path) -> Result<RunRecord> {
    let path = directory.join(RUN);
    from_json(&read_bounded(&path, JSON_BYTES)?).map_err(|error| error.at(one_line(path.display())))
}

/// Reads `metrics.csv` of a run's directory.
///
/// # Errors
/// As [`read_run`]; the message names the line.
pub fn read_epochs(directory: &Path) -> Result<Vec<EpochRow>> {
    rows(&directory.join(METRICS))
}

/// Reads `steps.csv` of a run's directory: the steps of the epochs that `metrics.csv` has.
///
/// # Errors
/// As [`read_epochs`], for any of the files that tell what an epoch is.
pub fn read_steps(directory: &Path) -> Result<Vec<StepRow>> {
    let (run, mut steps) = (read_run(directory)?, rows::<StepRow>(&directory.join(STEPS))?);
    let mut epochs: BTreeMap<String, u64> = BTreeMap::new();
    for row in read_epochs(directory)? {
        let last = epochs.entry(row.model.slug()).or_default();
        *last = u64::from(row.epoch).max(*last);
    }
    if run.steps_per_epoch == 0 {
        return Ok(steps); // An earlier version's run, which does not say.
    }
    let finished = |row: &StepRow| {
        let epochs = epochs.get(&row.model.slug()).copied().unwrap_or_default();
        u64::from(row.step) <= epochs * run.steps_per_epoch
    };
    steps.retain(finished);
    Ok(steps)
}

/// Reads `shapes.csv` of a run's directory.
///
/// # Errors
/// As [`read_epochs`].
pub fn read_shapes(directory: &Path) -> Result<Vec<ShapeRow>> {
    rows(&directory.join(SHAPES))
}

/// Reads `features.safetensors` of a run's directory.
///
/// # Errors
/// As [`read_run`].
pub fn read_features(directory: &Path) -> Result<FeatureRecord> {
    let path = directory.join(FEATURES);
    FeatureRecord::from_bytes(&one_line(path.display()), &read_bounded(&path, FEATURE_BYTES)?)
}

/// Reads `models.csv` of a run's directory.
///
/// # Errors
/// As [`read_epochs`].
pub fn read_models(directory: &Path) -> Result<Vec<ModelRow>> {
    rows(&directory.join(MODELS))
}

/// Reads a `bench.json`.
///
/// # Errors
/// [`Error::Data`] where it is missing or no benchmark of this version's format.
pub fn read_bench(path: &Path) -> Result<BenchRecord> {
    let advice = "give a bench.json that stridelab bench wrote";
    let text = read_bounded(path, JSON_BYTES).map_err(|error| error.advice(advice))?;
    from_json(&text).map_err(|error| error.at(format!("{} is no benchmark", one_line(path.display()))).advice(advice))
}

fn rows<R: Row>(path: &Path) -> Result<Vec<R>> {
    rows_from_bytes(&one_line(path.display()), &read_bounded(path, CSV_BYTES)?)
}

/// Reads the rows of a CSV file from its bytes. Messages call the file `name`.
///
/// # Errors
/// [`Error::Data`] where a column is missing or a row is broken; the message names the column, or the line.
pub fn rows_from_bytes<R: Row>(name: &str, bytes: &[u8]) -> Result<Vec<R>> {
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
    let mut csv = csv::Reader::from_reader(&bytes[..whole]);
    let broken = |e: csv::Error| Error::data(format!("{name}: {}", one_line(e)));
    let columns = csv.headers().map_err(broken)?;
    let wanted = R::COLUMNS.iter().filter(|column| !OPTIONAL_COLUMNS.contains(column));
    if let Some(missing) = wanted.into_iter().find(|wanted| !columns.iter().any(|column| column == **wanted)) {
        return Err(Error::data(format!("{name} has no column {missing}")));
    }
    csv.deserialize().map(|row| row.map_err(broken)).collect()
}
