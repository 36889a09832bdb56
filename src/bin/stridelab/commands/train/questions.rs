//! What a study asks beyond training: measures of every model, tables of the data, and the verdicts at its end.

use std::collections::BTreeSet;
use std::path::Path;

use stridelab::Result;
use stridelab::analysis::{Coverage, ink};
use stridelab::backend::Backend;
use stridelab::bench::{Bench, BenchOptions};
use stridelab::data::Dataset;
use stridelab::store::RunWriter;
use stridelab::store::layout::{INFERENCE, INK, RUN, UNCOVERED_INK};
use stridelab::study::Study;
use stridelab::study::measure::{Questions, Region, Shift};

use crate::args::TrainArgs;
use crate::commands::{answers, page};
use crate::terminal::{print, say};

/// Shifts of up to so many pixels: as far as MNIST's digits are from the border.
const SHIFT: i32 = 4;
/// Test images that are shifted.
const SHIFTED: usize = 1000;
/// Test images whose feature maps are measured.
const MAPS: usize = 16;
/// Batch sizes at which inference is measured.
const BATCHES: [usize; 2] = [1, 64];

/// What every model is asked.
pub(super) fn of(study: &Study, data: &Dataset) -> Questions {
    let regions = study.configurations.iter().filter_map(|&configuration| {
        let coverage = Coverage::of(&study.network(configuration, data).ok()?);
        let read: Vec<bool> = coverage.paths.iter().map(|&paths| paths > 0).collect();
        read.contains(&false).then_some(Region { read_by: configuration, read })
    });
    Questions { shifts: Shift::grid(SHIFT), shift_images: SHIFTED, regions: regions.collect(), map_images: MAPS }
}

/// Writes what is known of the images, and what inference costs.
///
/// # Errors
/// [`stridelab::Error::Failure`] where a file cannot be written, or the backend fails.
pub(super) fn tables(writer: &mut RunWriter, study: &Study, backend: &Backend, data: &Dataset) -> Result<()> {
    let crops: BTreeSet<usize> = study.configurations.iter().map(|c| c.crop).collect();
    let rings = crops.into_iter().map(|crop| ink::by_ring(&data.test, crop)).collect::<Result<Vec<_>>>()?;
    writer.table(INK, &rings.concat())?;
    let mut uncovered = Vec::new();
    for &configuration in &study.configurations {
        uncovered.extend(ink::uncovered(&data.test, &study.network(configuration, data)?, configuration)?);
    }
    writer.table(UNCOVERED_INK, &uncovered)?;
    let options = BenchOptions {
        configurations: study.configurations.clone(),
        batch_sizes: BATCHES.into_iter().filter(|&batch| batch <= data.train.count).collect(),
        fuse: study.train.fuse,
        samples: 5,
        sample_seconds: 0.02,
        ..BenchOptions::default()
    };
    let rows = pollster::block_on(Bench::new(backend, data, &options)?.inference(backend))?;
    writer.table(INFERENCE, &rows)
}

/// Whether a finished run has that file, younger than the record of its end.
pub(super) fn has(directory: &Path, file: &str) -> bool {
    let written = |name| std::fs::metadata(directory.join(name)).and_then(|metadata| metadata.modified()).ok();
    written(file).is_some_and(|answers| written(RUN).is_some_and(|end| answers >= end))
}

/// Makes tables, figures and verdicts of what the run has on disk, and shows the verdicts.
///
/// # Errors
/// [`stridelab::Error::Failure`] where a file cannot be written.
pub(super) fn answer(args: &TrainArgs, directory: &Path) -> Result<()> {
    let mut sources = answers::open(&answers::of_directory(args, directory))?;
    let tables = answers::write_tables(&mut sources)?;
    let claims = answers::write_claims(&mut sources)?;
    if args.json {
        print(&answers::json_text(&claims, &sources.records)?)?;
    } else {
        if !args.quiet {
            tables.missing.iter().for_each(|line| say(&line.to_string()));
        }
        print(&format!("\n{}\n", answers::shown(&claims, &sources.records)))?;
    }
    if args.no_report {
        return Ok(());
    }
    page::tell(args, page::write(&mut sources, &tables, &claims, None).map(Some))
}
