//! `report.html` of one or more runs.

use std::path::{Path, PathBuf};

use stridelab::analysis::claims::{Claim, claims};
use stridelab::analysis::{StudyTables, TableSink, tables};
use stridelab::data::Dataset;
use stridelab::error::one_line;
use stridelab::model::Configuration;
use stridelab::record::{BenchRecord, Row, StudyRecords};
use stridelab::report::figure::curves;
use stridelab::report::figure::step_time::step_time;
use stridelab::report::figure::study::{StudyFigure, caption, figures};
use stridelab::report::page::{ModelWeights, PageFigure, PageFile, PageModels, PageSource, device, page};
use stridelab::store::layout::{CLAIMS_CSV, CLAIMS_JSON, METRICS, MODELS, REPORT, SHAPES};
use stridelab::store::{SeedWeights, csv_bytes, seed_weights};
use stridelab::{Error, Result};

use super::answers::{self, RunSources};
use crate::args::TrainArgs;
use crate::terminal::{print, say};

/// Most configurations that every figure shows. Of more, those that compare accuracies show all, the others the tutorial's
/// four.
const MOST_DRAWN: usize = 6;
/// Figures that show all configurations, however many there are.
const COMPARED: [&str; 2] = ["final_accuracy", "differences"];

/// Makes the page of a run that has just ended, and names it. A run without a row has none. A page that cannot be
/// written is no failure of the run: `stridelab report` makes it again.
///
/// # Errors
/// [`Error::Failure`] where stdout cannot be written.
pub(super) fn of_run(args: &TrainArgs, directory: &Path) -> Result<()> {
    let made = answers::open(&answers::of_directory(args, directory)).and_then(|mut sources| {
        if sources.records.epochs.is_empty() {
            return Ok(None);
        }
        let tables = tables(&sources.records, sources.data.as_ref());
        let claims = claims(&sources.records);
        write(&mut sources, &tables, &claims, None).map(Some)
    });
    tell(args, made)
}

/// Names the page that was made, or warns that it was not.
///
/// # Errors
/// [`Error::Failure`] where stdout cannot be written.
pub(super) fn tell(args: &TrainArgs, made: Result<Option<PathBuf>>) -> Result<()> {
    match made {
        Ok(Some(page)) if !args.json => print(&named(&page)),
        Ok(_) => Ok(()),
        Err(error) => {
            say(&format!("warning: the run has no page: {}", one_line(error)));
            Ok(())
        }
    }
}

/// The line that names the page.
pub(super) fn named(page: &Path) -> String {
    format!("\nthe page: {}\n", one_line(page.display()))
}

/// Writes the page, and returns where it is.
///
/// # Errors
/// [`Error::Failure`] where it cannot be written or there is no place for it.
pub(super) fn write(
    sources: &mut RunSources,
    tables: &StudyTables,
    claims: &[Claim],
    bench: Option<&BenchRecord>,
) -> Result<PathBuf> {
    let RunSources { records, data, paths, command, writer } = sources;
    let Some(writer) = writer else { return Err(Error::failure("the page has no directory")) };
    let all = records.configurations();
    let four_drawn = all.len() > MOST_DRAWN && Configuration::TUTORIAL.iter().all(|c| all.contains(c));
    let mut shown = drawn(records, tables, data.as_ref(), four_drawn);
    shown.extend(bench.map(|bench| PageFigure { name: "cost", svg: step_time(bench) }));
    let mut files = SavedFiles(vec![PageFile {
        name: CLAIMS_JSON.into(),
        bytes: answers::json_text(claims, records)?.into_bytes(),
    }]);
    files.table(CLAIMS_CSV, &claims.iter().flat_map(Claim::rows).collect::<Vec<_>>())?;
    files.table(MODELS, &records.models)?;
    files.table(METRICS, &records.epochs)?;
    files.table(SHAPES, &records.shapes)?;
    tables.each(&mut files)?;
    let SeedWeights { models, epoch, machine } = seed_weights(paths, records)?;
    let models = PageModels {
        epochs: epoch.or(records.models.iter().map(|row| row.epochs).max()).unwrap_or_default(),
        device: machine.as_ref().map(device).unwrap_or_default(),
        models: models.into_iter().map(|trained| ModelWeights { model: trained.model, file: trained.file }).collect(),
    };
    let html = page(&PageSource {
        records,
        tables,
        claims,
        figures: &shown,
        four_drawn,
        data: data.as_ref(),
        models: &models,
        bench,
        files: &files.0,
        command,
    })?;
    writer.file(REPORT, html.as_bytes())?;
    Ok(writer.dir().join(REPORT))
}

/// The figures; where `only_four`, those that do not compare accuracies show the tutorial's four alone.
fn drawn(records: &StudyRecords, tables: &StudyTables, data: Option<&Dataset>, only_four: bool) -> Vec<PageFigure> {
    let four = only_four.then(|| records.only(&Configuration::TUTORIAL));
    let four = four.map(|records| (stridelab::analysis::tables(&records, data), records));
    let (shown, of_shown) = four.as_ref().map_or((records, tables), |(tables, records)| (records, tables));
    let mut drawn = Vec::new();
    if shown.epochs.iter().any(|row| row.epoch > 0) {
        drawn.push(PageFigure { name: "accuracy", svg: curves::accuracy(&shown.epochs, &caption(shown)) });
    }
    let figure = |figure: StudyFigure| PageFigure { name: figure.name, svg: figure.svg };
    drawn.extend(figures(shown, of_shown, data).into_iter().map(figure));
    if only_four {
        drawn.retain(|figure| !COMPARED.contains(&figure.name));
        let compared = figures(records, tables, data).into_iter().map(figure);
        drawn.extend(compared.filter(|figure| COMPARED.contains(&figure.name)));
    }
    drawn
}

/// Tables as the page offers them.
struct SavedFiles(Vec<PageFile>);

impl TableSink for SavedFiles {
    fn table<R: Row>(&mut self, file: &'static str, rows: &[R]) -> Result<()> {
        if !rows.is_empty() {
            self.0.push(PageFile { name: file.into(), bytes: csv_bytes(file, rows)? });
        }
        Ok(())
    }
}
