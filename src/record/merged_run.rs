//! What is recorded of a run that was merged of others.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Machine, RunRecord, Status};
use crate::model::{Configuration, ConfigurationGrid};

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
}

impl RunRecord {
    /// Makes this the record of both runs, whose models are different ones.
    pub(super) fn join(&mut self, other: RunRecord) {
        self.bits_may_differ |= other.bits_may_differ || !self.machine.is_same_device(&other.machine);
        let own = self.parts();
        let others = other.parts().into_iter().map(|part| {
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

    fn parts(&self) -> Vec<MergedRun> {
        let RunRecord { start, end, status, merged, .. } = self;
        match merged.is_empty() {
            true => vec![MergedRun { start: start.clone(), end: end.clone(), status: *status, machine: None }],
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
