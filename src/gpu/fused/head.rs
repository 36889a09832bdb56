//! The last two dense layers and the loss: forward, or forward and backward up to the first one's input.

use super::{Scratch, dense};
use crate::gpu::kernels::{Argument, Grid, Kernel, TiledExtent, iterations, sizes};
use crate::gpu::shaders::constant;
use crate::gpu::tuning::Tuning;
use crate::plan::patterns::{DenseHead, DenseHeadBackward};

/// Whether the kernels are written for these shapes: one invocation per hidden unit, and a lane for each
/// class; no loop longer than the tuning allows.
pub(super) fn fits(tuning: &Tuning, run: &DenseHead) -> bool {
    let units = run.first.product.columns;
    dense::fits(tuning, &run.first.product)
        && rows_iterations(run.first.product.rows) <= tuning.loop_iterations as u64
        && units <= constant("fused/head", "WORKGROUP")
        && units.is_multiple_of(constant("fused/head_gradients", "TILE_UNITS"))
        && run.last.product.columns <= constant("fused/head", "MOST_CLASSES")
}

/// Iterations of the kernel of the last layer's gradients, which takes four rows at a time.
fn rows_iterations(rows: usize) -> u64 {
    iterations(rows.div_ceil(4), 0)
}

/// `x → losses, predicted` and, with a backward pass, the gradients of all parameters but the first
/// layer's weights, and of its output before ReLU.
pub(super) fn kernels(tuning: &Tuning, run: &DenseHead, scratch: &mut Scratch) -> Vec<Kernel> {
    let DenseHead { first, last, label, losses, predicted, backward } = *run;
    let rows = first.product.rows;
    let units = first.product.columns;
    let classes = last.product.columns;
    let hidden = first.product.y;
    let slices = dense::slices(tuning, &first.product);
    let partial = scratch.view("partial product", slices * hidden.len);
    let shapes = sizes([("ROWS", rows), ("HIDDEN", units), ("CLASSES", classes)]);
    let places = sizes([("SLICES", slices), ("b1_offset", first.b.offset), ("b2_offset", last.b.offset)]);
    let mut arguments = vec![
        Argument::new("partial", partial),
        Argument::new("w2", last.product.b),
        Argument::new("label", label),
        Argument::new("hidden", hidden),
        Argument::new("losses", losses),
        Argument::new("predicted", predicted),
    ];
    if let Some(DenseHeadBackward { d_logits, d_hidden, .. }) = backward {
        arguments.extend([Argument::new("d_logits", d_logits), Argument::new("d_hidden", d_hidden)]);
    }
    let layers = Kernel {
        shader: "fused/head",
        entry: if backward.is_some() { "forward_backward" } else { "forward" },
        constants: [shapes.clone(), places].concat(),
        arguments,
        grid: Grid::workgroups(&[TiledExtent::tiled(rows, "TILE_ROWS")]),
        iterations: iterations(slices, 0),
    };
    let mut kernels = vec![dense::multiply(&first.product, slices, partial), layers];
    if let Some(DenseHeadBackward { d_logits, d_hidden, dw2, db1, db2 }) = backward {
        let places = sizes([("db1_offset", db1.offset), ("db2_offset", db2.offset)]);
        kernels.push(Kernel {
            shader: "fused/head_gradients",
            entry: "backward_weights",
            constants: [shapes, places].concat(),
            arguments: vec![
                Argument::new("hidden", hidden),
                Argument::new("d_logits", d_logits),
                Argument::new("d_hidden", d_hidden),
                Argument::new("dw2", dw2),
            ],
            grid: Grid::workgroups(&[TiledExtent::tiled(units, "TILE_UNITS")]),
            iterations: rows_iterations(rows),
        });
    }
    kernels
}
