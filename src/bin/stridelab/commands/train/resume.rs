//! `--resume`: what an earlier sitting has left, and whether it can be gone on with.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use serde_json::Value;
use stridelab::data::Dataset;
use stridelab::error::one_line;
use stridelab::model::ModelId;
use stridelab::record::{
    CheckpointHead, DataRecord, EpochRow, Machine, ModelRow, Resumption, RunRecord, Status, Totals,
};
use stridelab::store::{Earlier, Keep, OutputDirectory, RunWriter, read_models, read_run};
use stridelab::study::{self, DivergedModel, Study};
use stridelab::{Error, Result};

use super::checkpoint::divergence;
use super::options::options;
use crate::args::{BackendChoice, TrainArgs, recorded};
use crate::commands::timestamp;
use crate::terminal::say;

/// Options that may differ from those of the run. Of data, weights and device it is looked at what they are.
const MAY_DIFFER: [&str; 14] = [
    "resume",
    "any-device",
    "checkpoint-seconds",
    "no-checkpoints",
    "out",
    "force",
    "json",
    "quiet",
    "verbose",
    "data",
    "init",
    "backend",
    "adapter",
    "tuning",
];

/// A run that is gone on with: its directory is locked, and the options agree.
pub(super) struct EarlierRun {
    pub directory: OutputDirectory,
    pub record: RunRecord,
    /// The run's options, and this sitting's own.
    pub args: TrainArgs,
}

/// What is left of a run, and what is to be done.
pub(super) struct Remaining {
    pub writer: RunWriter,
    pub record: RunRecord,
    /// The rows of `metrics.csv` that stay.
    pub rows: Vec<EpochRow>,
    /// The rows of `models.csv`.
    pub models: Vec<ModelRow>,
    /// Models that are on disk whole, in the order of the study.
    pub finished: Vec<ModelId>,
    pub diverged: Vec<DivergedModel>,
    /// Models that go on from a checkpoint.
    pub checkpointed: HashSet<ModelId>,
    pub resume: study::Resume,
}

/// Opens the run in `path`; `args` are the options of this command.
///
/// # Errors
/// [`Error::Usage`] for an option that differs from the run's, naming it, or where another process writes there;
/// [`Error::Data`] where there is no run, or one of another version.
pub(super) fn open(path: &Path, args: &TrainArgs) -> Result<EarlierRun> {
    let directory = OutputDirectory::existing(path)?;
    let place = one_line(path.display());
    let anew = || format!("a run that has no run.json had not begun: start it anew with --out {place} --force");
    let record = read_run(path).map_err(|error| error.advice(anew()))?;
    if !record.merged.is_empty() {
        let what = format!("the run in {place} was merged of others, and nothing of it can be trained on");
        return Err(Error::usage(what).advice("go on with those, and merge them again"));
    }
    let version = env!("CARGO_PKG_VERSION");
    if record.version != version {
        let what = format!("the run in {place} is of stridelab {}, this is {version}", one_line(&record.version));
        return Err(Error::data(what).advice("go on with that version"));
    }
    let same_place = |out: &Path| out.canonicalize().ok().zip(path.canonicalize().ok()).is_some_and(|(a, b)| a == b);
    if let Some(out) = args.out.as_deref().filter(|out| !same_place(out)) {
        let what = format!("--out is {}, and the results of --resume go to {place}", one_line(out.display()));
        return Err(Error::usage(what).advice("leave --out out"));
    }
    let given = options(args, path);
    for name in args.given.iter().filter(|name| !MAY_DIFFER.contains(&name.as_str())) {
        let [of_run, here] = [&record.options, &given].map(|all| all.get(name).unwrap_or(&Value::Null));
        if of_run != here {
            let [of_run, here] = [of_run, here].map(|value| one_line(recorded::shown(value)));
            let what = format!("--{name} is {here}, that of the run in {place} is {of_run}");
            return Err(Error::usage(what).advice("leave it out, or train anew with another --out"));
        }
    }
    let run = recorded::from_record(&record.options).map_err(|error| error.at(format!("{place}/run.json")))?;
    let given = |name: &str| args.given.iter().any(|given| given == name);
    // The device that `auto` chose, whatever has been plugged in since.
    let chosen = if record.machine.backend == "gpu" { BackendChoice::Gpu } else { BackendChoice::Cpu };
    let (backend, adapter) = match given("backend") || given("adapter") {
        true => (args.backend, args.adapter.clone()),
        false => (chosen, run.adapter.clone()),
    };
    let args = TrainArgs {
        backend,
        adapter,
        data: if given("data") { args.data.clone() } else { run.data.clone() },
        init: if given("init") { args.init.clone() } else { run.init.clone() },
        checkpoint_seconds: if given("no-checkpoints") {
            None
        } else {
            args.checkpoint_seconds.or(run.checkpoint_seconds)
        },
        no_checkpoints: args.no_checkpoints || (run.no_checkpoints && !given("checkpoint-seconds")),
        out: Some(path.to_owned()),
        force: false,
        resume: args.resume.clone(),
        any_device: args.any_device,
        tuning: args.tuning.clone(),
        no_report: args.no_report,
        given: args.given.clone(),
        json: args.json,
        quiet: args.quiet,
        verbose: args.verbose,
        ..run
    };
    Ok(EarlierRun { directory, record, args })
}

