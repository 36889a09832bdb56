//! Every pair of several configurations, and which of them leads.

use std::collections::BTreeMap;

use super::comparison::{Comparison, PairedDifference, Verdict, compare};

/// All pairs of several samples by seed, as [`compare`] judges them together.
#[derive(Debug, Clone, PartialEq)]
pub struct PairTable {
    items: usize,
    comparisons: Vec<Comparison>,
}

impl PairTable {
    /// Every pair of `samples`, one sample a configuration.
    pub fn of(samples: &[BTreeMap<u64, f64>], margin: Option<f64>) -> PairTable {
        let pair = |(i, j): (usize, usize)| PairedDifference::by_seed(&samples[i], &samples[j], margin);
        let pairs: Vec<_> = pairs(samples.len()).map(pair).collect();
        PairTable { items: samples.len(), comparisons: compare(&pairs) }
    }

    /// Every pair once, `first − second` with the first before the second in the order given: the two positions and
    /// the comparison.
    pub fn iter(&self) -> impl Iterator<Item = ([usize; 2], &Comparison)> {
        pairs(self.items).map(|(i, j)| [i, j]).zip(&self.comparisons)
    }

    /// Whether an item is decidedly greater than every other one. Of a single item nothing is said.
    pub fn leads(&self, item: usize) -> bool {
        let ahead = |([first, second], comparison): ([usize; 2], &Comparison)| match comparison.verdict {
            Verdict::FirstGreater => first == item,
            Verdict::SecondGreater => second == item,
            _ => false,
        };
        let mut own = self.iter().filter(|([first, second], _)| [first, second].contains(&&item)).peekable();
        own.peek().is_some() && own.all(ahead)
    }
}

fn pairs(items: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..items).flat_map(move |i| (i + 1..items).map(move |j| (i, j)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::analysis::comparison::MARGIN;
    use crate::analysis::comparison::tests::around;

    #[test]
    fn a_leader_is_ahead_of_every_other() {
        let shifted = |by: f64, scale: f64| -> BTreeMap<u64, f64> { (0..).zip(around(by, scale)).collect() };
        let table = |samples: &[BTreeMap<u64, f64>]| {
            let pairs = PairTable::of(samples, Some(MARGIN));
            (0..samples.len()).map(|i| pairs.leads(i)).collect::<Vec<_>>()
        };
        let base = shifted(0.0, 1.0);
        assert_eq!(table(&[base.clone(), shifted(0.01, 2.0), shifted(-0.01, 2.0)]), [false, true, false]);
        // The second and the third cannot be told apart: nobody leads.
        assert_eq!(table(&[base.clone(), shifted(0.01, 2.0), shifted(0.0101, 5.0)]), [false; 3]);
        assert_eq!(table(std::slice::from_ref(&base)), [false]);
        assert_eq!(table(&[]), [] as [bool; 0]);
        let pairs = PairTable::of(&[base.clone(), base.clone(), base], None);
        assert_eq!(pairs.iter().map(|(pair, _)| pair).collect::<Vec<_>>(), [[0, 1], [0, 2], [1, 2]]);
    }
}
