//! Records of several runs written as those of one: a run's directory, or a packed one.

use std::collections::HashMap;
use std::fs;
use std::io::{self, Write};
use std::path::Path;

use flate2::{Compression, GzBuilder};

use super::directory::OutputDirectory;
use super::failure::{cannot, in_the_way};
use super::layout::{
    BLANKED, GRADIENTS, INFERENCE, INK, LABELS, METRICS, MODELS, PREDICTIONS, RUN, SHAPES, SHIFTS, SMOOTHNESS, STEPS,
    UNCOVERED_INK, WEIGHTS, predictions_name, weights_name,
};
use super::predictions::{labels_to_bytes, to_bytes};
use super::run_files::RunFiles;
use super::run_writer::ROOMS;
use super::table::lines;
use crate::error::{Error, Remedy, Result, one_line};
use crate::files::write_atomic;
use crate::model::ModelId;
use crate::record::{Merged, Row, StepRow, StudyRecords, to_json};

/// Most bytes of a file of weights.
const WEIGHT_BYTES: u64 = 1 << 30;
/// The folder in a packed run. Its name does not depend on that of the archive, so that equal records are equal bytes.
const TOP: &str = "run";

/// Takes a file by its name below the run's directory.
type Sink<'a> = dyn FnMut(&str, &[u8]) -> Result<()> + 'a;

/// Writes merged records into a directory, and of the `runs`, which are those that were merged and in their order, the
/// weights and the steps of each model that is kept. Where this fails, nothing stays of it.
///
/// # Errors
/// [`Error::Failure`] where something cannot be written, [`Error::Data`] where a file of a run cannot be read.
pub fn write_merged(mut directory: OutputDirectory, merged: &Merged, runs: &[RunFiles]) -> Result<()> {
    directory.clear(&ROOMS)?;
    each_record(&merged.records, &mut |name, bytes| put(&mut directory, name, |w| w.write_all(bytes)))?;
    let mut models: Vec<(&ModelId, &usize)> = merged.sources.iter().collect();
    models.sort_by_key(|(model, _)| model.slug());
    for (&model, &run) in models {
        let name = format!("{WEIGHTS}/{}", weights_name(model));
        if let Some(bytes) = runs[run].read(&name, WEIGHT_BYTES)? {
            put(&mut directory, &name, |w| w.write_all(&bytes))?;
        }
    }
    let steps = runs.iter().map(|run| run.stream(STEPS)).collect::<Result<Vec<_>>>()?;
    if steps.iter().any(Option::is_some) {
        put(&mut directory, STEPS, |w| write_steps(merged, steps, w))?;
    }
    // Without it nobody takes the directory for a run.
    put(&mut directory, RUN, |w| w.write_all(record(&merged.records)?.as_bytes()))?;
    directory.keep();
    Ok(())
}

/// Packs records, without weights and steps, into a `.tar.gz` that is whole or not there. Equal records give equal bytes.
///
/// # Errors
/// [`Error::Usage`] where there is such a file and it is not forced, [`Error::Failure`] where it cannot be written.
pub fn pack(path: &Path, force: bool, records: &StudyRecords) -> Result<()> {
    match fs::symlink_metadata(path) {
        Ok(found) if !found.is_file() => return Err(in_the_way(path, "something that is no file")),
        Ok(_) if !force => {
            let error = Error::usage(format!("the file {} is there already", one_line(path.display())));
            return Err(error.remedy(Remedy::OtherDirectory).remedy(Remedy::ReplaceFiles));
        }
        _ => {}
    }
    let text = record(records).map_err(|e| Error::failure(one_line(e)))?;
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        fs::create_dir_all(folder).map_err(|e| cannot("create", folder, &e))?;
    }
    write_atomic(path, |out: &mut dyn Write| {
        let gzip = GzBuilder::new().mtime(0).write(out, Compression::best());
        let mut archive = tar::Builder::new(gzip);
        let mut add = |name: &str, bytes: &[u8]| -> io::Result<()> {
            let mut header = tar::Header::new_gnu();
            header.set_size(bytes.len() as u64);
            header.set_mode(0o644);
            header.set_mtime(0);
            archive.append_data(&mut header, format!("{TOP}/{name}"), bytes)
        };
        add(RUN, text.as_bytes())?;
        let added = each_record(records, &mut |name, bytes| add(name, bytes).map_err(|e| Error::failure(one_line(e))));
        added.map_err(io::Error::other)?;
        archive.into_inner()?.finish().map(drop)
    })
}

