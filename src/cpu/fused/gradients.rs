//! Gradients of [`super::conv_pool`] with a 3×3 kernel over several channels.
//!
//! At most one of a window's four convolution outputs has a gradient, and none where ReLU cut. These
//! are listed first, once by output channel and once by pool window and winner, and only they are
//! multiplied: a list by channel walks over one channel's weight gradients, one by window and winner
//! over one patch of the input's gradient, which stay in the registers meanwhile. So that what is walked
//! over stays in the fastest cache, weight gradients take a vector of input channels at a time, and input
//! gradients a row of the kernel.
//!
//! Pixels and weights that are not finite meet only winners' gradients; the plain sums multiply them by the
//! zeros of the others too, which makes NaN.

use pulp::{Simd, WithSimd};

use super::conv_pool::Gradients;
use super::entry::Entry;
use super::lists::Lists;
use super::machine::Machine;
use super::window::NONE;
use crate::cpu::aligned::borrow;

/// Taps of the kernel, 3×3, and of one of its rows.
pub const TAPS: usize = 9;
pub const ROW: usize = 3;

/// Bytes of images that are walked over together: most of the smallest first-level cache.
const CACHE: usize = 24 << 10;

/// Windows that are listed together, at most, and bytes of their lists, unless one window takes more: memory
/// stays small for large images and many channels.
const STRIP: usize = 256;
const LISTED: usize = 1 << 20;

struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

/// [`super::conv_pool::backward`] of some images: `dw`, as [`super::layout`] says, and then `db` into `partial`;
/// `dx`.
pub fn backward(machine: Machine, task: Gradients<'_>) {
    let (windows, outputs) = (task.pool.output[0] * task.pool.output[1], task.conv.out_channels);
    // So many images' vectors of one group of channels leave room in the fastest cache.
    let fitting = CACHE / (task.padded.pixels() * machine.dispatch(Lanes) * 4);
    let images = task.dy.len() / task.pool.output_len();
    let strip = (LISTED / (5 * size_of::<Entry>() * outputs)).clamp(1, STRIP);
    // Of more images than one all windows are one strip.
    let block = if windows > strip { 1 } else { fitting.clamp(1, images).min(strip / windows) };
    let (listed, image) = (block * windows.min(strip), task.padded.len());
    borrow(listed * outputs, |by_channel| {
        borrow(4 * listed * outputs, |by_window| {
            borrow(block * image, |images| {
                borrow(image, |gradient| {
                    let lists = Lists::new(by_channel, by_window, outputs, listed);
                    machine.dispatch(Blocks { task, block, strip, lists, images, gradient });
                });
            });
        });
    });
}

struct Blocks<'a> {
    task: Gradients<'a>,
    /// Images of a block.
    block: usize,
    /// Windows of an image that are listed together.
    strip: usize,
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
        let Blocks { mut task, block, strip: most, mut lists, images, gradient } = self;
        let (padded, outputs, vectors) = (task.padded, task.conv.out_channels, task.conv.out_channels * TAPS);
        let windows = task.pool.output[0] * task.pool.output[1];
        let (pixels, length) = (padded.pixels(), task.conv.input_len() / S::F32_LANES);
        let (partial, dx) = (std::mem::take(&mut task.partial), std::mem::take(&mut task.dx));
        let (weights, biases) = partial.split_at_mut(task.conv.in_channels * vectors);
        let (dw, db) = (S::as_mut_simd_f32s(weights).0, S::as_mut_simd_f32s(biases).0);
        let (x, w, dx) = (S::as_simd_f32s(task.x).0, S::as_simd_f32s(task.w).0, S::as_mut_simd_f32s(dx).0);
        let (images, gradient) = (S::as_mut_simd_f32s(images).0, S::as_mut_simd_f32s(gradient).0);
        let groups = task.conv.in_channels / S::F32_LANES;
        let zero = simd.splat_f32s(0.0);
        images.fill(zero);
        for (first, x) in x.chunks(block * length).enumerate().map(|(i, x)| (i * block, x)) {
            for (n, x) in x.chunks_exact(length).enumerate() {
                padded.fill_groups(x, &mut images[n * pixels..], block * pixels);
            }
            for start in (0..windows).step_by(most) {
                let strip = start..(start + most).min(windows);
                lists.clear();
                let fresh = first == 0 && start == 0;
                if fresh {
                    db.fill(zero);
                }
                for n in 0..x.len() / length {
                    let row = |window| ((first + n) * windows + window) * outputs;
                    let range = row(strip.start)..row(strip.end);
                    let (argmax, dy) = (&task.argmax[range.clone()], &task.dy[range]);
                    add_biases(simd, argmax, dy, db);
                    lists.add(&task, n, strip.clone(), argmax, dy);
                }
                for (images, dw) in images.chunks_exact(block * pixels).zip(dw.chunks_exact_mut(vectors)) {
                    add_weights(simd, images, padded.row(), &lists, dw, fresh);
                }
                if dx.is_empty() {
                    continue;
                }
                for n in 0..x.len() / length {
                    if start == 0 {
                        gradient.fill(zero);
                    }
                    for (row, w) in w.chunks_exact(ROW * groups * outputs).enumerate() {
                        for window in strip.clone() {
                            let corner = padded.window(window, task.pool.output[1]) + row * padded.row();
                            for (p, step) in padded.steps().into_iter().enumerate() {
                                let gradient = &mut gradient[(corner + step) * groups..][..ROW * groups];
                                let list = lists.by_winner(n * strip.len() + window - strip.start, p);
                                add_row(simd, w, list, gradient);
                            }
                        }
                    }
                    if strip.end == windows {
                        padded.extract(gradient, groups, &mut dx[(first + n) * length..][..length]);
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
fn add_weights<S: Simd>(simd: S, image: &[S::f32s], row: usize, lists: &Lists<'_>, dw: &mut [S::f32s], fresh: bool) {
    for (o, dw) in dw.chunks_exact_mut(TAPS).enumerate() {
        let mut sums = [simd.splat_f32s(0.0); TAPS];
        if !fresh {
            sums.copy_from_slice(dw);
        }
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

/// `dx[pixel + tap] += Σ_o dy[window, o] · w[o, tap]` over one list, for the taps and channels of one
/// kernel row, in as few goes as the registers allow.
#[inline(always)]
fn add_row<S: Simd>(simd: S, w: &[S::f32s], list: &[Entry], gradient: &mut [S::f32s]) {
    let length = gradient.len();
    let mut done = 0;
    while length - done >= 12 && S::REGISTER_COUNT >= 16 {
        add_vectors::<S, 12>(simd, w, list, gradient, done);
        done += 12;
    }
    while length - done >= 6 {
        add_vectors::<S, 6>(simd, w, list, gradient, done);
        done += 6;
    }
    while length > done {
        add_vectors::<S, ROW>(simd, w, list, gradient, done);
        done += ROW;
    }
}

/// [`add_row`] for `V` of its vectors.
#[inline(always)]
fn add_vectors<S: Simd, const V: usize>(
    simd: S,
    w: &[S::f32s],
    list: &[Entry],
    gradient: &mut [S::f32s],
    first: usize,
) {
    let length = gradient.len();
    let mut sums = [simd.splat_f32s(0.0); V];
    sums.copy_from_slice(&gradient[first..first + V]);
    for entry in list {
        let w = &w[entry.place() * length + first..][..V];
        let g = simd.splat_f32s(entry.value());
        for v in 0..V {
            sums[v] = simd.mul_add_f32s(g, w[v], sums[v]);
        }
    }
    gradient[first..first + V].copy_from_slice(&sums);
}
