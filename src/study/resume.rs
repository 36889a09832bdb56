//! Which models of a study are still to be trained, and from where.

use std::collections::{BTreeMap, HashSet};

use crate::model::{Configuration, ModelId};

/// What an earlier sitting left of a study; the default is nothing.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Resume {
    /// Models that are not trained again: they are finished, or have diverged.
    pub settled: HashSet<ModelId>,
    /// The models of each checkpoint: those of one stand at the same step. [`super::Journal::resume`] has it.
    pub checkpoints: Vec<Vec<ModelId>>,
}

impl Resume {
    /// The seeds of a configuration that are still to be trained, by group: those that trained side by side go on so,
    /// in their order, which makes the rows of a resumed study those of one that was never interrupted.
    pub(super) fn groups(&self, configuration: Configuration, seeds: &[u64], replicas: usize) -> Vec<Vec<u64>> {
        let mut groups = Vec::new();
        for chunk in seeds.chunks(replicas) {
            let mut by_checkpoint: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
            for &seed in chunk {
                let model = ModelId { configuration, seed };
                if !self.settled.contains(&model) {
                    let checkpoint = self.checkpoints.iter().position(|models| models.contains(&model));
                    // Those of no checkpoint come last.
                    by_checkpoint.entry(checkpoint.unwrap_or(usize::MAX)).or_default().push(seed);
                }
            }
            groups.extend(by_checkpoint.into_values());
        }
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const C: Configuration = Configuration::TUTORIAL[0];

    fn models(seeds: impl IntoIterator<Item = u64>) -> Vec<ModelId> {
        seeds.into_iter().map(|seed| ModelId { configuration: C, seed }).collect()
    }

    #[test]
    fn groups_are_those_of_the_study_without_what_is_settled() {
        let seeds: Vec<u64> = (0..10).collect();
        let of = |settled: Vec<ModelId>, checkpoints: Vec<Vec<ModelId>>, replicas| {
            Resume { settled: settled.into_iter().collect(), checkpoints }.groups(C, &seeds, replicas)
        };
        assert_eq!(of(vec![], vec![], 4), [vec![0, 1, 2, 3], vec![4, 5, 6, 7], vec![8, 9]]);
        assert_eq!(of(models(0..4), vec![], 4), [vec![4, 5, 6, 7], vec![8, 9]]);
        // Seeds 4 and 6 are finished, the others of their group go on together.
        let some = models([0, 1, 2, 3, 4, 6]);
        assert_eq!(of(some.clone(), vec![models([5, 7])], 4), [vec![5, 7], vec![8, 9]]);
        assert_eq!(of(some.clone(), vec![models([5, 7])], 10), [vec![5, 7], vec![8, 9]]);
        // In less memory than before a group goes on in parts.
        assert_eq!(of(vec![], vec![models(0..4)], 2)[..3], [vec![0, 1], vec![2, 3], vec![4, 5]]);
        assert!(of(models(0..10), vec![], 4).is_empty());
        // Another configuration's models are others.
        let other = ModelId { configuration: Configuration::TUTORIAL[1], seed: 0 };
        assert_eq!(of(vec![other], vec![], 10).len(), 1);
    }
}