/// `run.json`. A run that was merged has no directory of its own.
fn record(records: &StudyRecords) -> io::Result<String> {
    let mut run = records.run.clone();
    if let Some(out) = run.options.get_mut("out") {
        *out = serde_json::Value::Null;
    }
    to_json(&run).map_err(io::Error::other)
}

/// Every record but `run.json` as its file, tables in the order of a run and predictions in that of the models.
fn each_record(records: &StudyRecords, sink: &mut Sink) -> Result<()> {
    fn table<R: Row>(sink: &mut Sink, name: &str, rows: &[R], always: bool) -> Result<()> {
        if rows.is_empty() && !always {
            return Ok(());
        }
        sink(name, &lines(Path::new(name), Some(R::COLUMNS), rows)?)
    }
    table(sink, METRICS, &records.epochs, true)?;
    table(sink, MODELS, &records.models, true)?;
    table(sink, SHAPES, &records.shapes, true)?;
    table(sink, SHIFTS, &records.shifts, false)?;
    table(sink, BLANKED, &records.blanked, false)?;
    table(sink, SMOOTHNESS, &records.smoothness, false)?;
    table(sink, GRADIENTS, &records.gradients, false)?;
    table(sink, INFERENCE, &records.inference, false)?;
    table(sink, INK, &records.ink, false)?;
    table(sink, UNCOVERED_INK, &records.uncovered_ink, false)?;
    if !records.labels.is_empty() {
        sink(&format!("{PREDICTIONS}/{LABELS}"), &labels_to_bytes(&records.labels)?)?;
    }
    for of in &records.predictions {
        sink(&format!("{PREDICTIONS}/{}", predictions_name(of.model)), &to_bytes(&of.predictions)?)?;
    }
    Ok(())
}

/// Writes a file below the directory, and notes it: it goes with the rest if something fails.
fn put(
    directory: &mut OutputDirectory,
    name: &str,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<()> {
    let (room, file) = name.rsplit_once('/').unwrap_or(("", name));
    let path = directory.check(room)?.join(file);
    directory.note(&path);
    write_atomic(&path, write)
}

/// The steps of each model from the run whose records are kept, those of whole epochs.
fn write_steps(merged: &Merged, runs: Vec<Option<Box<dyn io::Read + '_>>>, out: &mut dyn Write) -> io::Result<()> {
    let records = &merged.records;
    let mut most: HashMap<ModelId, u64> = HashMap::new();
    for row in &records.epochs {
        let last = most.entry(row.model).or_default();
        *last = (*last).max(u64::from(row.epoch) * records.run.steps_per_epoch);
    }
    let mut csv_out = csv::WriterBuilder::new().has_headers(false).from_writer(out);
    csv_out.write_record(StepRow::COLUMNS)?;
    for (position, run) in runs.into_iter().enumerate() {
        let Some(run) = run else { continue };
        let wanted = |row: &StepRow| {
            merged.sources.get(&row.model) == Some(&position)
                && most.get(&row.model).is_some_and(|&most| u64::from(row.step) <= most)
        };
        // A run that was killed may have stopped within a row.
        let rows = csv::ReaderBuilder::new().flexible(true).from_reader(run).into_deserialize::<StepRow>();
        for row in rows {
            match row {
                Ok(row) if wanted(&row) => csv_out.serialize(row)?,
                Err(e) if e.is_io_error() => return Err(e.into()),
                _ => {}
            }
        }
    }
    csv_out.flush()
}
