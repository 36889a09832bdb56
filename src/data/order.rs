//! The order in which an epoch visits the samples.

use crate::random::Stream;

/// The order of the samples in an epoch: a permutation of `0 .. count`, or the order of the file where
/// `shuffle` is false.
///
/// The permutation is a Fisher–Yates shuffle of the identity: for `i = count − 1, …, 1`, elements `i` and
/// `j` are swapped, where `j` is the next integer of the stream below `i + 1` ([`Stream::below`]). The
/// stream is `shuffle/epoch/<epoch>`, with `epoch` counted from 1, so that the order of an epoch depends
/// on no earlier one and a run can resume at any epoch.
///
/// # Panics
/// Where `count` is larger than 2³² − 1. A [`super::Split`] never holds so many samples.
pub fn order(seed: u64, epoch: u32, count: usize, shuffle: bool) -> Vec<u32> {
    let count = u32::try_from(count).expect("more than 2³² − 1 samples");
    let mut order: Vec<u32> = (0..count).collect();
    if shuffle {
        let mut stream = Stream::new(seed, &format!("shuffle/epoch/{epoch}"));
        for i in (1..count).rev() {
            order.swap(i as usize, stream.below(i + 1) as usize);
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values come from a Python program that was written from the documentation above.
    #[test]
    fn orders_are_those_of_an_independent_program() {
        assert_eq!(order(0, 1, 10, true), [4, 0, 1, 7, 8, 5, 9, 2, 6, 3]);
        assert_eq!(order(0, 2, 10, true), [3, 9, 1, 0, 7, 5, 6, 2, 8, 4]);
        assert_eq!(order(1, 1, 10, true), [5, 2, 9, 4, 3, 8, 7, 0, 6, 1]);
        let mnist = order(0, 1, 60_000, true);
        assert_eq!((&mnist[..3], &mnist[59_997..]), (&[33_420, 39_892, 40_042][..], &[16_113, 43_912, 22_787][..]));
        let weighted: u64 = (1..).zip(&mnist).map(|(i, &v)| i * u64::from(v)).sum();
        assert_eq!(weighted, 54_108_590_873_751);
    }

    #[test]
    fn every_sample_is_visited_once() {
        for count in [0, 1, 2, 3, 64, 60_000] {
            let mut sorted = order(5, 3, count, true);
            sorted.sort_unstable();
            assert_eq!(sorted, order(5, 3, count, false), "{count}");
        }
    }

    #[test]
    fn without_shuffling_it_is_the_files_order() {
        assert_eq!(order(9, 2, 4, false), [0, 1, 2, 3]);
        assert!(order(9, 2, 0, false).is_empty());
    }

    /// χ² of the 24 permutations of four samples over 24,000 epochs. With 23 degrees of freedom it is
    /// above 56 for one seed in 7,000.
    #[test]
    fn permutations_are_equally_likely() {
        let mut counts = std::collections::BTreeMap::<Vec<u32>, f64>::new();
        for epoch in 1..=24_000 {
            *counts.entry(order(0, epoch, 4, true)).or_default() += 1.0;
        }
        let chi_square: f64 = counts.values().map(|n| (n - 1000.0).powi(2) / 1000.0).sum();
        assert!(counts.len() == 24 && chi_square < 56.0, "{} permutations, χ² = {chi_square}", counts.len());
    }
}
