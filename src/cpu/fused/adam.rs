//! Adam with vector instructions and in parallel. The result is that of the plain twin, bit for bit.

use crate::cpu::adam;
use crate::cpu::instruction_set::InstructionSet;
use crate::ops::adam::AdamParameters;

/// Parameters that one task updates.
const CHUNK: usize = 8 * 1024;

/// See [`adam::update`].
pub(super) fn update(
    isa: InstructionSet,
    parameters: &AdamParameters,
    alpha: f32,
    w: &mut [f32],
    g: &[f32],
    m: &mut [f32],
    v: &mut [f32],
) {
    let run = |w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]| {
        isa.dispatch(
            #[inline(always)]
            || adam::update(parameters, alpha, w, g, m, v),
        );
    };
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        let chunks = w.par_chunks_mut(CHUNK).zip(g.par_chunks(CHUNK));
        let chunks = chunks.zip(m.par_chunks_mut(CHUNK)).zip(v.par_chunks_mut(CHUNK));
        chunks.for_each(|(((w, g), m), v)| run(w, g, m, v));
    }
    #[cfg(not(feature = "parallel"))]
    {
        let chunks = w.chunks_mut(CHUNK).zip(g.chunks(CHUNK));
        chunks.zip(m.chunks_mut(CHUNK)).zip(v.chunks_mut(CHUNK)).for_each(|(((w, g), m), v)| run(w, g, m, v));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cpu::fused::test_support::{instruction_sets, random};

    /// The bits are those of the plain twin, in several tasks of which the last is shorter.
    #[test]
    fn parameters_are_updated_as_by_the_plain_twin() {
        let len = 2 * CHUNK + 37;
        let parameters = AdamParameters::default();
        let g = random("g", len);
        let before = [random("w", len), random("m", len), random("v", len).iter().map(|v| v.abs()).collect()];
        let [mut w, mut m, mut v] = before.clone();
        adam::update(&parameters, 0.01, &mut w, &g, &mut m, &mut v);
        for isa in instruction_sets() {
            let [mut got_w, mut got_m, mut got_v] = before.clone();
            update(isa, &parameters, 0.01, &mut got_w, &g, &mut got_m, &mut got_v);
            assert!(got_w == w && got_m == m && got_v == v, "{isa:?}");
        }
    }
}
