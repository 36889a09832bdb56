//! Two configurations compared over the seeds that both have, and what may be said of several such pairs.
//!
//! The same seed gives all configurations the same order of samples and equal initial tensors where shapes agree, so
//! their models are compared seed by seed. One pair is a [`PairedDifference`], the evidence; [`compare`] corrects the
//! p-values of all pairs that are asked together and gives each its [`Verdict`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::statistics::{
    Interval, bca, bca_of_means, equivalence, holm, mean, seeds_to_decide, sign_flip, standard_deviation, superiority,
};

/// Confidence of every interval.
pub const CONFIDENCE: f64 = 0.95;
/// Level of every test, after correction.
pub const LEVEL: f64 = 0.05;
/// Power for which the number of seeds that would decide is worked out.
pub const POWER: f64 = 0.8;
/// Accuracies, as shares, that differ by less than this are equivalent: 0.1 points.
pub const MARGIN: f64 = 0.001;
/// Below so many seeds nothing is decided: the least p of a sign-flip test is 2/2ⁿ, and five reach 0.0625.
pub const LEAST_SEEDS: usize = 6;

/// What the seeds of one configuration say of one measure.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Seeds.
    pub n: usize,
    /// Their mean.
    pub mean: f64,
    /// Standard deviation from seed to seed; `None` of one seed.
    pub sd: Option<f64>,
    /// BCa interval of the mean at [`CONFIDENCE`]; `None` of one seed.
    pub interval: Option<Interval>,
}

impl Spread {
    /// Of one number a seed; `None` where there is none, or one is not finite.
    pub fn of(samples: &[f64]) -> Option<Spread> {
        Spread::with(samples, bca(samples, CONFIDENCE, mean))
    }

    /// [`Spread::of`] each of several samples, in a fraction of the time.
    pub fn of_all(samples: &[Vec<f64>]) -> Vec<Option<Spread>> {
        let slices: Vec<&[f64]> = samples.iter().map(Vec::as_slice).collect();
        let intervals = bca_of_means(&slices, CONFIDENCE);
        slices.into_iter().zip(intervals).map(|(samples, interval)| Spread::with(samples, interval)).collect()
    }

    fn with(samples: &[f64], interval: Option<Interval>) -> Option<Spread> {
        if samples.is_empty() || samples.iter().any(|x| !x.is_finite()) {
            return None;
        }
        let sd = Some(standard_deviation(samples)).filter(|sd| sd.is_finite());
        Some(Spread { n: samples.len(), mean: mean(samples), sd, interval })
    }
}

/// The differences `first − second` of two configurations over the seeds that both have.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PairedDifference {
    /// Seeds that both have.
    pub n: usize,
    /// Mean difference; `None` where there is no pair.
    pub mean: Option<f64>,
    /// Standard deviation of the differences; `None` of fewer than two.
    pub sd: Option<f64>,
    /// BCa interval of the mean difference at [`CONFIDENCE`].
    pub interval: Option<Interval>,
    /// Two-sided p of the sign-flip test, not corrected.
    pub p: f64,
    /// p of equivalence within the margin (TOST), not corrected; `None` without a margin and of fewer than two pairs.
    pub equivalence_p: Option<f64>,
    /// Share of the pairs in which the first is greater, ties counted half; `None` where there is no pair.
    pub superiority: Option<f64>,
    /// Differences within ± this are equivalent; chosen before the data are seen.
    pub margin: Option<f64>,
}

impl PairedDifference {
    /// Of two samples by seed. Seeds that one of them lacks, or whose difference is not finite, are left out.
    pub fn by_seed(first: &BTreeMap<u64, f64>, second: &BTreeMap<u64, f64>, margin: Option<f64>) -> PairedDifference {
        let pairs = first.iter().filter_map(|(seed, a)| Some(a - second.get(seed)?));
        PairedDifference::of(&pairs.filter(|d| d.is_finite()).collect::<Vec<_>>(), margin)
    }

    /// Of finite differences, one a seed.
    pub fn of(differences: &[f64], margin: Option<f64>) -> PairedDifference {
        let finite = |value: f64| Some(value).filter(|value| value.is_finite());
        PairedDifference {
            n: differences.len(),
            mean: finite(mean(differences)),
            sd: finite(standard_deviation(differences)),
            interval: bca(differences, CONFIDENCE, mean),
            p: sign_flip(differences),
            equivalence_p: margin.and_then(|margin| equivalence(differences, margin)),
            superiority: finite(superiority(differences)),
            margin,
        }
    }

