//! The vector instructions that the kernels run with, chosen at run time.

use pulp::{Arch, WithSimd};

/// A set of vector instructions.
#[derive(Debug, Clone, Copy)]
pub(super) enum InstructionSet {
    /// One that this processor has.
    Native(Arch),
    /// Emulated vectors of four floats, so that tests cover the vector width of other processors.
    #[cfg(test)]
    FourLanes,
    /// Emulated vectors of sixteen floats.
    #[cfg(test)]
    SixteenLanes,
}

impl InstructionSet {
    /// The set with the widest vectors that this processor has.
    pub(super) fn widest() -> Self {
        InstructionSet::Native(Arch::new())
    }

    /// Runs a kernel, compiled for these instructions.
    #[inline(always)]
    pub(super) fn dispatch<T: WithSimd>(self, kernel: T) -> T::Output {
        match self {
            InstructionSet::Native(arch) => arch.dispatch(kernel),
            #[cfg(test)]
            InstructionSet::FourLanes => kernel.with_simd(pulp::Scalar128b),
            #[cfg(test)]
            InstructionSet::SixteenLanes => kernel.with_simd(pulp::Scalar512b),
        }
    }

    /// Its usual name.
    pub(super) fn name(self) -> &'static str {
        match self {
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            InstructionSet::Native(Arch::V4(_)) => "AVX-512",
            #[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
            InstructionSet::Native(Arch::V3(_)) => "AVX2 and FMA",
            #[cfg(target_arch = "aarch64")]
            InstructionSet::Native(Arch::Neon(_)) => "NEON",
            #[cfg(target_arch = "wasm32")]
            InstructionSet::Native(Arch::Simd128(_)) => "SIMD128",
            _ => "scalar",
        }
    }
}
