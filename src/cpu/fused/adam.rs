//! Adam in vectors, on all cores; the same bits as the plain one.

use super::machine::Machine;

use crate::ops::adam::AdamParameters;

/// Parameters of one task.
const CHUNK: usize = 8 * 1024;

/// [`crate::cpu::adam::update`].
pub fn update(
    machine: Machine,
    parameters: &AdamParameters,
    alpha: f32,
    w: &mut [f32],
    g: &[f32],
    m: &mut [f32],
    v: &mut [f32],
) {
    let run = |w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]| {
        machine.dispatch(
            #[inline(always)]
            || crate::cpu::adam::update(parameters, alpha, w, g, m, v),
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
