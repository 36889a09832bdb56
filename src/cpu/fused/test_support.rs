//! What the tests of the kernels share.

use pulp::Arch;

use crate::cpu::instruction_set::InstructionSet;
use crate::random::Stream;

/// Vectors of every width, since users have other processors than the one that tests.
pub(super) fn instruction_sets() -> Vec<InstructionSet> {
    let emulated = [InstructionSet::FourLanes, InstructionSet::SixteenLanes];
    let mut sets = vec![InstructionSet::Native(Arch::Scalar), InstructionSet::widest()];
    sets.extend(emulated);
    #[cfg(target_arch = "x86_64")]
    sets.extend(pulp::x86::V3::try_new().map(|v3| InstructionSet::Native(Arch::V3(v3))));
    sets
}

/// Uniform values between −½ and ½.
pub(super) fn random(name: &str, len: usize) -> Vec<f32> {
    let mut stream = Stream::new(9, name);
    (0..len).map(|_| stream.uniform() as f32 - 0.5).collect()
}

/// Asserts that the norm-relative difference is at most 10⁻⁶; NaN fails.
pub(super) fn assert_close(what: &str, got: &[f32], want: &[f32]) {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(&mut got.iter().zip(want).map(|(&g, &w)| f64::from(g) - f64::from(w)));
    let allowed = 1e-6 * norm(&mut want.iter().map(|&w| f64::from(w)));
    assert!(got.len() == want.len() && difference <= allowed && allowed > 0.0, "{what}: {difference} of {allowed}");
}
