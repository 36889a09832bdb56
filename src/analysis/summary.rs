//! A run of several seeds in a few numbers: each configuration, each pair, and what is decidedly the best.

use std::collections::BTreeMap;

use serde::Serialize;

use super::comparison::{Comparison, MARGIN, Spread};
use super::outcome::{ConfigurationOutcome, ModelOutcome};
use super::pair_table::PairTable;
use crate::model::Configuration;

/// The longest that a time may be, as a share of the next one, to be the shorter one.
const FASTER: f64 = 0.9;
/// Seconds below which starting and stopping are a part of what is measured.
const LEAST_SECONDS: f64 = 0.1;

/// One configuration over its finished models.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ConfigurationSummary {
    /// The configuration.
    pub configuration: Configuration,
    /// Models that were asked for.
    pub asked: usize,
    /// Of these, how many diverged.
    pub diverged: usize,
    /// Of these, how many were not trained to the end.
    pub unfinished: usize,
    /// Final validation accuracy, 0 to 1. `None` where no model has finished, as for all that follow.
    pub val_accuracy: Option<Spread>,
    /// Accuracy over the last epoch's samples as they were trained on, 0 to 1.
    pub train_accuracy: Option<Spread>,
    /// Accuracy on the training set evaluated with the final weights, 0 to 1; `None` also where it is not known of a
    /// finished model.
    pub final_train_accuracy: Option<Spread>,
    /// Seconds of training a model; `None` also where nothing was trained.
    pub seconds: Option<Spread>,
    /// Milliseconds of a training step in the last epoch, likewise.
    pub ms_per_step: Option<Spread>,
    /// Whether its validation accuracy is decidedly above every other one's.
    pub best_val_accuracy: bool,
    /// Whether its training accuracy is, likewise.
    pub best_train_accuracy: bool,
    /// Whether its accuracy on the training set with the final weights is, likewise.
    pub best_final_train_accuracy: bool,
    /// Whether all its times are at least a tenth below every other one's, and long enough to be measured.
    pub fastest: bool,
    /// Whether its steps are, likewise.
    pub fastest_step: bool,
}

/// Two configurations, `first − second`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PairSummary {
    /// Position of the first among the configurations.
    pub first: usize,
    /// Position of the second, which comes later.
    pub second: usize,
    /// Their validation accuracies compared.
    pub comparison: Comparison,
}

/// Configurations and their pairs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StudySummary {
    /// In the order given.
    pub configurations: Vec<ConfigurationSummary>,
    /// Every pair once, in that order, judged together.
    pub pairs: Vec<PairSummary>,
}

/// Sums up the models of a run whose epochs have so many training steps.
///
/// A value is the best only where that is decided: an accuracy where [`PairTable::leads`], a time where it is a tenth
/// shorter in every model and at least 0.1 s, as models that train side by side share one clock and are no sample of
/// times. A configuration of which a model diverged or is unfinished is the best in nothing: the models that are left
/// are a choice.
pub fn summarise(outcomes: &[ConfigurationOutcome], steps_per_epoch: u64) -> StudySummary {
    let table = |measure: &dyn Fn(&ModelOutcome) -> f64| {
        let samples: Vec<BTreeMap<u64, f64>> = outcomes.iter().map(|outcome| outcome.values(measure)).collect();
        PairTable::of(&samples, Some(MARGIN))
    };
    let steps = steps_per_epoch as f64;
    let seconds = |outcome: &ModelOutcome| if outcome.last.epoch > 0 { outcome.seconds } else { f64::NAN };
    let last_seconds = |outcome: &ModelOutcome| if outcome.last.epoch > 0 { outcome.last.seconds } else { f64::NAN };
    let ms_per_step = |outcome: &ModelOutcome| last_seconds(outcome) * 1e3 / steps;
    let final_train = |model: &ModelOutcome| model.final_train_accuracy.unwrap_or(f64::NAN);
    let (val, train) = (table(&|model| model.last.val_accuracy), table(&|model| model.last.train_accuracy));
    let on_training_set = table(&final_train);
    let (fast, fast_step) = (fastest(outcomes, &seconds), fastest(outcomes, &last_seconds));
    let configuration = |(i, outcome): (usize, &ConfigurationOutcome)| {
        let spread = |measure: &dyn Fn(&ModelOutcome) -> f64| {
            Spread::of(&outcome.values(measure).into_values().collect::<Vec<_>>())
        };
        let whole = outcome.is_whole();
        ConfigurationSummary {
            configuration: outcome.configuration,
            asked: outcome.finished.len() + outcome.diverged.len() + outcome.unfinished.len(),
            diverged: outcome.diverged.len(),
            unfinished: outcome.unfinished.len(),
            val_accuracy: spread(&|model| model.last.val_accuracy),
            train_accuracy: spread(&|model| model.last.train_accuracy),
            final_train_accuracy: spread(&final_train),
            seconds: spread(&seconds),
            ms_per_step: spread(&ms_per_step),
            best_val_accuracy: whole && val.leads(i),
            best_train_accuracy: whole && train.leads(i),
            best_final_train_accuracy: whole && on_training_set.leads(i),
            fastest: fast[i],
            fastest_step: fast_step[i],
        }
    };
    let pair = |([first, second], &comparison): ([usize; 2], &Comparison)| PairSummary { first, second, comparison };
    StudySummary {
        configurations: outcomes.iter().enumerate().map(configuration).collect(),
        pairs: val.iter().map(pair).collect(),
    }
}

