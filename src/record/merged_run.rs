//! What is recorded of a run that was merged of others.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Machine, RunRecord, Status};
use crate::model::{Configuration, ConfigurationGrid, ModelId};

/// A run that is a part of another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MergedRun {
    /// Start, RFC 3339 with the zone's offset.
    pub start: String,
    /// End, likewise; `null` where it has not ended.
    pub end: Option<String>,
    /// How it ended.
    pub status: Status,
    /// What it computed on, where that is not the machine of the first one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub machine: Option<Machine>,
    /// Seeds of the models whose records are this run's, by configuration. `null` where an earlier version merged it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub models: Option<BTreeMap<String, BTreeSet<u64>>>,
}

impl MergedRun {
    fn has(&self, model: ModelId) -> bool {
        let seeds = self.models.as_ref().and_then(|models| models.get(&model.configuration.to_string()));
        seeds.is_some_and(|seeds| seeds.contains(&model.seed))
    }
}

fn by_configuration(models: &[ModelId]) -> BTreeMap<String, BTreeSet<u64>> {
    let mut seeds: BTreeMap<String, BTreeSet<u64>> = BTreeMap::new();
    for model in models {
        seeds.entry(model.configuration.to_string()).or_default().insert(model.seed);
    }
    seeds
}

impl RunRecord {
    /// What a model was computed on; `None` where the record of a merged run does not tell.
    pub fn machine_of(&self, model: ModelId) -> Option<&Machine> {
        if let Some(part) = self.merged.iter().find(|part| part.has(model)) {
            return Some(self.machine_of_part(part));
        }
        let mut unlisted =
            self.merged.iter().filter(|part| part.models.is_none()).map(|part| self.machine_of_part(part));
        let first = unlisted.next().unwrap_or(&self.machine);
        unlisted.all(|machine| machine.is_same_machine(first)).then_some(first)
    }

    fn machine_of_part<'a>(&'a self, part: &'a MergedRun) -> &'a Machine {
        part.machine.as_ref().unwrap_or(&self.machine)
    }

    /// Makes this the record of both runs: of its own models, and of others that the other one has.
    pub(super) fn join(&mut self, own_models: &[ModelId], other: RunRecord, other_models: &[ModelId]) {
        self.bits_may_differ |= other.bits_may_differ || !self.machine.is_same_device(&other.machine);
        let mut own = self.parts(own_models);
        // A model that only the other run has finished is the other one's.
        let theirs = by_configuration(other_models);
        for models in own.iter_mut().filter_map(|part| part.models.as_mut()) {
            for (configuration, seeds) in models {
                seeds.retain(|seed| !theirs.get(configuration).is_some_and(|theirs| theirs.contains(seed)));
            }
        }
        let others = other.parts(other_models).into_iter().map(|part| {
            let machine = part.machine.unwrap_or_else(|| other.machine.clone());
            MergedRun { machine: (machine != self.machine).then_some(machine), ..part }
        });
        self.merged = own.into_iter().chain(others).collect();
        self.join_options(&other.options);
        // From the first one's start to the last one's end; those of each stand in the list.
        self.end = other.end;
        self.status = match (self.status, other.status) {
            (Status::Finished, other) => other,
            (own, _) => own,
        };
        for name in other.diverged {
            if !self.diverged.contains(&name) {
                self.diverged.push(name);
            }
        }
        for network in other.left_out {
            if !self.left_out.contains(&network) {
                self.left_out.push(network);
            }
        }
        for (network, seconds) in other.setup_seconds {
            *self.setup_seconds.entry(network).or_default() += seconds;
        }
        self.totals.startup_seconds += other.totals.startup_seconds;
        self.totals.seconds += other.totals.seconds;
    }

    /// The runs that it was merged of, or itself with these models.
    fn parts(&self, models: &[ModelId]) -> Vec<MergedRun> {
        let RunRecord { start, end, status, merged, .. } = self;
        match merged.is_empty() {
            true => vec![MergedRun {
                start: start.clone(),
                end: end.clone(),
                status: *status,
                machine: None,
                models: Some(by_configuration(models)),
            }],
            false => merged.clone(),
        }
    }

    /// Seeds and networks of both. Networks that are no product of lists stand as single ones.
    fn join_options(&mut self, other: &Value) {
        let (own_seeds, own_networks) = (seeds(&self.options), networks(&self.options));
        let (Value::Object(options), others) = (&mut self.options, networks(other)) else { return };
        let mut all = own_seeds.clone();
        all.extend(seeds(other).into_iter().filter(|seed| !own_seeds.contains(seed)));
        options.insert("seed".into(), Value::Null);
        options.insert("seeds".into(), json!(all));
        if own_networks != others {
            let mut all = own_networks;
            all.extend(others.into_iter().filter(|network| !all.contains(network)).collect::<Vec<_>>());
            let none = ConfigurationGrid {
                stride: Vec::new(),
                padding: Vec::new(),
                kernel: Vec::new(),
                pool: Vec::new(),
                head: Vec::new(),
                crop: Vec::new(),
                configuration: all,
            };
            if let Ok(Value::Object(grid)) = serde_json::to_value(none) {
                options.extend(grid);
            }
            options.insert("grid".into(), Value::Null);
        }
        // What the runs do not share is no option of both.
        for (name, value) in options.iter_mut().filter(|(name, _)| !JOINED.contains(&name.as_str())) {
            if other.get(name) != Some(value) {
                *value = Value::Null;
            }
        }
    }
}

/// Options of which both runs' values are kept.
const JOINED: [&str; 10] =
    ["seed", "seeds", "grid", "stride", "padding", "kernel", "pool", "head", "crop", "configuration"];

fn seeds(options: &Value) -> Vec<u64> {
    let many = options.get("seeds").and_then(Value::as_array).into_iter().flatten();
    many.chain(options.get("seed")).filter_map(Value::as_u64).collect()
}

fn networks(options: &Value) -> Vec<Configuration> {
    let grid = serde_json::from_value::<ConfigurationGrid>(options.clone());
    grid.ok().and_then(|grid| grid.configurations().ok()).unwrap_or_default()
}