impl Remaining {
    /// Of a run that begins.
    pub(super) fn all(writer: RunWriter, record: RunRecord) -> Remaining {
        Remaining {
            writer,
            record,
            rows: Vec::new(),
            models: Vec::new(),
            finished: Vec::new(),
            diverged: Vec::new(),
            checkpointed: HashSet::new(),
            resume: study::Resume::default(),
        }
    }
}

impl EarlierRun {
    /// Whether all is done, so that there is nothing to go on with.
    pub(super) fn is_finished(&self) -> bool {
        self.record.status == Status::Finished
    }

    /// Refuses other data or initial weights than the run's.
    ///
    /// # Errors
    /// [`Error::Data`] naming the file and both hashes.
    pub(super) fn check_data(&self, data: &DataRecord, init: Option<&str>) -> Result<()> {
        let place = one_line(self.directory.path().display());
        let differ = |file: &str, option: &str, here: Option<&str>, of_run: Option<&str>| {
            let shown = |hash: Option<&str>| one_line(hash.map_or("none", |hash| hash.get(..12).unwrap_or(hash)));
            let what = format!(
                "{} differs from that of the run in {place}: its SHA-256 begins with {}, that of the run's with {}",
                one_line(file),
                shown(here),
                shown(of_run)
            );
            Error::data(what).advice(format!("give the run's own to {option}"))
        };
        let names: std::collections::BTreeSet<_> = self.record.data.sha256.keys().chain(data.sha256.keys()).collect();
        for name in names {
            let [of_run, here] = [&self.record.data, data].map(|data| data.sha256.get(name).map(String::as_str));
            if of_run != here {
                return Err(differ(name, "--data", here, of_run));
            }
        }
        match self.record.init_sha256.as_deref() {
            of_run if of_run != init => Err(differ("the file of initial weights", "--init", init, of_run)),
            _ => Ok(()),
        }
    }

    /// Whether `machine` is another device than the run's.
    ///
    /// # Errors
    /// [`Error::Usage`] naming both where it is and `--any-device` is not given.
    pub(super) fn differs(&self, machine: &Machine) -> Result<bool> {
        let before = &self.record.machine;
        if before.is_same_device(machine) {
            return Ok(false);
        }
        if self.args.any_device {
            return Ok(true);
        }
        let place = one_line(self.directory.path().display());
        let what = format!("the run in {place} was computed on {}, and this is {}", device(before), device(machine));
        let error = Error::usage(what);
        Err(error.advice("go on there, or give --any-device: the results may then differ in their last bits"))
    }

