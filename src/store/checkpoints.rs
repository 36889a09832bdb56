//! The checkpoints in a run's directory: of every group of models the two that are furthest.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::io;
use std::path::Path;

use super::checkpoint::{checked, checkpoint_from_bytes, header, write};
use super::failure::cannot;
use super::layout::{CHECKPOINTS, checkpoint_group, checkpoint_name};
use crate::error::{Error, Result, one_line};
use crate::files::{read_bounded, write_atomic};
use crate::model::ModelId;
use crate::record::{Checkpoint, CheckpointHead};

/// How many checkpoints of a group are kept: the latest, and one more in case that it is damaged.
const GENERATIONS: usize = 2;

/// Most bytes of a checkpoint that is read: it is smaller than the buffers of the models that trained side by side.
const MOST_BYTES: u64 = 8 << 30;

/// A checkpoint on disk.
#[derive(Debug, Clone)]
struct Generation {
    name: String,
    models: Vec<ModelId>,
    step: u32,
}

/// The checkpoints of a run, and whom they are of.
#[derive(Debug, Default)]
pub(super) struct Checkpoints {
    known: Vec<Generation>,
    settled: HashSet<ModelId>,
}

/// What was found of checkpoints.
#[derive(Debug, Default)]
pub struct FoundCheckpoints {
    /// Of every group, the furthest that is whole.
    pub heads: Vec<CheckpointHead>,
    /// What was damaged, a line for each group in which the furthest was.
    pub damaged: Vec<String>,
}

impl Checkpoints {
    /// Reads all checkpoints in `directory`, which need not have any.
    ///
    /// # Errors
    /// [`Error::Failure`] where the folder cannot be read.
    pub(super) fn read(directory: &Path) -> Result<(Checkpoints, FoundCheckpoints)> {
        let folder = directory.join(CHECKPOINTS);
        let names = match fs::read_dir(&folder) {
            Ok(entries) => entries.collect::<io::Result<Vec<_>>>().map_err(|e| cannot("read", &folder, &e))?,
            Err(e) if e.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(e) => return Err(cannot("read", &folder, &e)),
        };
        let mut groups: BTreeMap<String, Vec<(u32, String)>> = BTreeMap::new();
        for name in names.iter().map(|entry| entry.file_name().to_string_lossy().into_owned()) {
            if let Some((group, step)) = checkpoint_group(&name) {
                groups.entry(group.slug()).or_default().push((step, name));
            }
        }
        let (mut checkpoints, mut found) = (Checkpoints::default(), FoundCheckpoints::default());
        for (group, mut generations) in groups {
            generations.sort_by_key(|(step, _)| std::cmp::Reverse(*step));
            let mut damaged = Vec::new();
            let mut furthest = None;
            for (_, name) in generations {
                let path = folder.join(&name);
                let shown = one_line(path.display());
                let read = read_bounded(&path, MOST_BYTES).and_then(|bytes| Ok(checked(&shown, &bytes)?.1));
                match read {
                    Ok(head) => {
                        checkpoints.known.push(Generation { name, models: head.living(), step: head.step });
                        furthest.get_or_insert(head);
                    }
                    Err(error) if furthest.is_none() => damaged.push(error),
                    Err(_) => {}
                }
            }
            let lines: Vec<String> = damaged.iter().map(ToString::to_string).collect();
            match furthest {
                Some(head) => {
                    if !lines.is_empty() {
                        let line =
                            format!("{}; the checkpoint before it, of {}, is used", lines.join("; "), place(&head));
                        found.damaged.push(line);
                    }
                    found.heads.push(head);
                }
                None => {
                    let line = format!("{}; the models that began with {group} start anew", lines.join("; "));
                    found.damaged.push(line);
                }
            }
        }
        // A model of two groups, which there is where one group went on in parts, is in the one that is further.
        found.heads.sort_by_key(|head| std::cmp::Reverse(head.step));
        let mut seen = HashSet::new();
        for head in &mut found.heads {
            let configuration = head.configuration;
            head.models.retain(|model| seen.insert(ModelId { configuration, seed: model.seed }));
        }
        found.heads.retain(|head| !head.models.is_empty());
        Ok((checkpoints, found))
    }

