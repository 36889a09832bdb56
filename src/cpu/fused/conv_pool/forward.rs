//! The forward pass: the batch in tasks of a few images, and the choice of the kernel.

use super::padded::PaddedLayout;
use super::shapes::{ConvPoolScratch, ConvPoolShapes};
use super::task::ForwardTask;
use super::{direct, first_layer, winograd, winograd_matrices};
use crate::cpu::aligned::borrow;
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::threads::for_each_chunk_pair;

/// Images of one task.
const IMAGES: usize = 4;

/// What a forward pass reads.
#[derive(Clone, Copy)]
pub(crate) struct ForwardInputs<'a> {
    /// `[N, H, W, C]`
    pub x: &'a [f32],
    /// `[kh, kw, C, O]`
    pub w: &'a [f32],
    /// `[O]`
    pub b: &'a [f32],
}

/// What a forward pass writes, both `[N, H, W, O]` of the pool's output.
pub(crate) struct ForwardOutputs<'a> {
    pub y: &'a mut [f32],
    /// The position in its window, row-major, of the first maximum, or [`super::max_pool::NONE`] where `y` is 0.
    pub argmax: &'a mut [u32],
}

/// `y[n, h, w, o] = max over the window (h, w) of max(conv(x, w)[n, ·, ·, o] + b[o], 0)`, and `argmax`.
pub(crate) fn forward(
    isa: InstructionSet,
    shapes: ConvPoolShapes<'_>,
    inputs: ForwardInputs<'_>,
    outputs: ForwardOutputs<'_>,
    scratch: &mut ConvPoolScratch,
) {
    let ConvPoolShapes { conv, pool } = shapes;
    let ForwardInputs { x, w, b } = inputs;
    let ForwardOutputs { y, argmax } = outputs;
    let padded = PaddedLayout::new(conv);
    let by_winograd = conv.in_channels > 1 && winograd_matrices::fits(conv);
    let w = if by_winograd {
        winograd::transform_weights(isa, conv, w, &mut scratch.weights);
        scratch.weights.as_slice()
    } else {
        w
    };
    // Winograd's products read the transformed weights once for each strip of windows. Where an image has
    // few windows, several images share a strip.
    let images_of_strip = if by_winograd { winograd::strip(conv) * conv.out_channels / pool.output_len() } else { 1 };
    let together = images_of_strip.clamp(1, IMAGES);
    let task_outputs = pool.output_len() * IMAGES;
    for_each_chunk_pair(y, task_outputs, argmax, task_outputs, |task, y, argmax| {
        borrow(padded.len() * together, |images| {
            images.fill(0.0);
            let outputs = pool.output_len() * together;
            let inputs = conv.input_len() * together;
            let x = &x[task * IMAGES * conv.input_len()..];
            for ((y, argmax), x) in y.chunks_mut(outputs).zip(argmax.chunks_mut(outputs)).zip(x.chunks(inputs)) {
                let count = y.len() / pool.output_len();
                let images = &mut images[..count * padded.len()];
                for (x, image) in x.chunks_exact(conv.input_len()).zip(images.chunks_exact_mut(padded.len())) {
                    padded.fill(x, image);
                }
                let task = ForwardTask { conv, pool, padded: &padded, x: images, w, b, y, argmax };
                if conv.in_channels == 1 {
                    first_layer::forward(isa, task);
                } else if by_winograd {
                    winograd::forward(isa, task);
                } else {
                    direct::forward(isa, task);
                }
            }
        });
    });
}
