//! The rows of an earlier sitting: those that belong to what is gone on from stay, all others go.

use std::collections::{HashMap, HashSet};
use std::fs::File;
use std::io::{BufReader, Read, Seek, SeekFrom, Write};
use std::num::NonZeroU32;
use std::path::Path;

use super::failure::cannot;
use super::layout::{GRADIENTS, METRICS, STEPS};
use crate::error::{Error, Result, one_line};
use crate::files::write_atomic;
use crate::model::ModelId;
use crate::record::{DivergenceRecord, EpochRow, GradientRow, Number, OPTIONAL_COLUMNS, Row, StepRow};

/// How much of a model stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keep {
    /// All of its epochs: so many.
    Epochs(u32),
    /// All that there are: the model has diverged.
    All,
}

/// What is gone on with of an earlier sitting, and what belongs to it.
#[derive(Debug, Clone, Default)]
pub struct Earlier {
    /// The models whose rows stay, and how much of each.
    pub models: HashMap<ModelId, Keep>,
    /// The models that are on disk whole.
    pub finished: HashSet<ModelId>,
    /// Training steps of an epoch.
    pub steps_per_epoch: u64,
    /// Every so many steps there are norms of gradients; none where there are none.
    pub log_gradients: Option<NonZeroU32>,
}

/// What stays of an earlier sitting.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct KeptRows {
    /// Rows of `metrics.csv`.
    pub epochs: Vec<EpochRow>,
    /// Where each model of [`Keep::All`] diverged, in the order of the rows.
    pub diverged: Vec<(ModelId, DivergenceRecord)>,
}

/// Losses of a model's steps.
#[derive(Default)]
struct StepLosses {
    count: u64,
    first: Option<f64>,
    /// The first that is no finite number, and its step.
    not_finite: Option<(u32, f64)>,
}

/// Leaves those rows of `metrics.csv`, `steps.csv` and `gradients.csv` in a run's directory that belong to the models to be
/// kept. Each file is replaced at once. An epoch's steps are there before its own row, and both before the checkpoint
/// after it, so whatever the checkpoint needs is there unless somebody has changed the files.
///
/// # Errors
/// [`Error::Data`] where a row is missing, and nothing is changed; [`Error::Failure`] where a file cannot be read or
/// written.
pub(super) fn keep_rows(directory: &Path, earlier: &Earlier) -> Result<KeptRows> {
    let Earlier { models, steps_per_epoch, log_gradients, .. } = earlier;
    let steps_per_epoch = *steps_per_epoch;
    let [metrics, steps] = [METRICS, STEPS].map(|name| directory.join(name));
    let mut epochs: HashMap<ModelId, Vec<u32>> = HashMap::new();
    let mut rows = Vec::new();
    let kept_metrics = filtered(&metrics, |row: &EpochRow| {
        let keep = match models.get(&row.model) {
            Some(Keep::All) => true,
            Some(Keep::Epochs(most)) => row.epoch <= *most,
            None => false,
        };
        if keep {
            epochs.entry(row.model).or_default().push(row.epoch);
            rows.push(row.clone());
        }
        keep
    })?;
    for (model, keep) in models {
        let found = epochs.get(model).map_or(&[][..], Vec::as_slice);
        let last = match keep {
            Keep::Epochs(last) => *last,
            Keep::All => found.last().copied().unwrap_or(1),
        };
        // Of weights that were evaluated and not trained there is one row, of epoch 0.
        let expected: Vec<u32> = if last == 0 { vec![0] } else { (1..=last).collect() };
        if found != expected {
            return Err(incomplete(&metrics, *model, found.len(), expected.len()));
        }
    }
    let most: HashMap<ModelId, u64> = epochs
        .iter()
        .map(|(model, epochs)| (*model, u64::from(epochs.last().copied().unwrap_or_default()) * steps_per_epoch))
        .collect();
    let mut losses: HashMap<ModelId, StepLosses> = HashMap::new();
    let kept_steps = filtered(&steps, |row: &StepRow| {
        let Some(&most) = most.get(&row.model) else { return false };
        let found = losses.entry(row.model).or_default();
        if u64::from(row.step) != found.count + 1 || found.count == most {
            return false;
        }
        found.count += 1;
        found.first.get_or_insert(row.loss);
        if !row.loss.is_finite() {
            found.not_finite.get_or_insert((row.step, row.loss));
        }
        true
    })?;
    for (&model, &expected) in &most {
        let found = losses.get(&model).map_or(0, |found| found.count);
        if found != expected {
            return Err(incomplete(&steps, model, found as usize, expected as usize));
        }
    }
    keep_gradients(&directory.join(GRADIENTS), &most, *log_gradients)?;
    kept_steps.replace(&steps)?;
    kept_metrics.replace(&metrics)?;
    let diverged = rows.iter().filter(|row| row.diverged() && models.get(&row.model) == Some(&Keep::All));
    let diverged = diverged.map(|row| (row.model, divergence(row, losses.get(&row.model), steps_per_epoch)));
    Ok(KeptRows { diverged: diverged.collect(), epochs: rows })
}

