//! What the CPU backend runs on.

use super::instruction_set::InstructionSet;
use super::threads;

/// What the speed of the CPU kernels depends on, to be recorded beside results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MachineInfo {
    /// Threads that the kernels use: those of rayon's global pool, or 1 without the feature `parallel`.
    pub threads: usize,
    /// Vector instructions that the fused kernels use: `AVX-512`, `AVX2 and FMA`, `NEON`, `SIMD128` or
    /// `scalar`.
    pub instruction_set: &'static str,
}

/// Describes this machine as the kernels use it.
pub fn machine() -> MachineInfo {
    MachineInfo { threads: threads::count(), instruction_set: InstructionSet::widest().name() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_is_described() {
        let info = machine();
        assert!(info.threads > 0);
        assert!(["AVX-512", "AVX2 and FMA", "NEON", "SIMD128", "scalar"].contains(&info.instruction_set));
    }
}