    /// What is left to do of `study`, and a writer that goes on in the directory. Whatever of checkpoints is damaged is
    /// told on stderr.
    ///
    /// # Errors
    /// [`Error::Data`] where a row is missing; [`Error::Failure`] where a file cannot be written.
    pub(super) fn remaining(self, study: &Study, machine: &Machine, differs: bool) -> Result<Remaining> {
        let EarlierRun { directory, mut record, .. } = self;
        let all = study
            .configurations
            .iter()
            .flat_map(|&configuration| study.train.seeds.iter().map(move |&seed| ModelId { configuration, seed }));
        let all: Vec<ModelId> = all.collect();
        let models = read_models(directory.path())?;
        let on_disk: HashSet<ModelId> = models.iter().map(|row| row.model).collect();
        let finished: Vec<ModelId> = all.iter().filter(|model| on_disk.contains(model)).copied().collect();
        let found = RunWriter::found(&directory)?;
        for line in &found.damaged {
            say(&format!("warning: {line}"));
        }
        let mut keep: HashMap<ModelId, Keep> = HashMap::new();
        let mut checkpoints = Vec::new();
        for head in &found.heads {
            let of_head: Vec<_> = head.living().into_iter().filter(|model| !on_disk.contains(model)).collect();
            // Rows follow the first whole epoch.
            if head.epoch > 0 {
                keep.extend(of_head.iter().map(|&model| (model, Keep::Epochs(head.epoch))));
            }
            checkpoints.push(of_head);
        }
        let checkpointed: HashSet<ModelId> = checkpoints.iter().flatten().copied().collect();
        keep.extend(finished.iter().map(|&model| (model, Keep::Epochs(study.epochs))));
        let diverged =
            diverged(&record, &found.heads, |model| !checkpointed.contains(model) && !on_disk.contains(model));
        keep.extend(diverged.iter().map(|&model| (model, Keep::All)));
        let earlier = Earlier {
            models: keep,
            finished: on_disk,
            steps_per_epoch: record.steps_per_epoch,
            log_gradients: study.train.log_gradients,
        };
        let (mut writer, kept) = RunWriter::resume(directory, &earlier)?;
        let diverged =
            kept.diverged.iter().map(|(model, found)| DivergedModel { model: *model, divergence: divergence(found) });
        let diverged: Vec<_> = diverged.collect();
        let settled: Vec<ModelId> = finished.iter().copied().chain(diverged.iter().map(|found| found.model)).collect();
        writer.settle(&settled)?;

        let trained = kept.epochs.iter().filter(|row| row.epoch > 0);
        let epochs = trained.clone().count() as u64;
        record.totals = Totals {
            networks: finished.len(),
            epochs,
            steps: epochs * record.steps_per_epoch,
            train_seconds: trained.map(|row| row.seconds).sum(),
            ..record.totals
        };
        record.diverged = diverged.iter().map(|found| found.model.to_string()).collect();
        (record.status, record.end) = (Status::Running, None);
        record.bits_may_differ |= differs;
        record.resumed.push(Resumption { start: timestamp(), machine: differs.then(|| machine.clone()) });
        let resume = study::Resume { settled: settled.into_iter().collect(), checkpoints };
        Ok(Remaining { writer, record, rows: kept.epochs, models, finished, diverged, checkpointed, resume })
    }
}

/// The models that have diverged, those of `run.json` first: it is written after the checkpoint of the same epoch.
fn diverged(record: &RunRecord, heads: &[CheckpointHead], is_settled: impl Fn(&ModelId) -> bool) -> Vec<ModelId> {
    let named = record.diverged.iter().filter_map(|name| name.parse::<ModelId>().ok());
    let in_heads = heads.iter().flat_map(|head| {
        head.diverged.iter().map(|found| ModelId { configuration: head.configuration, seed: found.seed })
    });
    let mut seen = HashSet::new();
    named.chain(in_heads).filter(|model| is_settled(model) && seen.insert(*model)).collect()
}

fn device(machine: &Machine) -> String {
    let Machine { backend, adapter, driver, instruction_set, .. } = machine;
    let more = if backend == "cpu" { instruction_set } else { driver };
    one_line(format!("{}: {adapter}, {more}", backend.to_uppercase()))
}

/// What is said of a run that needs no more.
pub(super) fn nothing_left(earlier: &EarlierRun) -> String {
    let Totals { networks, epochs, steps, .. } = earlier.record.totals;
    let out = earlier.directory.path();
    if earlier.args.json {
        let last = serde_json::json!({
            "event": "done", "out": out.to_string_lossy(), "networks": networks, "epochs": epochs, "steps": steps,
        });
        return format!("{last}\n");
    }
    let models = stridelab::report::text::counted(networks, "model");
    format!("nothing is left to do: {models} in {}, every one finished\n", one_line(out.display()))
}

/// Calls the data what the run calls them: their folder may have been moved since.
pub(super) fn rename(data: &mut Dataset, record: &RunRecord) {
    data.name.clone_from(&record.data.name);
}
