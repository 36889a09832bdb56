//! Sums of any length. Terms are added in blocks of [`BLOCK`] in f32, and the sums of the blocks in f64.
//!
//! Rounding errors of an f32 sum grow with its length, up to nothing being added at all once the sum is 2²⁴ times as
//! large as a term. Of a block they stay small, and f64 adds none that shows in f32.

/// Terms of a block.
pub(super) const BLOCK: usize = 64;

/// The sum of `term(value)` over all values.
pub(super) fn sum(values: &[f32], term: impl Fn(f32) -> f32) -> f32 {
    let block = |values: &[f32]| values.iter().map(|&value| term(value)).sum::<f32>();
    values.chunks(BLOCK).map(|values| f64::from(block(values))).sum::<f64>() as f32
}

/// Several sums side by side that get their terms together: the elements of a row of a product, say.
pub(super) struct Sums {
    /// Sums of the block that is being added up.
    block: Vec<f32>,
    /// Sums of the blocks before it.
    total: Vec<f64>,
    /// Terms in the block.
    terms: usize,
}

impl Sums {
    /// So many sums of nothing.
    pub(super) fn new(count: usize) -> Self {
        Sums { block: vec![0.0; count], total: vec![0.0; count], terms: 0 }
    }

    /// Adds the term `scale · row[i]` to the `i`-th sum.
    pub(super) fn add(&mut self, scale: f32, row: &[f32]) {
        if self.terms == BLOCK {
            self.end_block();
        }
        self.block.iter_mut().zip(row).for_each(|(sum, &value)| *sum += scale * value);
        self.terms += 1;
    }

    /// Writes the sums to `out` and begins new ones.
    pub(super) fn take(&mut self, out: &mut [f32]) {
        self.end_block();
        out.iter_mut().zip(&mut self.total).for_each(|(out, total)| *out = std::mem::take(total) as f32);
    }

    fn end_block(&mut self) {
        self.total.iter_mut().zip(&mut self.block).for_each(|(total, sum)| *total += f64::from(std::mem::take(sum)));
        self.terms = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_sum_is_that_of_a_loop_and_a_long_one_that_of_f64() {
        let terms = |n: u32| (0..n).map(|i| 1.0 / (1.0 + i as f32)).collect::<Vec<f32>>();
        assert_eq!(sum(&terms(64), |v| v), terms(64).iter().sum::<f32>());
        // A loop in f32 ends at 2²⁴.
        assert_eq!(sum(&vec![1.0; (1 << 24) + 1000], |v| v), 16_778_216.0);
        let exact: f64 = terms(1 << 20).into_iter().map(f64::from).sum();
        let got = f64::from(sum(&terms(1 << 20), |v| v));
        assert!((got - exact).abs() < 1e-6 * exact, "{got}, exactly {exact}");
    }

    #[test]
    fn sums_begin_anew_once_they_are_taken() {
        let mut sums = Sums::new(2);
        let mut out = [f32::NAN; 2];
        for _ in 0..2 {
            (0..130).for_each(|_| sums.add(0.5, &[1.0, 2.0]));
            sums.take(&mut out);
            assert_eq!(out, [65.0, 130.0]);
        }
    }
}