    /// Writes a checkpoint into `folder`, and removes those that are no longer needed for it.
    ///
    /// # Errors
    /// [`Error::Failure`] with the path and the reason; the earlier ones are still there.
    pub(super) fn write(&mut self, folder: &Path, checkpoint: &Checkpoint) -> Result<()> {
        let models = checkpoint.head.living();
        let Some(&first) = models.first() else { return Ok(()) };
        let (step, name) = (checkpoint.head.step, checkpoint_name(first, checkpoint.head.step));
        let header = header(checkpoint)?;
        write_atomic(&folder.join(&name), |out| write(checkpoint, &header, out))?;
        self.known.retain(|generation| generation.name != name);
        self.known.push(Generation { name, models: models.clone(), step });
        // The files of these models alone, the latest first.
        let of_these = |generation: &Generation| {
            generation.models.iter().all(|model| models.contains(model) || self.settled.contains(model))
        };
        let mut own: Vec<Generation> = self.known.iter().filter(|generation| of_these(generation)).cloned().collect();
        own.sort_by_key(|generation| std::cmp::Reverse(generation.step));
        own.iter().skip(GENERATIONS).try_for_each(|generation| self.remove(folder, &generation.name))
    }

    /// These models need no checkpoint any more: removes the files of which that is true of all models, and the folder
    /// where it is empty.
    ///
    /// # Errors
    /// [`Error::Failure`] with the path and the reason.
    pub(super) fn settle(&mut self, folder: &Path, models: &[ModelId]) -> Result<()> {
        self.settled.extend(models);
        let over = |generation: &&Generation| generation.models.iter().all(|model| self.settled.contains(model));
        let over: Vec<String> = self.known.iter().filter(over).map(|generation| generation.name.clone()).collect();
        over.iter().try_for_each(|name| self.remove(folder, name))?;
        // Damaged ones are known by their names alone.
        for name in fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.file_name()) {
            let name = name.to_string_lossy();
            let is_known = self.known.iter().any(|generation| generation.name == name);
            if !is_known && checkpoint_group(&name).is_some_and(|(first, _)| self.settled.contains(&first)) {
                self.remove(folder, &name)?;
            }
        }
        // It stays where somebody has put something into it.
        let _ = fs::remove_dir(folder);
        Ok(())
    }

    fn remove(&mut self, folder: &Path, name: &str) -> Result<()> {
        let path = folder.join(name);
        match fs::remove_file(&path) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(cannot("remove", &path, &e)),
            _ => {}
        }
        self.known.retain(|generation| generation.name != name);
        Ok(())
    }

    /// The furthest whole checkpoint that has all of these models.
    ///
    /// # Errors
    /// [`Error::Data`] where there is none that can be read.
    pub(super) fn load(&self, folder: &Path, models: &[ModelId]) -> Result<Checkpoint<'static>> {
        let has_all = |generation: &&Generation| models.iter().all(|model| generation.models.contains(model));
        let furthest = self.known.iter().filter(has_all).max_by_key(|generation| generation.step);
        let furthest = furthest.ok_or_else(|| Error::data("no checkpoint has these models"))?;
        let path = folder.join(&furthest.name);
        checkpoint_from_bytes(&one_line(path.display()), &read_bounded(&path, MOST_BYTES)?)
    }
}

/// `epoch 2`, or `epoch 2 and 5 steps`.
fn place(head: &CheckpointHead) -> String {
    match &head.begun {
        None => format!("epoch {}", head.epoch),
        Some(begun) => format!("epoch {} and {} steps", head.epoch, begun.steps),
    }
}
