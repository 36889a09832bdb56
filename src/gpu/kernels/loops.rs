//! How often the loops of an invocation run, and sums cut into parts where that is too often.
//!
//! Mesa's software driver ends every loop of an invocation once all of its loops together have run 65,535 times,
//! and says nothing; other drivers stop a device whose invocations take seconds. So each kernel states how often
//! its loops run ([`Kernel::iterations`](super::Kernel)), and
//! [`Tuning::loop_iterations`](crate::gpu::tuning::Tuning) is the most that may be. A longer sum is cut into parts,
//! one dispatch each: the first stores its part, the others add theirs. Within the bound there is one part, and the
//! order of a sum is as if there were no bound.
//!
//! Only loops whose length depends on shapes are counted; the bound leaves room for those of a fixed length.

use std::ops::Range;

/// Iterations of a loop over `n` elements, each of which runs `inner` iterations of other loops. The last look at the
/// condition counts as one.
pub(crate) fn iterations(n: usize, inner: u64) -> u64 {
    (n as u64).saturating_mul(inner.saturating_add(1)).saturating_add(1)
}

/// Iterations of three loops, each inside the one before.
pub(crate) fn nested([outer, middle, inner]: [usize; 3]) -> u64 {
    iterations(outer, iterations(middle, iterations(inner, 0)))
}

/// A part of three nested loops, and the iterations that it takes.
pub(super) struct LoopPart {
    pub ranges: [Range<usize>; 3],
    pub iterations: u64,
}

/// Cuts three nested loops into parts of at most `most` iterations, or of one round of each loop where even that is
/// too much. The parts come in the order in which the loops run. The inner loops stay whole as long as that is
/// possible.
pub(super) fn parts(lengths: [usize; 3], most: usize) -> Vec<LoopPart> {
    let mut cut = lengths;
    for axis in 0..3 {
        let round = |n: usize| {
            let mut tried = cut;
            tried[axis] = n;
            nested(tried)
        };
        if round(cut[axis]) > most as u64 {
            // Iterations grow by the same number with each round.
            let each = (round(2) - round(1)).max(1);
            let once = round(1);
            cut[axis] = 1 + ((most as u64).saturating_sub(once) / each) as usize;
        }
    }
    let along = |axis: usize| {
        let length: usize = lengths[axis];
        (0..length).step_by(cut[axis]).map(move |start| start..(start + cut[axis]).min(length))
    };
    let mut parts = Vec::new();
    for outer in along(0) {
        for middle in along(1) {
            for inner in along(2) {
                let iterations = nested([outer.len(), middle.len(), inner.len()]);
                parts.push(LoopPart { ranges: [outer.clone(), middle.clone(), inner], iterations });
            }
        }
    }
    parts
}

/// Cuts a sum of `terms`, of which each of `lanes` invocations adds every `lanes`-th, into parts of at most `most`
/// iterations.
pub(super) fn shared_parts(terms: usize, lanes: usize, most: usize) -> Vec<Range<usize>> {
    let longest = most.saturating_sub(1).max(1).saturating_mul(lanes);
    (0..terms).step_by(longest).map(|start| start..start.saturating_add(longest).min(terms)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_cover_every_round_once_and_in_order() {
        for lengths in [[1, 1, 1], [3, 3, 1], [3, 3, 64], [5, 2, 7], [1, 40, 1], [40, 1, 1], [2, 3, 100]] {
            for most in [6, 7, 16, 31, 100, 1000, 100_000] {
                let parts = parts(lengths, most);
                let mut seen = Vec::new();
                for LoopPart { ranges: [a, b, c], iterations } in &parts {
                    assert!(*iterations <= most as u64, "{lengths:?} {most}: {iterations}");
                    for (i, j, k) in a.clone().flat_map(|i| {
                        let (b, c) = (b.clone(), c.clone());
                        b.flat_map(move |j| c.clone().map(move |k| (i, j, k)))
                    }) {
                        seen.push((i, j, k));
                    }
                }
                let [a, b, c] = lengths;
                assert_eq!(seen.len(), a * b * c, "{lengths:?} {most}");
                seen.sort_unstable();
                seen.dedup();
                assert_eq!(seen.len(), a * b * c, "{lengths:?} {most}");
                assert_eq!(parts.len() == 1, nested(lengths) <= most as u64, "{lengths:?} {most}");
            }
        }
    }

    #[test]
    fn shared_sums_are_cut_at_the_bound() {
        let whole = |terms| std::iter::once(0..terms).collect::<Vec<_>>();
        assert_eq!(shared_parts(640, 64, 11), whole(640));
        assert_eq!(shared_parts(641, 64, 11), [0..640, 640..641]);
        assert_eq!(shared_parts(1, 64, 16), whole(1));
        assert_eq!(iterations(10, 0), 11);
        assert_eq!(nested([3, 3, 64]), 3 * (3 * (64 + 1 + 1) + 1 + 1) + 1);
    }

    #[test]
    fn sizes_past_every_number_do_not_wrap() {
        assert_eq!(nested([usize::MAX; 3]), u64::MAX);
    }
}
