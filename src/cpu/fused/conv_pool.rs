//! Convolution, bias, ReLU and 2×2 max pooling in one go: only the pooled output and each window's
//! winner are stored; rows and columns that the pool drops are not computed. And the gradients of that,
//! from the pooled gradient.
//!
//! Here is how the batch is cut into tasks; the passes over their images are [`first_layer`] for one
//! input channel, [`winograd`] forward at strides 1 and 2, [`windows`] forward at others, and [`gradients`]
//! backward.
//!
//! [`windows`]: super::windows
//! [`gradients`]: super::gradients

use super::add_in_order;
use super::images::Padded;
use super::machine::Machine;
use super::{filters, first_layer, gradients, layout, windows, winograd};
use crate::cpu::aligned::{Aligned, borrow};
use crate::cpu::{for_each_chunk, for_each_two};
use crate::model::geometry::{ConvShape, PoolShape};

/// Images of one task, forward.
const IMAGES: usize = 4;
/// Tasks of a backward pass at most, and the fewest windows × channels of one where there are more than
/// a few: each leaves sums for all weights, which are added in order, whatever the number of threads.
const TASKS: usize = 16;
const FEW_TASKS: usize = 4;
const FEWEST_WINDOWS: usize = 4096;
/// Bytes of all these sums together, at most, where there are more tasks than one.
const BYTES: usize = 64 << 20;

/// Memory that a plan's steps share.
#[derive(Default)]
pub struct Scratch {
    /// Weights in another layout.
    weights: Aligned,
    /// Sums of gradients, one part a task.
    partial: Aligned,
}

/// Images that a kernel computes together, forward.
pub struct Images<'a> {
    pub conv: &'a ConvShape,
    pub pool: &'a PoolShape,
    pub padded: &'a Padded,
    /// Padded.
    pub x: &'a [f32],
    pub w: &'a [f32],
    pub b: &'a [f32],
    pub y: &'a mut [f32],
    pub argmax: &'a mut [u32],
}

impl Images<'_> {
    /// Pool windows of all of them.
    pub fn windows(&self) -> usize {
        self.y.len() / self.conv.out_channels
    }

    /// The first pixel that a window reads.
    #[inline(always)]
    pub fn corner(&self, window: usize) -> usize {
        let each = self.pool.output[0] * self.pool.output[1];
        window / each * self.padded.pixels() + self.padded.window(window % each, self.pool.output[1])
    }
}

/// `y[n, h, w, o] = max over a window of max(conv(x, w) + b, 0)` of `x` `[N, H, W, C]`, `argmax` the window
/// position of the first maximum, or [`super::window::NONE`] where `y` is 0.
pub fn forward(
    machine: Machine,
    (conv, pool): (&ConvShape, &PoolShape),
    [x, w, b]: [&[f32]; 3],
    y: &mut [f32],
    argmax: &mut [u32],
    scratch: &mut Scratch,
) {
    let padded = Padded::new(conv);
    let winograd = conv.in_channels > 1 && filters::fits(conv);
    let w = if winograd {
        winograd::transform_weights(machine, conv, w, &mut scratch.weights);
        scratch.weights.as_slice()
    } else {
        w
    };
    // Few windows of an image leave room for those of another, which meet the same weights.
    let room = if winograd { winograd::strip(conv) * conv.out_channels / pool.output_len() } else { 1 };
    let together = room.clamp(1, IMAGES);
    let outputs = pool.output_len() * IMAGES;
    for_each_two(y, outputs, argmax, outputs, |task, y, argmax| {
        borrow(padded.len() * together, |images| {
            images.fill(0.0);
            let (outputs, inputs) = (pool.output_len() * together, conv.input_len() * together);
            let x = &x[task * IMAGES * conv.input_len()..];
            for ((y, argmax), x) in y.chunks_mut(outputs).zip(argmax.chunks_mut(outputs)).zip(x.chunks(inputs)) {
                let count = y.len() / pool.output_len();
                let images = &mut images[..count * padded.len()];
                for (x, image) in x.chunks_exact(conv.input_len()).zip(images.chunks_exact_mut(padded.len())) {
                    padded.fill(x, image);
                }
                let images = Images { conv, pool, padded: &padded, x: images, w, b, y, argmax };
                if conv.in_channels == 1 {
                    first_layer::forward(machine, images);
                } else if winograd {
                    winograd::forward(machine, images);
                } else {
                    machine.dispatch(windows::Forward(images));
                }
            }
        });
    });
}

