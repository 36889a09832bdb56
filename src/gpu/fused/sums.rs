//! Gradients left in slices of the batch: added by a kernel of their own, or together with Adam.

use crate::gpu::kernels::{Argument, Grid, Kernel, plain, sizes};
use crate::ops::{Adam, Op, View};

/// Partial sums `[slices, dw + db]`, and where they belong.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    pub partial: View,
    pub slices: usize,
    pub dw: View,
    pub db: View,
}

/// `dw, db` of one sum.
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
    }
}

/// Adam after the `sums` so far, which are done then.
pub(super) fn update(merges: bool, op: &Adam, sums: &mut Vec<Sum>) -> Vec<Kernel> {
    let kernels = match together(op, sums).filter(|_| merges) {
        Some(kernel) => vec![kernel],
        None => sums.iter().map(add).chain([plain(&Op::Adam(*op))]).collect(),
    };
    sums.clear();
    kernels
}

/// Adam and two sums of its gradients in one kernel.
fn together(op: &Adam, sums: &[Sum]) -> Option<Kernel> {
    let [first, second] = sums else { return None };
    let of_its = |view: View| view.buffer == op.g.buffer;
    if ![first.dw, first.db, second.dw, second.db].into_iter().all(of_its) {
        return None;
    }
    let mut kernel = plain(&Op::Adam(*op));
    kernel.shader = "fused/adam";
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