    /// Seeds with which one of several `tests` of such pairs would decide this one with probability [`POWER`], if
    /// the mean and the sd are the true ones: the fewer of those that would show the difference and of those that
    /// would show equivalence, no fewer than [`LEAST_SEEDS`] and more than there are.
    ///
    /// Each test is held to `LEVEL/tests`, the least that Holm's correction asks for. `None` of fewer than two pairs,
    /// and where a million would not do.
    pub fn seeds_needed(&self, tests: usize) -> Option<usize> {
        let (mean, sd) = (self.mean?.abs(), self.sd?);
        let level = LEVEL / tests.max(1) as f64;
        let to_differ = seeds_to_decide(mean, sd, level, POWER);
        // Two one-sided tests at a level are a two-sided one at twice the level, and about 0 both can fail.
        let room = self.margin.map(|margin| margin - mean).filter(|room| *room > 0.0);
        let to_equal = room.and_then(|room| seeds_to_decide(room, sd, 2.0 * level, (1.0 + POWER) / 2.0));
        let fewer = to_differ.into_iter().chain(to_equal).min()?;
        Some(fewer.max(LEAST_SEEDS).max(self.n + 1))
    }
}

/// What may be said of a pair.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum Verdict {
    /// The first is greater: interval and corrected test agree.
    FirstGreater,
    /// The second is greater, likewise.
    SecondGreater,
    /// They differ by less than the margin, whether or not they differ at all.
    Equivalent,
    /// Neither is shown.
    Undecided {
        /// Seeds that would decide it; see [`PairedDifference::seeds_needed`].
        seeds: Option<usize>,
    },
}

/// A pair among those that were asked together.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The evidence.
    pub difference: PairedDifference,
    /// p of the sign-flip test after Holm's correction over all pairs.
    pub p: f64,
    /// p of equivalence after Holm's correction over all pairs that have one.
    pub equivalence_p: Option<f64>,
    /// What may be said.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// Verdicts of pairs that are asked together, in the order given.
