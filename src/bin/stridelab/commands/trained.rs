//! The trained models of a run, and the images that it knows.

use std::collections::HashSet;
use std::path::Path;

use stridelab::data::Dataset;
use stridelab::error::one_line;
use stridelab::model::network::CLASSES;
use stridelab::model::{Configuration, ModelId, Network};
use stridelab::record::RunRecord;
use stridelab::store::{StoredWeights, WeightsReader};
use stridelab::{Error, Result};

use crate::args::recorded;
use crate::memory;
use crate::terminal::say;

/// Rows and columns of MNIST's images, for a run that does not say them.
const MNIST: [usize; 2] = [28, 28];
/// Seeds that a message lists.
const MOST_SEEDS: usize = 5;

/// A run, and which of its models are asked for.
pub(super) struct TrainedRun {
    pub reader: WeightsReader,
    /// Rows and columns of its images.
    pub size: [usize; 2],
    pub classes: usize,
    /// Whether it was trained with kernels that replace several operations.
    pub fuse: bool,
    /// Networks whose models are asked for, with the seeds of these.
    pub groups: Vec<ModelGroup>,
}

/// The models of one configuration.
pub(super) struct ModelGroup {
    pub configuration: Configuration,
    pub network: Network,
    pub seeds: Vec<u64>,
}

/// A model whose weights are whole.
pub(super) struct StoredModel {
    pub id: ModelId,
    pub weights: StoredWeights,
}

/// Opens a run. Networks that cannot be made of its images are named and left out.
///
/// # Errors
/// [`Error::Data`] where there is no run; [`Error::Usage`] where it has no model of the seed.
pub(super) fn open(path: &Path, seed: Option<u64>) -> Result<TrainedRun> {
    let reader = WeightsReader::open(path)?;
    let run = &reader.run;
    let size = if run.data.image.contains(&0) { MNIST } else { run.data.image };
    let classes = if run.data.classes == 0 { CLASSES } else { run.data.classes };
    let fuse = run.options.get("no-fuse").and_then(serde_json::Value::as_bool) != Some(true);
    let all = models(&reader);
    let asked: Vec<ModelId> = all.iter().copied().filter(|model| seed.is_none_or(|seed| model.seed == seed)).collect();
    let shown = one_line(path.display());
    if let (true, Some(seed)) = (asked.is_empty(), seed) {
        let mut seeds: Vec<u64> = all.iter().map(|model| model.seed).collect();
        seeds.sort_unstable();
        seeds.dedup();
        let error = Error::usage(format!("--seed {seed}: the run in {shown} has no such model"));
        return Err(if seeds.is_empty() { error } else { error.advice(format!("choose from {}", listed(&seeds))) });
    }
    let mut groups: Vec<ModelGroup> = Vec::new();
    for model in asked {
        let configuration = model.configuration;
        match groups.iter_mut().find(|group| group.configuration == configuration) {
            Some(group) => group.seeds.push(model.seed),
            None => match Network::new(size, configuration).and_then(|network| network.with_classes(classes)) {
                Ok(network) => groups.push(ModelGroup { configuration, network, seeds: vec![model.seed] }),
                Err(error) => say(&format!("warning: {configuration} is left out: {error}")),
            },
        }
    }
    Ok(TrainedRun { reader, size, classes, fuse, groups })
}

/// The models that the run was to train, and those of its tables.
fn models(reader: &WeightsReader) -> Vec<ModelId> {
    let RunRecord { options, left_out, merged, .. } = &reader.run;
    let mut all = Vec::new();
    // A run that was merged of others has the models of its tables alone.
    if let (true, Ok(args)) = (merged.is_empty(), recorded::from_record(options)) {
        let is_made = |c: &Configuration| left_out.iter().all(|left_out| left_out.network != c.to_string());
        let configurations = args.grid.configurations().unwrap_or_default();
        let seeds = args.seeds();
        for configuration in configurations.into_iter().filter(is_made) {
            all.extend(seeds.iter().map(|&seed| ModelId { configuration, seed }));
        }
    }
    all.extend(&reader.models);
    let mut seen = HashSet::new();
    all.retain(|model| seen.insert(*model));
    all
}

impl TrainedRun {
    /// Gives `each` the models of a group whose weights are whole, one after the other; the others are named on stderr.
    ///
    /// # Errors
    /// Those of `each`.
    pub(super) fn each(&self, group: &ModelGroup, mut each: impl FnMut(StoredModel) -> Result<()>) -> Result<usize> {
        let ModelGroup { configuration, network, seeds } = group;
        let (mut missing, mut whole) = (Vec::new(), 0);
        for &seed in seeds {
            let id = ModelId { configuration: *configuration, seed };
            match self.reader.read(id, network) {
                Ok(Some(weights)) => {
                    whole += 1;
                    each(StoredModel { id, weights })?;
                }
                Ok(None) if self.reader.run.diverged.contains(&id.to_string()) => {
                    say(&format!("warning: {id}: its training diverged, it has no weights"));
                }
                Ok(None) => missing.push(seed),
                Err(error) => say(&format!("warning: {id} is left out: {error}")),
            }
        }
        if !missing.is_empty() {
            let word = if missing.len() == 1 { "seed" } else { "seeds" };
            let place = self.reader.place();
            say(&format!("warning: {configuration}, {word} {}: no weights in {place}", listed(&missing)));
        }
        Ok(whole)
    }

    /// The error where no model has weights.
    pub(super) fn nothing(&self) -> Error {
        let error =
            Error::data(format!("{}: there are no weights of any model that is asked for", self.reader.place()));
        error.advice("name the directory of a run that has trained at least one epoch")
    }

    /// The data that is named, or that the run was trained on. Images of another size are refused; other images than the
    /// run's, where none are named, are a warning.
    ///
    /// # Errors
    /// [`Error::Data`] where they cannot be read, or are of another size.
    pub(super) fn data(&self, given: Option<&Path>) -> Result<Dataset> {
        let run = &self.reader.run;
        let recorded = run.options.get("data").and_then(|data| data.as_str()).map(Path::new);
        let directory = given.or(recorded);
        memory::check_data(directory)?;
        let data = match directory {
            Some(directory) => Dataset::open(directory).map_err(|error| match given {
                Some(_) => error,
                None => error.advice("give --data, if the run's data has moved"),
            })?,
            None => Dataset::embedded()?,
        };
        let [height, width] = self.size;
        if [data.test.height, data.test.width] != self.size {
            let found = format!("{}×{}", data.test.height, data.test.width);
            let name = directory.map_or_else(|| data.name.clone(), |directory| one_line(directory.display()));
            return Err(Error::data(format!(
                "{name} has images of {found}, the networks of the run take {height}×{width}"
            ))
            .advice("give data of that size"));
        }
        let differs = |(file, hash): &(String, String)| run.data.sha256.get(file).is_some_and(|of_run| of_run != hash);
        if given.is_none() && data.sha256[2..].iter().any(differs) {
            say("warning: the test images are not those that the run was validated on: their SHA-256 differs");
        }
        Ok(data)
    }
}

/// `0, 1 and 7 more`.
fn listed(seeds: &[u64]) -> String {
    let names = |seeds: &[u64]| seeds.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    match seeds.len() {
        n if n > MOST_SEEDS + 1 => format!("{} and {} more", names(&seeds[..MOST_SEEDS]), n - MOST_SEEDS),
        _ => names(seeds),
    }
}