/// The images of one task, backward.
pub struct Gradients<'a> {
    pub conv: &'a ConvShape,
    pub pool: &'a PoolShape,
    pub padded: &'a Padded,
    pub x: &'a [f32],
    /// As [`layout::arrange_weights`] lays them out.
    pub w: &'a [f32],
    pub argmax: &'a [u32],
    pub dy: &'a [f32],
    /// Empty where nobody asks for it.
    pub dx: &'a mut [f32],
    /// Out: sums of the weights' gradients in the pass' own layout, then of the bias'.
    pub partial: &'a mut [f32],
}

/// What goes into a backward pass: `argmax` as [`forward`] left it.
pub struct Inputs<'a> {
    pub x: &'a [f32],
    pub w: &'a [f32],
    pub argmax: &'a [u32],
    pub dy: &'a [f32],
}

/// Images of a task of a backward pass, of which each has `outputs` pooled outputs, and each task `sums`.
pub(super) fn images_of_a_task(batch: usize, outputs: usize, sums: usize) -> usize {
    let tasks = (BYTES / (4 * sums)).clamp(1, TASKS);
    let enough = (FEWEST_WINDOWS / outputs).min(batch.div_ceil(FEW_TASKS));
    batch.div_ceil(tasks).max(enough)
}

/// `dw`, `db` and, unless it is empty, `dx`: the gradients of [`forward`]'s `w` `[kh, kw, C, O]`, `b` and `x`
/// from that of its `y`. With `d = dy` at each window's winner and 0 elsewhere,
/// `dw[i, j, c, o] = Σ d[n, h, w, o] · x[n, h·s + i − p, w·s + j − p, c]`, `db[o] = Σ d[n, h, w, o]`,
/// `dx[n, h·s + i − p, w·s + j − p, c] = Σ d[n, h, w, o] · w[i, j, c, o]`.
pub fn backward(
    machine: Machine,
    (conv, pool): (&ConvShape, &PoolShape),
    inputs: Inputs<'_>,
    [dx, dw, db]: [&mut [f32]; 3],
    scratch: &mut Scratch,
) {
    let Inputs { x, w, argmax, dy } = inputs;
    let padded = Padded::new(conv);
    let batch = dy.len() / pool.output_len();
    let width = dw.len() + db.len();
    let images = images_of_a_task(batch, pool.output_len(), width);
    let tasks = batch.div_ceil(images);
    scratch.partial.resize(tasks * width);
    if conv.in_channels > 1 {
        layout::arrange_weights(machine, conv, w, &mut scratch.weights);
    }
    let w = scratch.weights.as_slice();
    let run = |task: usize, partial: &mut [f32], dx: &mut [f32]| {
        let part = |len: usize, all: usize| (task * images * len).min(all)..((task + 1) * images * len).min(all);
        let outputs = part(pool.output_len(), dy.len());
        let x = &x[part(conv.input_len(), x.len())];
        let (argmax, dy) = (&argmax[outputs.clone()], &dy[outputs]);
        let task = Gradients { conv, pool, padded: &padded, x, w, argmax, dy, dx, partial };
        if conv.in_channels == 1 {
            first_layer::backward(machine, task);
        } else {
            gradients::backward(machine, task);
        }
    };
    let partial = scratch.partial.as_mut_slice::<f32>();
    if dx.is_empty() {
        for_each_chunk(partial, width, |task, partial| run(task, partial, &mut []));
    } else {
        for_each_two(partial, width, dx, conv.input_len() * images, run);
    }
    if conv.in_channels == 1 {
        add_in_order(partial, width, dw);
    } else {
        layout::add_gradients(machine, conv, partial, width, dw);
    }
    add_in_order(&partial[dw.len()..], width, db);
}