///
/// Of fewer than [`LEAST_SEEDS`] seeds nothing is decided. Else a pair is equivalent where TOST says so at [`LEVEL`]
/// after Holm's correction; it differs where the interval excludes 0 *and* the sign-flip test, corrected likewise, is
/// at most [`LEVEL`]. A difference that is real but surely below the margin is called equivalent: it is too small to
/// matter.
pub fn compare(pairs: &[PairedDifference]) -> Vec<Comparison> {
    let corrected = holm(&pairs.iter().map(|pair| pair.p).collect::<Vec<_>>());
    let mut equivalences = holm(&pairs.iter().filter_map(|pair| pair.equivalence_p).collect::<Vec<_>>()).into_iter();
    let judge = |(&difference, p): (&PairedDifference, f64)| {
        let equivalence_p = difference.equivalence_p.and_then(|_| equivalences.next());
        let enough = difference.n >= LEAST_SEEDS;
        let differs = p <= LEVEL && difference.interval.is_some_and(|interval| interval.excludes(0.0));
        let verdict = match difference.mean {
            Some(_) if enough && equivalence_p.is_some_and(|p| p <= LEVEL) => Verdict::Equivalent,
            Some(mean) if enough && differs && mean > 0.0 => Verdict::FirstGreater,
            Some(mean) if enough && differs && mean < 0.0 => Verdict::SecondGreater,
            _ => Verdict::Undecided { seeds: difference.seeds_needed(pairs.len()) },
        };
        Comparison { difference, p, equivalence_p, verdict }
    };
    pairs.iter().zip(corrected).map(judge).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Ten differences around `centre`, of sd 0.001 times `scale`.
    pub(in crate::analysis) fn around(centre: f64, scale: f64) -> Vec<f64> {
        [-1.4, -1.1, -0.8, -0.4, -0.1, 0.1, 0.4, 0.8, 1.1, 1.4].map(|d| centre + d * scale / 1e3).to_vec()
    }

    fn verdict(differences: &[f64]) -> Verdict {
        compare(&[PairedDifference::of(differences, Some(MARGIN))])[0].verdict
    }

    #[test]
    fn a_difference_needs_interval_test_and_six_seeds() {
        assert_eq!(verdict(&around(0.01, 1.0)), Verdict::FirstGreater);
        assert_eq!(verdict(&around(-0.01, 1.0)), Verdict::SecondGreater);
        assert_eq!(verdict(&around(0.01, 1.0)[..6]), Verdict::FirstGreater);
        // Five seeds cannot: their least p is 0.0625.
        assert!(matches!(verdict(&around(0.01, 1.0)[..5]), Verdict::Undecided { seeds: Some(6..) }));
        // The correction counts: beside two other pairs, p = 2/2⁶ is 0.094.
        let six = PairedDifference::of(&around(0.01, 1.0)[..6], Some(MARGIN));
        let noise = PairedDifference::of(&around(0.0, 5.0), Some(MARGIN));
        let three = compare(&[six, noise, six]);
        assert!(matches!(three[0].verdict, Verdict::Undecided { .. }), "{three:?}");
        assert_eq!(three[0].p, 3.0 * 2.0 / 64.0);
    }

    #[test]
    fn equivalence_needs_tost_and_six_seeds() {
        assert_eq!(verdict(&around(0.0, 0.5)), Verdict::Equivalent);
        // Not shown to differ is not shown to be equal.
        assert!(matches!(verdict(&around(0.0, 3.0)), Verdict::Undecided { .. }));
        // A real difference below the margin is equivalent: five equal seeds are too few to say even that.
        assert_eq!(verdict(&[2e-4; 6]), Verdict::Equivalent);
        assert!(matches!(verdict(&[2e-4; 5]), Verdict::Undecided { seeds: Some(6) }));
        // Without a margin there is no equivalence.
        let free = compare(&[PairedDifference::of(&[2e-4; 6], None)])[0];
        assert_eq!((free.verdict, free.equivalence_p), (Verdict::FirstGreater, None));
        // A pair that cannot be asked takes no other pair's p.
        let two = compare(&[PairedDifference::of(&[1.0], Some(MARGIN)), PairedDifference::of(&[0.0; 6], Some(MARGIN))]);
        assert_eq!((two[0].equivalence_p, two[1].equivalence_p), (None, Some(0.0)));
    }

    #[test]
    fn pairs_are_those_that_both_have() {
        let first = BTreeMap::from([(1, 3.0), (2, 5.0), (7, f64::NAN), (9, 1.0)]);
        let second = BTreeMap::from([(2, 1.0), (7, 1.0), (9, 2.0), (10, 4.0)]);
        let pair = PairedDifference::by_seed(&first, &second, None);
        assert_eq!((pair.n, pair.mean, pair.superiority), (2, Some(1.5), Some(0.5)));
        let none = PairedDifference::by_seed(&first, &BTreeMap::new(), Some(MARGIN));
        assert_eq!((none.n, none.mean, none.p, none.seeds_needed(1)), (0, None, 1.0, None));
        assert_eq!(compare(&[none])[0].verdict, Verdict::Undecided { seeds: None });
        let one = PairedDifference::of(&[0.01], Some(MARGIN));
        assert_eq!(
            (one.sd, one.interval, compare(&[one])[0].verdict),
            (None, None, Verdict::Undecided { seeds: None })
        );
    }

    /// The fewer of the two ways to decide, and always more than there are.
    #[test]
    fn seeds_needed_are_those_of_the_nearer_decision() {
        let near = PairedDifference::of(&around(0.0001, 2.0), Some(MARGIN));
        let free = PairedDifference { margin: None, ..near };
        let (either, by_difference) = (near.seeds_needed(1).unwrap(), free.seeds_needed(1).unwrap());
        assert!(either < by_difference / 10, "{either} {by_difference}");
        assert!(near.seeds_needed(6) > near.seeds_needed(1));
        let clear = PairedDifference::of(&around(0.01, 1.0), Some(MARGIN));
        assert_eq!(clear.seeds_needed(1), Some(11));
    }

    #[test]
    fn a_spread_of_one_seed_has_no_width() {
        assert_eq!(Spread::of(&[0.5]), Some(Spread { n: 1, mean: 0.5, sd: None, interval: None }));
        assert_eq!([Spread::of(&[]), Spread::of(&[0.5, f64::NAN])], [None, None]);
        let samples = [vec![0.5], vec![], vec![0.5, f64::NAN], vec![1.0, 2.0, 4.0]];
        assert_eq!(Spread::of_all(&samples), samples.each_ref().map(|sample| Spread::of(sample)));
        let three = Spread::of(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!((three.mean, three.sd), (2.0, Some(1.0)));
        assert!(three.interval.is_some_and(|i| i.low >= 1.0 && i.low < 2.0 && i.high > 2.0 && i.high <= 3.0));
    }
}
