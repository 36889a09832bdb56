//! What is made of the records of runs: tables of answers, figures, verdicts.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use stridelab::analysis::claims::{Claim, claims};
use stridelab::analysis::{StudyTables, TableSink, single_models, tables, test_set_notes, variance_splits};
use stridelab::data::Dataset;
use stridelab::error::one_line;
use stridelab::model::ModelId;
use stridelab::record::{FORMAT, StudyRecords, merge, to_json};
use stridelab::report::figure::curves;
use stridelab::report::figure::study::{caption, figures};
use stridelab::report::text::{claims_markdown, claims_text, sentences};
use stridelab::store::layout::{CLAIMS_CSV, CLAIMS_JSON, CLAIMS_MD};
use stridelab::store::{OutputDirectory, ReportWriter, read_study};
use stridelab::{Error, Result};

use super::draw;
use crate::args::{RunsArgs, TrainArgs};
use crate::interrupt::clears;
use crate::terminal::{colour, say, width};

/// The records of all runs that are named, joined, and where what is made of them goes.
pub(super) struct RunSources {
    pub records: StudyRecords,
    pub data: Option<Dataset>,
    /// Where the runs are.
    pub paths: Vec<PathBuf>,
    /// The command that gives the same answers.
    pub command: String,
    pub writer: Option<ReportWriter>,
}

/// Reads the runs; what is missing or doubled is said.
///
/// # Errors
/// [`Error::Data`] where one is no run; [`Error::Usage`] where they do not belong together, or another process writes
/// where the answers go.
pub(super) fn open(args: &RunsArgs) -> Result<RunSources> {
    let names: Vec<String> = args.runs.iter().map(|path| one_line(path.display())).collect();
    let runs = args.runs.iter().map(|path| read_study(path)).collect::<Result<Vec<_>>>()?;
    let merged = merge(runs, &names)?;
    merged.records.missing.iter().for_each(|line| say(&format!("warning: {line}")));
    say_doubled(&merged.doubled);
    let data = data(args.data.as_deref(), &merged.records)?;
    let writer = place(args)?.map(ReportWriter::new).transpose()?;
    let out = args.out.as_ref().map(|out| format!(" --out {}", one_line(out.display()))).unwrap_or_default();
    let command = format!("stridelab report {}{out}", names.join(" "));
    Ok(RunSources { records: merged.records, data, paths: args.runs.clone(), command, writer })
}

/// The arguments that name the directory of a run in training.
pub(super) fn of_directory(args: &TrainArgs, directory: &Path) -> RunsArgs {
    RunsArgs { runs: vec![directory.to_owned()], out: None, force: false, data: args.data.clone(), json: args.json }
}

/// Names the models that several runs have.
pub(super) fn say_doubled(doubled: &[ModelId]) {
    let rest = "in more than one run: the first one's records count";
    match doubled {
        [] => {}
        [only] => say(&format!("warning: {only} is {rest}")),
        [first, other] => say(&format!("warning: {first} and {other} are {rest}")),
        [first, others @ ..] => say(&format!("warning: {first} and {} other models are {rest}", others.len())),
    }
}

/// The directory for the answers; none where the runs are no single directory and none is given.
fn place(args: &RunsArgs) -> Result<Option<OutputDirectory>> {
    let single: Option<&PathBuf> = args.runs.first().filter(|path| args.runs.len() == 1 && path.is_dir());
    let opened = match (&args.out, single) {
        (Some(out), _) => OutputDirectory::open(out, args.force)?,
        (None, Some(run)) => OutputDirectory::open(run, true)?,
        (None, None) => return Ok(None),
    };
    Ok(Some(clears(opened)))
}

/// The images that the runs were trained on, where they are at hand.
fn data(given: Option<&Path>, records: &StudyRecords) -> Result<Option<Dataset>> {
    let recorded = records.run.options.get("data").and_then(|data| data.as_str());
    match (given, recorded) {
        (Some(directory), _) => Dataset::open(directory).map(Some),
        (None, None) => Dataset::embedded().map(Some),
        (None, Some(directory)) => Ok(Dataset::open(Path::new(directory)).ok()),
    }
}

/// Draws the curves of every epoch.
///
/// # Errors
/// [`Error::Failure`] where a file cannot be written.
pub(super) fn write_curves(sources: &mut RunSources) -> Result<()> {
    let RunSources { records, writer: Some(writer), .. } = sources else { return Ok(()) };
    if records.epochs.iter().any(|row| row.epoch > 0) {
        let caption = caption(records);
        writer.figure("accuracy", &draw(&curves::accuracy(&records.epochs, &caption))?)?;
        writer.figure("loss", &draw(&curves::loss(&records.epochs, &caption))?)?;
    }
    Ok(())
}

/// Writes every table and figure that the records allow, and returns the tables.
///
/// # Errors
/// [`Error::Failure`] where a file cannot be written.
pub(super) fn write_tables(sources: &mut RunSources) -> Result<StudyTables> {
    let RunSources { records, data, writer, .. } = sources;
    let tables = tables(records, data.as_ref());
    if let Some(writer) = writer {
        tables.each(writer)?;
        for figure in figures(records, &tables, data.as_ref()) {
            writer.figure(figure.name, &draw(&figure.svg)?)?;
        }
    }
    Ok(tables)
}

/// Judges the claims and writes them in three forms.
///
/// # Errors
/// [`Error::Failure`] where a file cannot be written.
pub(super) fn write_claims(sources: &mut RunSources) -> Result<Vec<Claim>> {
    let claims = claims(&sources.records);
    if let Some(writer) = &mut sources.writer {
        let rows: Vec<_> = claims.iter().flat_map(Claim::rows).collect();
        writer.table(CLAIMS_CSV, &rows)?;
        let notes = test_set_notes(&sources.records);
        let notes: String = notes.iter().map(|note| format!("- {note}\n")).collect();
        let separator = if notes.is_empty() { "" } else { "\n" };
        writer.file(CLAIMS_MD, format!("{}{separator}{notes}", claims_markdown(&claims)).as_bytes())?;
        writer.file(CLAIMS_JSON, json_text(&claims, &sources.records)?.as_bytes())?;
    }
    Ok(claims)
}

/// All of `claims.json`.
///
/// # Errors
/// [`Error::Failure`] where it cannot be written as JSON.
pub(super) fn json_text(claims: &[Claim], records: &StudyRecords) -> Result<String> {
    let value = |rows: serde_json::Result<Value>| rows.map_err(|e| Error::failure(one_line(e)));
    let with_sentence = |row: serde_json::Result<Value>, sentence: String| {
        let mut row = value(row)?;
        row["sentence"] = sentence.into();
        Ok(row)
    };
    let splits = variance_splits(records).into_iter();
    let splits = splits.map(|row| with_sentence(serde_json::to_value(&row), row.sentence()));
    let single = single_models(records).into_iter();
    let single = single.map(|row| with_sentence(serde_json::to_value(&row), row.sentence()));
    to_json(&json!({
        "format": FORMAT,
        "claims": value(serde_json::to_value(claims))?,
        "variance_split": splits.collect::<Result<Vec<_>>>()?,
        "mcnemar": single.collect::<Result<Vec<_>>>()?,
    }))
}

/// The verdicts and what the test set says, for the terminal.
pub(super) fn shown(claims: &[Claim], records: &StudyRecords) -> String {
    let notes = test_set_notes(records);
    let mut text = claims_text(claims, colour(), width());
    if !notes.is_empty() {
        text += &format!("\n\n{}", sentences(&notes, width()));
    }
    text
}
