//! Trained weights of one seed, wherever the runs that are read have them.

use std::cmp::Reverse;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::weights_reader::WeightsReader;
use crate::error::Result;
use crate::model::{ModelId, Network};
use crate::record::{Machine, StudyRecords};

/// The weights file of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightsFile {
    /// The model.
    pub model: ModelId,
    /// The file, which holds exactly the tensors of the model's network.
    pub file: Vec<u8>,
}

/// Models of one seed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeedWeights {
    /// A model a configuration.
    pub models: Vec<WeightsFile>,
    /// Epochs after which the first of them was written, where its file says it.
    pub epoch: Option<u32>,
    /// The machine that trained them; `None` of no models.
    pub machine: Option<Machine>,
}

/// The weights of the least seed of which a run has those of every configuration, or else of most of them, all of one
/// run: of finished models, or of a run that has none, of those that were begun. A file that is damaged, or of another
/// network, counts as one that is not there.
///
/// # Errors
/// [`crate::Error::Data`] where a run cannot be read.
pub fn seed_weights(runs: &[impl AsRef<Path>], records: &StudyRecords) -> Result<SeedWeights> {
    let mut best = SeedWeights::default();
    for run in runs {
        let reader = WeightsReader::open(run.as_ref())?;
        let finished: HashSet<ModelId> = records.models.iter().map(|row| row.model).collect();
        let wanted = |model: &&ModelId| finished.is_empty() || finished.contains(*model);
        let mut by_seed: BTreeMap<u64, Vec<ModelId>> = BTreeMap::new();
        for model in reader.models.iter().filter(wanted).filter(|model| reader.has(**model)) {
            by_seed.entry(model.seed).or_default().push(*model);
        }
        // The greatest number first, of equal ones the least seed.
        let mut seeds: Vec<Vec<ModelId>> = by_seed.into_values().collect();
        seeds.sort_by_key(|models| Reverse(models.len()));
        for models in seeds {
            if models.len() <= best.models.len() {
                break;
            }
            let found: Vec<_> = models.into_iter().filter_map(|model| checked(&reader, records, model)).collect();
            if found.len() > best.models.len() {
                let epoch = found.first().and_then(|(_, epoch)| *epoch);
                let models = found.into_iter().map(|(file, _)| file).collect();
                best = SeedWeights { models, epoch, machine: Some(reader.run.machine.clone()) };
            }
        }
    }
    Ok(best)
}

/// The file of a model, and the epochs that it names.
fn checked(reader: &WeightsReader, records: &StudyRecords, model: ModelId) -> Option<(WeightsFile, Option<u32>)> {
    let network = Network::new(records.run.data.image, model.configuration).ok()?;
    let network = network.with_classes(records.run.data.classes.max(1)).ok()?;
    let epoch = reader.read(model, &network).ok()??.epoch;
    Some((WeightsFile { model, file: reader.file(model).ok()?? }, epoch))
}
