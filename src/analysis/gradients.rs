//! Norms of gradients during training, over seeds.

use std::collections::{BTreeMap, HashMap};

use super::by_configuration::Configurations;
use crate::model::Configuration;
use crate::record::StudyRecords;

/// The mean norm over seeds at one step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepNorm {
    /// Step, counted from 1 through all epochs.
    pub step: u32,
    /// Mean of the norms.
    pub mean: f64,
    /// Seeds that the mean is of.
    pub seeds: usize,
}

/// Norms of one tensor of one configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct GradientNorms {
    /// The tensor, such as `conv1.weight`.
    pub tensor: String,
    /// The configuration.
    pub configuration: Configuration,
    /// By ascending step.
    pub steps: Vec<StepNorm>,
}

/// Mean norm over seeds by step, by tensor in the order in which they first occur and by configuration. Norms that are not
/// finite are left out.
pub fn gradient_norms(records: &StudyRecords) -> Vec<GradientNorms> {
    #[derive(Default)]
    struct NormSum {
        norm: f64,
        seeds: usize,
    }
    let mut configurations = Configurations::of(records);
    let mut tensors: HashMap<&str, usize> = HashMap::new();
    let mut names: Vec<&str> = Vec::new();
    let mut sums: BTreeMap<(usize, usize), BTreeMap<u32, NormSum>> = BTreeMap::new();
    for row in records.gradients.iter().filter(|row| row.norm.is_finite()) {
        let tensor = *tensors.entry(&row.tensor).or_insert_with(|| {
            names.push(&row.tensor);
            names.len() - 1
        });
        let at = (tensor, configurations.index(row.model.configuration));
        let sum = sums.entry(at).or_default().entry(row.step).or_default();
        sum.norm += row.norm;
        sum.seeds += 1;
    }
    let norms = |((tensor, configuration), steps): ((usize, usize), BTreeMap<u32, NormSum>)| GradientNorms {
        tensor: names[tensor].into(),
        configuration: configurations.0[configuration],
        steps: steps
            .into_iter()
            .map(|(step, NormSum { norm, seeds })| StepNorm { step, mean: norm / seeds as f64, seeds })
            .collect(),
    };
    sums.into_iter().map(norms).collect()
}
