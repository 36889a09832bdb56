//! The last two dense layers and the loss, forward and backward.

use super::Scratch;
use super::tile::Tiles;
use crate::gpu::kernels::{Argument, Grid, Kernel, TiledExtent, iterations, sizes};
use crate::gpu::shaders::constant;
use crate::gpu::tuning::Tuning;
use crate::ops::{MatMul, Op, View};
use crate::plan::patterns::{DenseHead, DenseHeadBackward};

const SHADER: &str = "tiled/dense";
const BACKWARD: &str = "tiled/dense_backward";
const HEAD: &str = "tiled/head";

/// All gradients of the two layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct DenseGradients {
    last: DenseHeadBackward,
    dw: View,
    dx: View,
}

impl DenseGradients {
    /// Operations that it replaces.
    pub(super) const OPERATIONS: usize = 2;

    /// The two products after a head with a backward pass.
    pub(super) fn at(run: &DenseHead, ops: &[Op]) -> Option<Self> {
        let last = run.backward?;
        let d_hidden = last.d_hidden;
        let [Op::MatMul(weights), Op::MatMul(input), ..] = ops else { return None };
        let first = &run.first.product;
        let of_weights = weights.transpose_a && !weights.transpose_b && (weights.a, weights.b) == (first.a, d_hidden);
        let of_input = !input.transpose_a && input.transpose_b && (input.a, input.b) == (d_hidden, first.b);
        let together = weights.y.buffer == last.dw2.buffer;
        (of_weights && of_input && together).then_some(DenseGradients { last, dw: weights.y, dx: input.y })
    }
}

/// Whether the kernels are written for these shapes, and for all gradients where there are any.
pub(super) fn fits(tuning: &Tuning, run: &DenseHead, rest: &[Op]) -> bool {
    let whole = run.backward.is_none() || DenseGradients::at(run, rest).is_some();
    let first = &run.first.product;
    let most = tuning.loop_iterations as u64;
    let as_they_lie = !first.transpose_a && !first.transpose_b;
    let units = first.columns;
    // A hidden unit has an invocation, and the parts of a logit's sum cover all units.
    let head = units <= constant(HEAD, "WORKGROUP").min(constant(HEAD, "PARTS") * constant(HEAD, "PART"));
    let classes = run.last.product.columns <= constant(HEAD, "MOST_CLASSES");
    let fours = units.is_multiple_of(4) && first.inner.is_multiple_of(4);
    let short = [terms(tuning, first), slices(tuning, first), first.rows].iter().all(|&n| iterations(n, 0) <= most);
    whole && as_they_lie && head && classes && fours && short
}

/// Terms of a slice of the first layer's sums.
fn terms(tuning: &Tuning, first: &MatMul) -> usize {
    let tiles = Tiles::dense().wide.count(first.rows, first.columns);
    let slices = tuning.split_k_workgroups.div_ceil(tiles);
    first.inner.div_ceil(slices).max(64).next_multiple_of(16)
}

fn slices(tuning: &Tuning, first: &MatMul) -> usize {
    first.inner.div_ceil(terms(tuning, first))
}

/// `x, label → losses, predicted` and, with a backward pass, `d_logits` and `d_hidden`.
pub(super) fn forward(tuning: &Tuning, run: &DenseHead, scratch: &mut Scratch) -> [Kernel; 2] {
    let DenseHead { first, last, label, losses, predicted, backward } = *run;
    let product = &first.product;
    let slices = slices(tuning, product);
    let partial = scratch.view("partial product", slices * product.y.len);
    let tiles = Tiles::dense();
    let mut constants = shapes(tuning, run);
    constants.extend(tiles.constants(tuning));
    let multiply = Kernel {
        shader: SHADER,
        entry: "forward",
        constants,
        arguments: vec![
            Argument::new("x", product.a),
            Argument::new("w", product.b),
            Argument::new("partial", partial),
        ],
        grid: Grid::workgroups(&[TiledExtent::of(slices * tiles.wide.count(product.rows, product.columns))]),
        iterations: iterations(terms(tuning, product), 0),
    };
    let mut arguments = vec![
        Argument::new("partial", partial),
        Argument::new("w2", last.product.b),
        Argument::new("label", label),
        Argument::new("hidden", product.y),
        Argument::new("losses", losses),
        Argument::new("predicted", predicted),
    ];
    if let Some(backward) = backward {
        arguments.extend([Argument::new("d_logits", backward.d_logits), Argument::new("d_hidden", backward.d_hidden)]);
    }
    let head = Kernel {
        shader: HEAD,
        entry: if backward.is_some() { "forward_backward" } else { "forward" },
        constants: sizes([
            ("ROWS", product.rows),
            ("HIDDEN", product.columns),
            ("CLASSES", last.product.columns),
            ("SLICES", slices),
            ("b1_offset", first.b.offset),
            ("b2_offset", last.b.offset),
        ]),
        arguments,
        grid: Grid::workgroups(&[TiledExtent::of(product.rows)]),
        iterations: iterations(slices, 0),
    };
    [multiply, head]
}

/// All gradients but those of the logits and the hidden units, which the forward pass computed.
pub(super) fn backward(tuning: &Tuning, run: &DenseHead, first: &DenseGradients) -> Kernel {
    let last = first.last;
    let product = &run.first.product;
    let tiles = Tiles::dense();
    let input_groups = tiles.narrow.count(product.rows, product.inner);
    let weight_groups = tiles.wide.count(product.inner, product.columns);
    let classes = run.last.product.columns;
    let elements = product.columns * classes + product.columns + classes;
    let last_groups = elements.div_ceil(tiles.invocations());
    let mut constants = sizes([
        ("INPUT_GROUPS", input_groups),
        ("WEIGHT_GROUPS", weight_groups),
        ("dw1_offset", first.dw.offset),
        ("db1_offset", last.db1.offset),
        ("dw2_offset", last.dw2.offset),
        ("db2_offset", last.db2.offset),
    ]);
    constants.extend(shapes(tuning, run));
    constants.extend(tiles.constants(tuning));
    Kernel {
        shader: BACKWARD,
        entry: "backward",
        constants,
        arguments: vec![
            Argument::new("x", product.a),
            Argument::new("w", product.b),
            Argument::new("hidden", product.y),
            Argument::new("d_logits", last.d_logits),
            Argument::new("d_hidden", last.d_hidden),
            Argument::new("dx", first.dx),
            Argument::new("g", View { offset: 0, ..last.dw2 }),
        ],
        grid: Grid::workgroups(&[TiledExtent::of(input_groups + weight_groups + last_groups)]),
        iterations: iterations(product.rows, 0),
    }
}

fn shapes(tuning: &Tuning, run: &DenseHead) -> Vec<(&'static str, f64)> {
    let product = &run.first.product;
    let Tiles { wide: tile, narrow: input, .. } = Tiles::dense();
    sizes([
        ("ROWS", product.rows),
        ("INNER", product.inner),
        ("UNITS", product.columns),
        ("CLASSES", run.last.product.columns),
        ("TERMS", terms(tuning, product)),
        ("FORWARD_ROWS", tile.rows),
        ("FORWARD_COLUMNS", tile.columns),
        ("INPUT_ROWS", input.rows),
        ("INPUT_COLUMNS", input.columns),
        ("WEIGHT_ROWS", tile.rows),
        ("WEIGHT_COLUMNS", tile.columns),
    ])
}