/// Leaves the norms of the first steps of each model, so many steps of each. A file without a row goes.
fn keep_gradients(path: &Path, most: &HashMap<ModelId, u64>, every: Option<NonZeroU32>) -> Result<()> {
    let expected = |most: u64| every.map_or(0, |every| most / u64::from(every.get()));
    let mut steps: HashMap<ModelId, HashSet<u32>> = HashMap::new();
    let is_there = path.exists();
    let kept = is_there.then(|| {
        filtered(path, |row: &GradientRow| {
            let stays = most.get(&row.model).is_some_and(|&most| u64::from(row.step) <= most);
            if stays {
                steps.entry(row.model).or_default().insert(row.step);
            }
            stays
        })
    });
    let kept = kept.transpose()?;
    for (&model, &most) in most {
        let (found, expected) = (steps.get(&model).map_or(0, HashSet::len), expected(most) as usize);
        if found != expected {
            let what = format!(
                "{} has norms of {found} steps of {model} where those of {expected} belong",
                one_line(path.display())
            );
            return Err(Error::data(what).advice(CHANGED));
        }
    }
    match kept {
        Some(kept) if kept.rows == 0 => std::fs::remove_file(path).map_err(|e| cannot("remove", path, &e)),
        Some(kept) => kept.replace(path),
        None => Ok(()),
    }
}

/// What is to be done about a file that is not as it was written.
const CHANGED: &str = "the file was changed or damaged: put it back, or start the run anew";

/// Where a model diverged, by the row of the epoch in which it did and the losses of its steps.
fn divergence(row: &EpochRow, losses: Option<&StepLosses>, steps_per_epoch: u64) -> DivergenceRecord {
    let (mut epoch, mut step) = (row.epoch, None);
    // Of weights that were not trained the first loss is that of the training set.
    let mut first_loss = row.train_loss;
    let mut loss = if row.train_loss.is_finite() || row.epoch > 0 { row.val_loss } else { row.train_loss };
    if let Some(losses) = losses {
        first_loss = losses.first.unwrap_or(first_loss);
        if let Some((number, not_finite)) = losses.not_finite {
            let before = u64::from(number) - 1;
            epoch = (before / steps_per_epoch.max(1)) as u32 + 1;
            (step, loss) = (Some((before % steps_per_epoch.max(1)) as u32 + 1), not_finite);
        }
    }
    let (loss, first_loss) = (Number(loss), Number(first_loss));
    DivergenceRecord { seed: row.model.seed, epoch, step, loss, first_loss }
}

fn incomplete(path: &Path, model: ModelId, found: usize, expected: usize) -> Error {
    let what = format!("{} has {found} rows of {model} where {expected} belong", one_line(path.display()));
    Error::data(what).advice(CHANGED)
}

/// Where rows of a file end that stay, by bytes.
pub(super) struct Kept {
    /// Ranges of bytes, joined where one follows another.
    ranges: Vec<std::ops::Range<u64>>,
    len: u64,
    /// Rows that stay.
    pub rows: usize,
}

impl Kept {
    fn push(&mut self, range: std::ops::Range<u64>) {
        match self.ranges.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => self.ranges.push(range),
        }
    }

    /// Leaves nothing but these ranges in the file.
    pub(super) fn replace(&self, path: &Path) -> Result<()> {
        if matches!(&self.ranges[..], [only] if *only == (0..self.len)) {
            return Ok(());
        }
        let mut file = File::open(path).map_err(|e| cannot("read", path, &e))?;
        write_atomic(path, |out: &mut dyn Write| {
            for range in &self.ranges {
                file.seek(SeekFrom::Start(range.start))?;
                std::io::copy(&mut (&mut file).take(range.end - range.start), out)?;
            }
            Ok(())
        })
    }
}

/// Which rows of a CSV file `keep` wants to stay. What is no row, such as half of one, does not.
pub(super) fn filtered<R: Row>(path: &Path, mut keep: impl FnMut(&R) -> bool) -> Result<Kept> {
    let failed = |e: &std::io::Error| cannot("read", path, e);
    let file = File::open(path).map_err(|e| failed(&e))?;
    let len = file.metadata().map_err(|e| failed(&e))?.len();
    let whole = whole_lines(&file, len).map_err(|e| failed(&e))?;
    let mut csv = csv::ReaderBuilder::new().flexible(true).from_reader(BufReader::new(file).take(whole));
    let no_table = |what: String| {
        let error = Error::data(format!("{}: {what}", one_line(path.display())));
        error.advice(CHANGED)
    };
    let columns = csv.byte_headers().map_err(|e| no_table(one_line(e)))?.clone();
    let mut wanted = R::COLUMNS.iter().filter(|column| !OPTIONAL_COLUMNS.contains(column));
    if let Some(missing) = wanted.find(|wanted| !columns.iter().any(|column| column == wanted.as_bytes())) {
        return Err(no_table(format!("it has no column {missing}")));
    }
    let mut kept = Kept { ranges: Vec::new(), len, rows: 0 };
    let mut record = csv::ByteRecord::new();
    let mut start = 0;
    kept.push(start..csv.position().byte());
    loop {
        start = csv.position().byte();
        match csv.read_byte_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(e) if e.is_io_error() => return Err(no_table(one_line(e))),
            Err(_) => continue,
        }
        if record.len() == columns.len() && record.deserialize(Some(&columns)).is_ok_and(|row: R| keep(&row)) {
            kept.push(start..csv.position().byte());
            kept.rows += 1;
        }
    }
    Ok(kept)
}

/// Bytes up to the end of the last whole line.
fn whole_lines(mut file: &File, len: u64) -> std::io::Result<u64> {
    const BLOCK: u64 = 1 << 16;
    let mut end = len;
    let mut block = Vec::new();
    while end > 0 {
        let start = end.saturating_sub(BLOCK);
        block.clear();
        file.seek(SeekFrom::Start(start))?;
        file.take(end - start).read_to_end(&mut block)?;
        if let Some(at) = block.iter().rposition(|&byte| byte == b'\n') {
            end = start + at as u64 + 1;
            break;
        }
        end = start;
    }
    file.seek(SeekFrom::Start(0))?;
    Ok(end)
}