/// Which configuration's times, in seconds, are all shorter than every other's. Configurations without a finished model
/// have no time to be compared with.
fn fastest(outcomes: &[ConfigurationOutcome], seconds: &dyn Fn(&ModelOutcome) -> f64) -> Vec<bool> {
    let extremes = |outcome: &ConfigurationOutcome| {
        let times = || outcome.finished.values().map(seconds).filter(|time| time.is_finite());
        let (least, greatest) = (times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max));
        (least.is_finite()).then_some((least, greatest))
    };
    let times: Vec<_> = outcomes.iter().map(extremes).collect();
    let best = |i: usize| {
        let Some((least, greatest)) = times[i] else { return false };
        let mut others = times.iter().enumerate().filter(|(j, _)| *j != i).filter_map(|(_, other)| *other).peekable();
        let compared = others.peek().is_some();
        outcomes[i].is_whole()
            && compared
            && least >= LEAST_SECONDS
            && others.all(|(shortest, _)| greatest <= FASTER * shortest)
    };
    (0..outcomes.len()).map(best).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::comparison::Verdict;
    use crate::analysis::outcomes;
    use crate::model::ModelId;
    use crate::record::EpochRow;

    const SCATTER: [f64; 8] = [0.1, -0.3, 0.2, 0.4, -0.1, -0.4, 0.3, -0.2];

    /// Eight seeds of two configurations of one epoch, the first ahead by so many points, and of so many seconds.
    fn rows(lead: f64, seconds: [f64; 2]) -> Vec<EpochRow> {
        let row = |i: usize, seed: usize| {
            let noise = if i == 0 { SCATTER[seed] } else { SCATTER[(seed + 3) % 8] } / 100.0;
            EpochRow {
                model: ModelId { configuration: Configuration::TUTORIAL[i], seed: seed as u64 },
                epoch: 1,
                train_loss: 0.1,
                train_accuracy: 0.97 + noise,
                val_loss: 0.1,
                val_accuracy: 0.97 + noise + if i == 0 { lead / 100.0 } else { 0.0 },
                seconds: seconds[i],
            }
        };
        (0..2).flat_map(|i| (0..8).map(move |seed| row(i, seed))).collect()
    }

    fn summary(rows: &[EpochRow]) -> StudySummary {
        let seeds: Vec<u64> = (0..8).collect();
        summarise(&outcomes(rows, &Configuration::TUTORIAL[..2], &seeds, 1), 100)
    }

    fn marks(summary: &StudySummary) -> Vec<[bool; 4]> {
        let of = |c: &ConfigurationSummary| [c.best_val_accuracy, c.best_train_accuracy, c.fastest, c.fastest_step];
        summary.configurations.iter().map(of).collect()
    }

    #[test]
    fn only_the_decided_is_the_best() {
        let none = [[false; 4]; 2];
        assert_eq!(marks(&summary(&rows(0.05, [1.0, 1.0]))), none);
        assert_eq!(marks(&summary(&rows(2.0, [1.0, 1.0]))), [[true, false, false, false], [false; 4]]);
        assert_eq!(marks(&summary(&rows(0.0, [1.0, 0.95]))), none);
        assert_eq!(marks(&summary(&rows(0.0, [1.0, 0.5]))), [[false; 4], [false, false, true, true]]);
        assert_eq!(marks(&summary(&rows(0.0, [0.09, 0.05]))), none);
        let decided = summary(&rows(2.0, [1.0, 1.0]));
        assert_eq!(decided.pairs[0].comparison.verdict, Verdict::FirstGreater);
        let first = &decided.configurations[0];
        assert_eq!((first.asked, first.ms_per_step.map(|ms| ms.mean)), (8, Some(10.0)));
        assert_eq!(first.val_accuracy.map(|spread| spread.n), Some(8));
    }

    #[test]
    fn what_is_not_whole_is_the_best_in_nothing() {
        let mut diverged = rows(2.0, [0.5, 1.0]);
        diverged[3].val_loss = f64::NAN;
        let told = summary(&diverged);
        assert_eq!(marks(&told), [[false; 4]; 2]);
        assert_eq!((told.configurations[0].diverged, told.configurations[0].unfinished), (1, 0));
        assert_eq!(told.pairs[0].comparison.difference.n, 7);
        let mut interrupted = rows(2.0, [0.5, 1.0]);
        interrupted.remove(7);
        let told = summary(&interrupted);
        assert_eq!(marks(&told), [[false; 4]; 2]);
        assert_eq!((told.configurations[0].asked, told.configurations[0].unfinished), (8, 1));
        // One that has no finished model is in nobody's way.
        let alone = summary(&rows(2.0, [0.5, 1.0])[..8]);
        assert_eq!(marks(&alone), [[false; 4]; 2]);
        assert_eq!(alone.configurations[1].val_accuracy, None);
    }
}
