//! What became of each model of a run, by configuration.

use std::collections::{BTreeMap, HashMap};

use crate::model::{Configuration, ModelId};
use crate::record::{EpochRow, ModelRow};

/// A model that was trained to the end.
#[derive(Debug, Clone, PartialEq)]
pub struct ModelOutcome {
    /// Its last epoch.
    pub last: EpochRow,
    /// Seconds of training, all epochs together.
    pub seconds: f64,
    /// Accuracy on the training set with the final weights, where that is known; see [`evaluated`].
    pub final_train_accuracy: Option<f64>,
}

/// The models of one configuration.
#[derive(Debug, Clone, PartialEq)]
pub struct ConfigurationOutcome {
    /// The configuration.
    pub configuration: Configuration,
    /// The models that were trained to the end and did not diverge, by seed.
    pub finished: BTreeMap<u64, ModelOutcome>,
    /// Seeds whose training diverged.
    pub diverged: Vec<u64>,
    /// Seeds whose training was not begun or not ended.
    pub unfinished: Vec<u64>,
}

impl ConfigurationOutcome {
    /// Whether every model that was asked for is there, so that a mean over them leaves nothing out.
    pub fn is_whole(&self) -> bool {
        self.diverged.is_empty() && self.unfinished.is_empty() && !self.finished.is_empty()
    }

    /// A measure of the finished models, by seed.
    pub fn values(&self, measure: impl Fn(&ModelOutcome) -> f64) -> BTreeMap<u64, f64> {
        self.finished.iter().map(|(&seed, outcome)| (seed, measure(outcome))).collect()
    }

    /// Final validation accuracy by seed, 0 to 1.
    pub fn val_accuracy(&self) -> BTreeMap<u64, f64> {
        self.values(|outcome| outcome.last.val_accuracy)
    }
}

/// What became of every model of `configurations` × `seeds`, each of which was to be trained for so many `epochs`, by
/// the rows of their epochs in any order. Rows of other models are passed over.
pub fn outcomes(
    rows: &[EpochRow],
    configurations: &[Configuration],
    seeds: &[u64],
    epochs: u32,
) -> Vec<ConfigurationOutcome> {
    let of = |&configuration: &Configuration| {
        let mut models: BTreeMap<u64, BTreeMap<u32, &EpochRow>> = BTreeMap::new();
        for row in rows.iter().filter(|row| row.model.configuration == configuration) {
            models.entry(row.model.seed).or_default().insert(row.epoch, row);
        }
        let mut outcome =
            ConfigurationOutcome { configuration, finished: BTreeMap::new(), diverged: vec![], unfinished: vec![] };
        for &seed in seeds {
            let rows = models.get(&seed).into_iter().flat_map(BTreeMap::values);
            let last = models.get(&seed).and_then(|rows| rows.last_key_value()).map(|(_, &row)| row);
            match last {
                _ if rows.clone().any(|row| row.diverged()) => outcome.diverged.push(seed),
                Some(last) if last.epoch >= epochs => {
                    let seconds = rows.map(|row| row.seconds).sum();
                    outcome
                        .finished
                        .insert(seed, ModelOutcome { last: last.clone(), seconds, final_train_accuracy: None });
                }
                _ => outcome.unfinished.push(seed),
            }
        }
        outcome
    };
    configurations.iter().map(of).collect()
}

/// The outcomes with what the finished models came to on the training set, evaluated with their final weights. The
/// training accuracy of an epoch is another thing: each of its samples saw the weights of its own step.
#[must_use]
pub fn evaluated(mut outcomes: Vec<ConfigurationOutcome>, models: &[ModelRow]) -> Vec<ConfigurationOutcome> {
    let accuracies: HashMap<ModelId, f64> = models.iter().map(|row| (row.model, row.final_train_accuracy)).collect();
    for outcome in &mut outcomes {
        let configuration = outcome.configuration;
        for (&seed, model) in &mut outcome.finished {
            model.final_train_accuracy = accuracies.get(&ModelId { configuration, seed }).copied();
        }
    }
    outcomes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(configuration: Configuration, seed: u64, epoch: u32, val_accuracy: f64) -> EpochRow {
        let model = ModelId { configuration, seed };
        EpochRow { model, epoch, train_loss: 0.1, train_accuracy: 0.9, val_loss: 0.2, val_accuracy, seconds: 2.0 }
    }

    #[test]
    fn models_are_finished_diverged_or_unfinished() {
        let [first, second, ..] = Configuration::TUTORIAL;
        let mut rows = vec![row(first, 3, 2, 0.98), row(first, 3, 1, 0.97), row(first, 4, 1, 0.96)];
        rows.extend([row(first, 5, 1, 0.95), row(first, 5, 2, 0.94), row(first, 99, 2, 0.5)]);
        rows[3].val_loss = f64::NAN;
        let all = outcomes(&rows, &[first, second], &[3, 4, 5], 2);
        assert_eq!(all[0].val_accuracy(), BTreeMap::from([(3, 0.98)]));
        assert_eq!(all[0].values(|outcome| outcome.seconds), BTreeMap::from([(3, 4.0)]));
        assert_eq!((all[0].diverged.as_slice(), all[0].unfinished.as_slice()), (&[5][..], &[4][..]));
        assert_eq!((all[1].finished.len(), all[1].unfinished.as_slice()), (0, &[3, 4, 5][..]));
        assert!(!all[0].is_whole() && !all[1].is_whole());
        assert!(outcomes(&rows, &[first], &[3], 2)[0].is_whole());
        // An evaluation of initial weights is an outcome too.
        let initial = outcomes(&[row(second, 0, 0, 0.1)], &[second], &[0], 0);
        assert!(initial[0].is_whole());
    }
}
