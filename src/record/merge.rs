//! Several runs as one.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{RunRecord, StudyRecords};
use crate::error::{Error, Result};
use crate::model::ModelId;

/// Options that runs may differ in: which models there are, where they were trained, what else was written, and how it
/// was shown. Data, classes and initial weights are compared by what they are.
const FREE: [&str; 29] = [
    "adapter",
    "any-device",
    "backend",
    "checkpoint-seconds",
    "classes",
    "configuration",
    "crop",
    "data",
    "filters",
    "force",
    "grid",
    "head",
    "image",
    "init",
    "json",
    "kernel",
    "layer",
    "log-gradients",
    "no-checkpoints",
    "out",
    "padding",
    "pool",
    "quiet",
    "resume",
    "seed",
    "seeds",
    "stride",
    "study",
    "verbose",
];

/// Several runs as one, and what two of them have.
#[derive(Debug, Clone, PartialEq)]
pub struct Merged {
    /// All records.
    pub records: StudyRecords,
    /// Models that a later run has again; the first one's records are kept.
    pub doubled: Vec<ModelId>,
    /// Of each model, the run whose records are kept, by its position.
    pub sources: HashMap<ModelId, usize>,
}

/// Joins runs of different seeds, configurations or machines.
///
/// # Errors
/// [`Error::Usage`] where versions, data or options differ, naming what and in which of `names`, or where there is no run.
pub fn merge(runs: Vec<StudyRecords>, names: &[String]) -> Result<Merged> {
    let mut runs = runs.into_iter().zip(names);
    let (first, first_name) = runs.next().ok_or_else(|| Error::usage("there is no run to read"))?;
    let sources = begun(&first).into_iter().map(|model| (model, 0)).collect();
    let mut merged = Merged { records: first, doubled: Vec::new(), sources };
    for (position, (run, name)) in (1..).zip(runs) {
        if let Some(difference) = difference(&merged.records.run, &run.run) {
            let what = format!("{name} and {first_name} differ in {difference}");
            return Err(Error::usage(what).advice("merge runs of equal version, data and options"));
        }
        merged.add(run, position);
        merged.sum_up();
    }
    Ok(merged)
}

/// The first thing in which two runs differ that may not.
fn difference(a: &RunRecord, b: &RunRecord) -> Option<String> {
    if a.version != b.version {
        return Some(format!("the version: {} and {}", b.version, a.version));
    }
    for (file, sum) in &a.data.sha256 {
        if b.data.sha256.get(file) != Some(sum) {
            return Some(format!("the data: {file} of {} and of {}", b.data.name, a.data.name));
        }
    }
    if a.data.classes != b.data.classes {
        return Some(format!("--classes: {} and {}", b.data.classes, a.data.classes));
    }
    if a.init_sha256 != b.init_sha256 {
        return Some("the weights of --init".into());
    }
    let (Value::Object(a), Value::Object(b)) = (&a.options, &b.options) else { return None };
    let mut names: Vec<&String> = a.keys().chain(b.keys()).filter(|name| !FREE.contains(&name.as_str())).collect();
    names.sort();
    names.dedup();
    let name = names.iter().find(|name| a.get(**name) != b.get(**name))?;
    let value =
        |options: &serde_json::Map<String, Value>| options.get(*name).map_or("nothing".into(), Value::to_string);
    Some(format!("--{name}: {} and {}", value(b), value(a)))
}

/// The models of which a run has a whole epoch.
fn begun(run: &StudyRecords) -> HashSet<ModelId> {
    run.epochs.iter().map(|row| row.model).chain(run.models.iter().map(|row| row.model)).collect()
}

impl Merged {
    fn add(&mut self, run: StudyRecords, position: usize) {
        let records = &mut self.records;
        let known: HashSet<ModelId> = records.models.iter().map(|row| row.model).collect();
        self.doubled.extend(run.models.iter().map(|row| row.model).filter(|model| known.contains(model)));
        let new = |model: &ModelId| !known.contains(model);
        // The epochs of a model that neither run has finished are the first one's.
        let here = begun(records);
        let finished: HashSet<ModelId> = run.models.iter().map(|row| row.model).collect();
        let keeps = |model: &ModelId| new(model) && (finished.contains(model) || !here.contains(model));
        let kept: Vec<ModelId> = begun(&run).into_iter().filter(keeps).collect();
        self.sources.extend(kept.iter().map(|&model| (model, position)));
        records.gradients.retain(|row| known.contains(&row.model) || !finished.contains(&row.model));
        records.epochs.retain(|row| known.contains(&row.model) || !finished.contains(&row.model));
        records.epochs.extend(run.epochs.into_iter().filter(|row| keeps(&row.model)));
        records.models.extend(run.models.into_iter().filter(|row| new(&row.model)));
        records.shifts.extend(run.shifts.into_iter().filter(|row| new(&row.model)));
        records.blanked.extend(run.blanked.into_iter().filter(|row| new(&row.model)));
        records.smoothness.extend(run.smoothness.into_iter().filter(|row| new(&row.model)));
        records.gradients.extend(run.gradients.into_iter().filter(|row| keeps(&row.model)));
        records.predictions.extend(run.predictions.into_iter().filter(|of| new(&of.model)));
        // Configurations may be in both: the first one's rows stand.
        let shapes: Vec<_> = records.shapes.iter().map(|row| row.configuration).collect();
        records.shapes.extend(run.shapes.into_iter().filter(|row| !shapes.contains(&row.configuration)));
        let measured: Vec<_> = records.inference.iter().map(|row| row.configuration).collect();
        records.inference.extend(run.inference.into_iter().filter(|row| !measured.contains(&row.configuration)));
        let unread: Vec<_> = records.uncovered_ink.iter().map(|row| row.configuration).collect();
        records.uncovered_ink.extend(run.uncovered_ink.into_iter().filter(|row| !unread.contains(&row.configuration)));
        let crops: Vec<_> = records.ink.iter().map(|row| row.crop).collect();
        records.ink.extend(run.ink.into_iter().filter(|row| !crops.contains(&row.crop)));
        if records.labels.is_empty() {
            records.labels = run.labels;
        }
        records.missing.extend(run.missing);
        let here: Vec<ModelId> = here.into_iter().collect();
        records.run.join(&here, run.run, &kept);
    }

    fn sum_up(&mut self) {
        let StudyRecords { run, epochs, models, .. } = &mut self.records;
        let trained = epochs.iter().filter(|row| row.epoch > 0);
        run.totals.networks = models.len();
        run.totals.epochs = trained.clone().count() as u64;
        run.totals.steps = run.totals.epochs * run.steps_per_epoch;
        run.totals.train_seconds = trained.map(|row| row.seconds).sum();
    }
}
