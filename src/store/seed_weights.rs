//! Trained weights of one seed, wherever the runs that are read have them.

use std::path::Path;

use super::weights_reader::WeightsReader;
use crate::error::Result;
use crate::model::{Configuration, ModelId, Network};
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
    /// The machine that trained them; `None` of no models.
    pub machine: Option<Machine>,
}

/// Of the finished models of `records`, those of the least seed of which a run has the weights of every configuration, or
/// else of most of them. All are of one run. A file that is damaged, or of another network, counts as one that is not
/// there.
///
/// # Errors
/// [`crate::Error::Data`] where a run cannot be read.
pub fn seed_weights(runs: &[impl AsRef<Path>], records: &StudyRecords) -> Result<SeedWeights> {
    let wanted = records.configurations();
    let mut seeds: Vec<u64> = records.models.iter().map(|row| row.model.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let mut best = SeedWeights::default();
    for run in runs {
        let reader = WeightsReader::open(run.as_ref())?;
        for &seed in &seeds {
            let found = |&configuration: &Configuration| checked(&reader, records, ModelId { configuration, seed });
            let models: Vec<WeightsFile> = wanted.iter().filter_map(found).collect();
            if models.len() > best.models.len() {
                best = SeedWeights { models, machine: Some(reader.run.machine.clone()) };
            }
            if best.models.len() == wanted.len() {
                return Ok(best);
            }
        }
    }
    Ok(best)
}

fn checked(reader: &WeightsReader, records: &StudyRecords, model: ModelId) -> Option<WeightsFile> {
    let network = Network::new(records.run.data.image, model.configuration).ok()?;
    let network = network.with_classes(records.run.data.classes.max(1)).ok()?;
    reader.read(model, &network).ok()??;
    Some(WeightsFile { model, file: reader.file(model).ok()?? })
}
