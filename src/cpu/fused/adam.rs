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
