//! The backward pass: the batch in tasks of several images, and the choice of the kernel.

use std::ops::Range;

use super::padded::PaddedLayout;
use super::shapes::{ConvPoolScratch, ConvPoolShapes};
use super::task::BackwardTask;
use super::{first_layer, gradients, weight_layout};
use crate::cpu::fused::arithmetic::add_in_order;
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::threads::{for_each_chunk, for_each_chunk_pair};

/// Most tasks of a backward pass. Each task keeps sums of its own for all weights, and these are added in
/// order at the end, so that the result does not depend on the number of threads.
const MOST_TASKS: usize = 16;
/// A batch is cut into at least this many tasks, however few windows there are.
const FEW_TASKS: usize = 4;
/// A batch of more than [`FEW_TASKS`] tasks has at least this many windows × channels a task: with fewer, to
/// add the tasks' sums would take too large a share of the time.
const FEWEST_OUTPUTS: usize = 4096;
/// Most bytes of all tasks' sums together, unless one task's are more.
const MOST_PARTIAL_BYTES: usize = 64 << 20;

/// What a backward pass reads.
#[derive(Clone, Copy)]
pub(crate) struct BackwardInputs<'a> {
    /// `[N, H, W, C]`
    pub x: &'a [f32],
    /// `[kh, kw, C, O]`
    pub w: &'a [f32],
    /// As [`super::forward`] wrote it.
    pub argmax: &'a [u32],
    /// The gradient of the pooled output.
    pub dy: &'a [f32],
}

/// What a backward pass writes.
pub(crate) struct GradientSlices<'a> {
    /// The gradient of `x`, or empty where it is not wanted.
    pub dx: &'a mut [f32],
    /// The gradient of `w`.
    pub dw: &'a mut [f32],
    /// The gradient of `b`.
    pub db: &'a mut [f32],
}

/// How many images one task takes of a batch, if an image has `outputs` pooled outputs and a task keeps `sums`
/// sums.
pub(super) fn images_of_task(batch: usize, outputs: usize, sums: usize) -> usize {
    let most_tasks = (MOST_PARTIAL_BYTES / (4 * sums)).clamp(1, MOST_TASKS);
    let fewest_images = (FEWEST_OUTPUTS / outputs).min(batch.div_ceil(FEW_TASKS));
    batch.div_ceil(most_tasks).max(fewest_images)
}

/// The gradients of [`super::forward`]'s `w`, `b` and `x` from that of its `y`.
///
/// With `d[n, h, w, o]` the gradient of the convolution's output, which is `dy` at each window's winner and 0
/// elsewhere, stride `s` and padding `p`:
///
/// - `dw[i, j, c, o] = Σ_{n,h,w} d[n, h, w, o] · x[n, h·s + i − p, w·s + j − p, c]`
/// - `db[o] = Σ_{n,h,w} d[n, h, w, o]`
/// - `dx[n, h', w', c] = Σ d[n, h, w, o] · w[i, j, c, o]` over all `h, w, i, j, o` with `h·s + i − p = h'` and
///   `w·s + j − p = w'`
pub(crate) fn backward(
    isa: InstructionSet,
    shapes: ConvPoolShapes<'_>,
    inputs: BackwardInputs<'_>,
    outputs: GradientSlices<'_>,
    scratch: &mut ConvPoolScratch,
) {
    let ConvPoolShapes { conv, pool } = shapes;
    let BackwardInputs { x, w, argmax, dy } = inputs;
    let GradientSlices { dx, dw, db } = outputs;
    let padded = PaddedLayout::new(conv);
    let batch = dy.len() / pool.output_len();
    let sums = dw.len() + db.len();
    let images = images_of_task(batch, pool.output_len(), sums);
    let tasks = batch.div_ceil(images);
    scratch.partial.resize(tasks * sums);
    if conv.in_channels > 1 {
        weight_layout::arrange_weights(isa, conv, w, &mut scratch.weights);
    }
    let w = scratch.weights.as_slice();
    let run = |task: usize, partial: &mut [f32], dx: &mut [f32]| {
        // The task's part of a tensor that has `len` elements an image and `all` in the batch.
        let part = |len: usize, all: usize| -> Range<usize> {
            (task * images * len).min(all)..((task + 1) * images * len).min(all)
        };
        let x = &x[part(conv.input_len(), x.len())];
        let pooled = part(pool.output_len(), dy.len());
        let argmax = &argmax[pooled.clone()];
        let dy = &dy[pooled];
        let task = BackwardTask { conv, pool, padded: &padded, x, w, argmax, dy, dx, partial };
        if conv.in_channels == 1 {
            first_layer::backward(isa, task);
        } else {
            gradients::backward(isa, task);
        }
    };
    let partial = scratch.partial.as_mut_slice::<f32>();
    if dx.is_empty() {
        for_each_chunk(partial, sums, |task, partial| run(task, partial, &mut []));
    } else {
        for_each_chunk_pair(partial, sums, dx, conv.input_len() * images, run);
    }
    if conv.in_channels == 1 {
        add_in_order(partial, sums, dw);
    } else {
        weight_layout::add_gradients(isa, conv, partial, sums, dw);
    }
    add_in_order(&partial[dw.len()..], sums, db);
}
