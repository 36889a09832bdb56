//! How many vectors of output channels a kernel computes together.

use pulp::Simd;

/// A kernel that computes `V` vectors of output channels at a time: every input value that it loads serves
/// all of them, and their sums stay in registers.
pub(super) trait VectorBlockKernel<S: Simd> {
    /// Registers that the inner loop holds for each vector of a block: sums, and weights loaded for them.
    const REGISTERS: usize;

    /// Computes all output channels, `V` vectors at a time; their number must be a multiple of `V`.
    fn run<const V: usize>(self, simd: S);
}

/// Runs a kernel over `vectors` vectors of output channels in the largest blocks, of 4, 2 or 1 vectors, that
/// divide them and that fit the registers.
#[inline(always)]
pub(super) fn run_in_blocks<S: Simd, K: VectorBlockKernel<S>>(simd: S, vectors: usize, kernel: K) {
    if 4 * K::REGISTERS <= S::REGISTER_COUNT && vectors.is_multiple_of(4) {
        kernel.run::<4>(simd);
    } else if 2 * K::REGISTERS <= S::REGISTER_COUNT && vectors.is_multiple_of(2) {
        kernel.run::<2>(simd);
    } else {
        kernel.run::<1>(simd);
    }
}

/// [`run_in_blocks`] over the vectors of so many output channels, which are whole vectors.
#[inline(always)]
pub(super) fn run_over_channels<S: Simd, K: VectorBlockKernel<S>>(simd: S, channels: usize, kernel: K) {
    run_in_blocks(simd, channels / S::F32_LANES, kernel);
}

#[cfg(test)]
mod tests {
    use pulp::{Scalar128b, Scalar512b};

    use super::*;

    /// Notes how many vectors its blocks have.
    struct Noted<'a, const REGISTERS: usize>(&'a mut usize);

    impl<S: Simd, const REGISTERS: usize> VectorBlockKernel<S> for Noted<'_, REGISTERS> {
        const REGISTERS: usize = REGISTERS;

        fn run<const V: usize>(self, _: S) {
            *self.0 = V;
        }
    }

    fn block<S: Simd, const REGISTERS: usize>(simd: S, channels: usize) -> usize {
        let mut vectors = 0;
        run_over_channels(simd, channels, Noted::<REGISTERS>(&mut vectors));
        vectors
    }

    /// Also for widths of vectors and numbers of registers that this processor does not have.
    #[test]
    fn blocks_divide_the_channels_and_fit_the_registers() {
        // 16 lanes, 8 registers.
        let channels = [16, 32, 48, 64, 80, 96];
        assert_eq!(channels.map(|n| block::<_, 2>(Scalar512b, n)), [1, 2, 1, 4, 1, 2]);
        assert_eq!(channels.map(|n| block::<_, 3>(Scalar512b, n)), [1, 2, 1, 2, 1, 2]);
        assert_eq!(channels.map(|n| block::<_, 5>(Scalar512b, n)), [1; 6]);
        // 4 lanes, 16 registers.
        let channels = [4, 8, 12, 16, 20, 24];
        assert_eq!(channels.map(|n| block::<_, 4>(Scalar128b, n)), [1, 2, 1, 4, 1, 2]);
        assert_eq!(channels.map(|n| block::<_, 5>(Scalar128b, n)), [1, 2, 1, 2, 1, 2]);
        assert_eq!(channels.map(|n| block::<_, 8>(Scalar128b, n)), [1, 2, 1, 2, 1, 2]);
        assert_eq!(channels.map(|n| block::<_, 9>(Scalar128b, n)), [1; 6]);
    }
}
