//! Gradients of [`super::conv_pool`] with a 3×3 kernel over several channels.
//!
//! At most one of a window's four convolution outputs has a gradient, and none where ReLU cut. These
//! are listed first, once by output channel and once by pool window and winner, and only they are
//! multiplied: a list by channel walks over one channel's weight gradients, one by window and winner
//! over one patch of the input's gradient, which stay in the registers meanwhile. Input channels are
//! taken a vector at a time, so that what is walked over stays in the fastest cache.

use pulp::{Simd, WithSimd};

use super::conv_pool::Gradients;
use super::entry::Entry;
use super::lists::Lists;
use super::machine::Machine;
use super::window::NONE;
use crate::cpu::aligned::{Aligned, borrow};
use crate::cpu::for_each_chunk;
use crate::geometry::ConvShape;

/// Taps of the kernel, 3×3.
const TAPS: usize = 9;

/// Bytes of images that are walked over together: half of the smallest first-level cache.
const CACHE: usize = 16 << 10;

/// Windows of an image that are listed together, at most: memory stays small for large images.
const STRIP: usize = 256;

/// `[kh, kw, C, O]` to `[C / lanes][O][kh, kw][lanes]`.
pub fn arrange_weights(machine: Machine, conv: &ConvShape, w: &[f32], arranged: &mut Aligned) {
    arranged.resize(w.len());
    let group_len = conv.out_channels * TAPS * machine.dispatch(Lanes);
    for_each_chunk(arranged.as_mut_slice(), group_len, |group, arranged| {
        machine.dispatch(Arrange { conv, w, group, arranged });
    });
}

struct Arrange<'a> {
    conv: &'a ConvShape,
    w: &'a [f32],
    group: usize,
    arranged: &'a mut [f32],
}

impl WithSimd for Arrange<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let (outputs, group_len) = (self.conv.out_channels, S::F32_LANES * self.conv.out_channels);
        for tap in 0..TAPS {
            let from = &self.w[tap * self.conv.in_channels * outputs + self.group * group_len..][..group_len];
            for o in 0..outputs {
                let to = &mut self.arranged[(o * TAPS + tap) * S::F32_LANES..][..S::F32_LANES];
                for (lane, to) in to.iter_mut().enumerate() {
                    *to = from[lane * outputs + o];
                }
            }
        }
    }
}

/// Adds the sums of all tasks, which lie as [`arrange_weights`] lays out, into `[kh, kw, C, O]`.
pub fn add(machine: Machine, conv: &ConvShape, partial: &[f32], width: usize, dw: &mut [f32]) {
    for_each_chunk(dw, conv.in_channels * conv.out_channels, |tap, dw| {
        machine.dispatch(Add { outputs: conv.out_channels, partial, width, tap, dw });
    });
}

struct Add<'a> {
    outputs: usize,
    partial: &'a [f32],
    width: usize,
    tap: usize,
    dw: &'a mut [f32],
}

impl WithSimd for Add<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (partial, width) = (S::as_simd_f32s(self.partial).0, self.width / S::F32_LANES);
        for (group, dw) in self.dw.chunks_exact_mut(S::F32_LANES * self.outputs).enumerate() {
            for o in 0..self.outputs {
                let at = (group * self.outputs + o) * TAPS + self.tap;
                let mut sum = partial[at];
                for start in (width..partial.len()).step_by(width) {
                    sum = simd.add_f32s(sum, partial[start + at]);
                }
                let sum: &[f32] = bytemuck::cast_slice(std::slice::from_ref(&sum));
                for (lane, &sum) in sum.iter().enumerate() {
                    dw[lane * self.outputs + o] = sum;
                }
            }
        }
    }
}

struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

/// Gradients of some images: of the weights and then the bias into `partial`, and of the input.
pub fn backward(machine: Machine, task: Gradients<'_>) {
    let (windows, outputs) = (task.pool.output[0] * task.pool.output[1], task.conv.out_channels);
    // So many images' vectors of one group of channels leave room in the fastest cache.
    let fitting = CACHE / (task.padded.pixels() * machine.dispatch(Lanes) * 4);
    let block = if windows > STRIP { 1 } else { fitting.max(1) };
    let (listed, image) = (block * windows.min(STRIP), task.padded.len());
    task.partial.fill(0.0);
    borrow(listed * outputs, |by_channel| {
        borrow(4 * listed * outputs, |by_window| {
            borrow(block * image, |images| {
                borrow(image, |gradient| {
                    let lists = Lists::new(by_channel, by_window, outputs, listed);
                    machine.dispatch(Blocks { task, block, lists, images, gradient });
                });
            });
        });
    });
}

struct Blocks<'a> {
    task: Gradients<'a>,
    /// Images of a block.
    block: usize,
    lists: Lists<'a>,
    /// `[C / lanes][block]` padded images.
    images: &'a mut [f32],
    /// The gradient of one.
    gradient: &'a mut [f32],
}

