//! Tests that assume no distribution: how often would chance alone give a difference as large?

use super::summary::mean;
use crate::random::Stream;

/// Up to so many rearrangements all are counted; beyond, so many are drawn.
pub const EXACT_FLIPS: usize = 1 << 16;

/// Sums of the same numbers in another order may differ in their last bits, and must count as equal.
const EQUAL: f64 = 1.0 - 1e-9;

/// Two-sided p of the sign-flip test: if pairs differ by chance alone, each difference could as well have the other
/// sign. p is the share of the 2ⁿ sign patterns whose mean is at least as far from 0 as the one seen. Beyond
/// [`EXACT_FLIPS`] patterns, as many random ones are drawn and p is `(hits + 1)/(drawn + 1)`, so that it is never 0.
///
/// With n pairs p is at least 2/2ⁿ. It is 1 where there is no pair or no difference at all.
pub fn sign_flip(differences: &[f64]) -> f64 {
    let observed = differences.iter().sum::<f64>().abs() * EQUAL;
    if differences.len() <= EXACT_FLIPS.ilog2() as usize {
        let patterns = 1u64 << differences.len();
        let sum = |pattern: u64| -> f64 {
            let signed = differences.iter().enumerate().map(|(i, d)| if pattern >> i & 1 == 1 { -d } else { *d });
            signed.sum()
        };
        let hits = (0..patterns).filter(|&pattern| sum(pattern).abs() >= observed).count();
        return hits as f64 / patterns as f64;
    }
    let mut stream = Stream::new(0, "statistics/sign_flip");
    let mut sum = || -> f64 {
        let signs = differences.chunks(32).map(|chunk| (chunk, stream.word()));
        let chunk_sum = |(chunk, word): (&[f64], u32)| -> f64 {
            let signed = chunk.iter().enumerate().map(|(i, d)| if word >> i & 1 == 1 { -d } else { *d });
            signed.sum()
        };
        signs.map(chunk_sum).sum()
    };
    share_of_draws(|| sum().abs() >= observed)
}

/// Two-sided p of the permutation test of two independent samples: if both come from one distribution, every way to
/// deal the values out to two groups of these sizes is as likely as the one seen. p is the share of ways whose means
/// differ at least as much; beyond 2¹⁸ ways, [`EXACT_FLIPS`] random ones count, as in [`sign_flip`].
///
/// It is 1 where a sample is empty.
pub fn two_sample(a: &[f64], b: &[f64]) -> f64 {
    if a.is_empty() || b.is_empty() {
        return 1.0;
    }
    // About their common mean, the means of two groups differ more where the first group's sum lies farther from 0.
    let mut pooled = [a, b].concat();
    let centre = mean(&pooled);
    pooled.iter_mut().for_each(|value| *value -= centre);
    let observed = pooled[..a.len()].iter().sum::<f64>().abs() * EQUAL;
    if ways(pooled.len(), a.len()).is_some_and(|ways| ways <= 1 << 18) {
        let mut count = Count { hits: 0, all: 0 };
        deal(&pooled, a.len(), 0.0, &mut |sum| count.add(sum.abs() >= observed));
        return count.hits as f64 / count.all as f64;
    }
    let mut stream = Stream::new(0, "statistics/two_sample");
    let mut order = pooled;
    share_of_draws(|| {
        // The first steps of a Fisher–Yates shuffle choose the first group.
        for i in 0..a.len() {
            let other = i + stream.below((order.len() - i) as u32) as usize;
            order.swap(i, other);
        }
        order[..a.len()].iter().sum::<f64>().abs() >= observed
    })
}

struct Count {
    hits: u64,
    all: u64,
}

impl Count {
    fn add(&mut self, hit: bool) {
        self.hits += u64::from(hit);
        self.all += 1;
    }
}

/// `(hits + 1)/(draws + 1)` of [`EXACT_FLIPS`] draws.
fn share_of_draws(mut hit: impl FnMut() -> bool) -> f64 {
    let hits = (0..EXACT_FLIPS).filter(|_| hit()).count();
    (hits + 1) as f64 / (EXACT_FLIPS + 1) as f64
}

/// Ways to choose `k` of `n`; `None` where it does not fit.
fn ways(n: usize, k: usize) -> Option<u64> {
    (0..k.min(n - k)).try_fold(1u64, |ways, i| Some(ways.checked_mul((n - i) as u64)? / (i + 1) as u64))
}

/// Calls `visit` with `sum` plus the sum of each choice of `k` values.
fn deal(values: &[f64], k: usize, sum: f64, visit: &mut impl FnMut(f64)) {
    if k == 0 {
        return visit(sum);
    }
    for (i, value) in values.iter().enumerate().take(values.len() + 1 - k) {
        deal(&values[i + 1..], k - 1, sum + value, visit);
    }
}
