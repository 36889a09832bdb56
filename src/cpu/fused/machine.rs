//! Which vector instructions a kernel runs with.

use pulp::{Arch, WithSimd};

/// The widest that the machine has, found at run time, or, in tests, others.
#[derive(Debug, Clone, Copy)]
pub enum Machine {
    /// One of this machine's.
    Has(Arch),
    /// Vectors of four, which other machines have.
    #[cfg(test)]
    Four,
}

impl Machine {
    /// The widest.
    pub fn new() -> Self {
        Machine::Has(Arch::new())
    }

    /// Runs a kernel.
    #[inline(always)]
    pub fn dispatch<T: WithSimd>(self, kernel: T) -> T::Output {
        match self {
            Machine::Has(arch) => arch.dispatch(kernel),
            #[cfg(test)]
            Machine::Four => kernel.with_simd(pulp::Scalar128b),
        }
    }
}