impl WithSimd for Blocks<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Blocks { mut task, block, mut lists, images, gradient } = self;
        let (padded, outputs, vectors) = (task.padded, task.conv.out_channels, task.conv.out_channels * TAPS);
        let windows = task.pool.output[0] * task.pool.output[1];
        let (pixels, length) = (padded.pixels(), task.conv.input_len() / S::F32_LANES);
        let (partial, dx) = (std::mem::take(&mut task.partial), std::mem::take(&mut task.dx));
        let (weights, biases) = partial.split_at_mut(task.conv.in_channels * vectors);
        let (dw, db) = (S::as_mut_simd_f32s(weights).0, S::as_mut_simd_f32s(biases).0);
        let (x, w, dx) = (S::as_simd_f32s(task.x).0, S::as_simd_f32s(task.w).0, S::as_mut_simd_f32s(dx).0);
        let (images, gradient) = (S::as_mut_simd_f32s(images).0, S::as_mut_simd_f32s(gradient).0);
        let zero = simd.splat_f32s(0.0);
        images.fill(zero);
        for (first, x) in x.chunks(block * length).enumerate().map(|(i, x)| (i * block, x)) {
            for (n, x) in x.chunks_exact(length).enumerate() {
                padded.fill_groups(x, &mut images[n * pixels..], block * pixels);
            }
            // Of more images than one all windows are one strip.
            for start in (0..windows).step_by(STRIP) {
                let strip = start..(start + STRIP).min(windows);
                lists.clear();
                for n in 0..x.len() / length {
                    let row = |window| ((first + n) * windows + window) * outputs;
                    let range = row(strip.start)..row(strip.end);
                    let (argmax, dy) = (&task.argmax[range.clone()], &task.dy[range]);
                    add_biases(simd, argmax, dy, db);
                    lists.add(&task, n, strip.clone(), argmax, dy);
                }
                for (images, dw) in images.chunks_exact(block * pixels).zip(dw.chunks_exact_mut(vectors)) {
                    add_weights(simd, images, padded.row(), &lists, dw);
                }
                if dx.is_empty() {
                    continue;
                }
                for n in 0..x.len() / length {
                    if start == 0 {
                        gradient.fill(zero);
                    }
                    for (gradient, w) in gradient.chunks_exact_mut(pixels).zip(w.chunks_exact(vectors)) {
                        for (i, window) in strip.clone().enumerate() {
                            let corner = padded.window(window, task.pool.output[1]);
                            for (p, step) in padded.steps().into_iter().enumerate() {
                                let list = lists.by_winner(n * strip.len() + i, p);
                                add_patch(simd, w, list, &mut gradient[corner + step..], padded.row());
                            }
                        }
                    }
                    if strip.end == windows {
                        padded.extract_groups(gradient, pixels, &mut dx[(first + n) * length..][..length]);
                    }
                }
            }
        }
    }
}

/// `db[o] += Σ dy[window, o]` over the windows with a winner.
#[inline(always)]
fn add_biases<S: Simd>(simd: S, argmax: &[u32], dy: &[f32], db: &mut [S::f32s]) {
    let none = simd.splat_u32s(NONE);
    let (argmax, dy) = (S::as_simd_u32s(argmax).0, S::as_simd_f32s(dy).0);
    for (argmax, dy) in argmax.chunks_exact(db.len()).zip(dy.chunks_exact(db.len())) {
        for ((&p, &dy), sum) in argmax.iter().zip(dy).zip(&mut *db) {
            let gradient = simd.select_f32s(simd.equal_u32s(p, none), simd.splat_f32s(0.0), dy);
            *sum = simd.add_f32s(*sum, gradient);
        }
    }
}

/// `dw[o, tap] += Σ x[pixel + tap] · dy[window, o]` over the list of each channel, for one vector of
/// input channels.
#[inline(always)]
fn add_weights<S: Simd>(simd: S, image: &[S::f32s], row: usize, lists: &Lists<'_>, dw: &mut [S::f32s]) {
    for (o, dw) in dw.chunks_exact_mut(TAPS).enumerate() {
        let mut sums = [simd.splat_f32s(0.0); TAPS];
        sums.copy_from_slice(dw);
        for entry in lists.by_channel(o) {
            let g = simd.splat_f32s(entry.value());
            for i in 0..3 {
                let x = &image[entry.place() + i * row..][..3];
                for j in 0..3 {
                    sums[i * 3 + j] = simd.mul_add_f32s(g, x[j], sums[i * 3 + j]);
                }
            }
        }
        dw.copy_from_slice(&sums);
    }
}

/// `dx[pixel + tap] += Σ_o dy[window, o] · w[o, tap]` over one list, for one vector of input channels.
#[inline(always)]
fn add_patch<S: Simd>(simd: S, w: &[S::f32s], list: &[Entry], gradient: &mut [S::f32s], row: usize) {
    let mut sums = [simd.splat_f32s(0.0); TAPS];
    for tap in 0..TAPS {
        sums[tap] = gradient[tap / 3 * row + tap % 3];
    }
    for entry in list {
        let w = &w[entry.place() * TAPS..][..TAPS];
        let g = simd.splat_f32s(entry.value());
        for tap in 0..TAPS {
            sums[tap] = simd.mul_add_f32s(g, w[tap], sums[tap]);
        }
    }
    for tap in 0..TAPS {
        gradient[tap / 3 * row + tap % 3] = sums[tap];
    }
}
