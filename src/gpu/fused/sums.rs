//! Partial sums of gradients, one for each slice of the batch: a kernel of its own adds them up, or Adam's.

use crate::gpu::kernels::{Argument, Grid, Kernel, adam, iterations, sizes};
use crate::gpu::tuning::Tuning;
use crate::ops::{Adam, View};

/// Partial sums `[slices, dw + db]`, and where the whole sums go.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    pub partial: View,
    pub slices: usize,
    pub dw: View,
    pub db: View,
}

/// Adds the partial sums up, in the order of the slices: `partial → dw, db`.
pub(super) fn add(sum: &Sum) -> Kernel {
    let Sum { partial, slices, dw, db } = *sum;
    let len = dw.len + db.len;
    Kernel {
        shader: "fused/partial",
        entry: "gradients",
        constants: sizes([
            ("SLICES", slices),
            ("LEN", len),
            ("WEIGHTS", dw.len),
            ("CHANNELS", db.len),
            ("RECTIFIED", 0),
            ("db_offset", db.offset),
        ]),
        arguments: vec![Argument::new("partial", partial), Argument::new("dw", dw)],
        grid: Grid::elements(len),
        iterations: iterations(slices, 0),
    }
}

/// Adds up the pending `sums`, which are none afterwards, then updates the parameters.
pub(super) fn update(tuning: &Tuning, op: &Adam, sums: &mut Vec<Sum>) -> Vec<Kernel> {
    let kernels =
        match together(op, sums).filter(|kernel| tuning.merge && kernel.iterations <= tuning.loop_iterations as u64) {
            Some(kernel) => vec![kernel],
            None => sums.iter().map(add).chain([adam::kernel(op)]).collect(),
        };
    sums.clear();
    kernels
}

/// Adam and the sums of its gradients in one kernel, where there are two sums and both are Adam's.
fn together(op: &Adam, sums: &[Sum]) -> Option<Kernel> {
    let [first, second] = sums else { return None };
    let adams = |view: View| view.buffer == op.g.buffer;
    if ![first.dw, first.db, second.dw, second.db].into_iter().all(adams) {
        return None;
    }
    let mut kernel = adam::kernel(op);
    kernel.shader = "fused/adam";
    // A subgroup whose invocations belong to both sums runs both loops.
    kernel.iterations = iterations(first.slices, 0) + iterations(second.slices, 0);
    kernel.constants.extend(sizes([
        ("FIRST_SLICES", first.slices),
        ("FIRST_WEIGHTS", first.dw.len),
        ("FIRST_BIASES", first.db.len),
        ("FIRST_DW", first.dw.offset),
        ("FIRST_DB", first.db.offset),
        ("SECOND_SLICES", second.slices),
        ("SECOND_WEIGHTS", second.dw.len),
        ("SECOND_BIASES", second.db.len),
        ("SECOND_DW", second.dw.offset),
        ("SECOND_DB", second.db.offset),
    ]));
    kernel.arguments.extend([Argument::new("first", first.partial), Argument::new("second", second.partial)]);
    Some(kernel)
}
