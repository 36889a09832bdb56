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
