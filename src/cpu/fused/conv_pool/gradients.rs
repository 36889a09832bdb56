//! The backward pass with several input channels.
//!
//! Most gradients of the convolution's output are zero: at most one output of a pool window has a gradient, and
//! none where ReLU cut the maximum. The nonzero ones are listed first ([`super::gradient_lists`]), and only they
//! are multiplied:
//!
//! - the list of one output channel is added to the nine gradients of its weights, for one vector of input
//!   channels at a time;
//! - the list of one output of one window is added to the patch of the input's gradient that this output read,
//!   one row of the kernel at a time.
//!
//! The sums that a list is added to stay in registers. A vector of input channels and a row of the kernel are
//! chosen so that what the lists index, images or weights, stays in the first-level cache.
//!
//! NaN and infinities among pixels and weights meet only the nonzero gradients. The plain operations multiply
//! them by the zero gradients as well, which gives NaN in more places.

use pulp::{Simd, WithSimd};

use super::gradient_lists::GradientLists;
use super::max_pool::NONE;
use super::shapes::{ROW_TAPS, TAPS};
use super::task::BackwardTask;
use crate::cpu::aligned::borrow;
use crate::cpu::fused::matmul::sparse_entry::SparseEntry;
use crate::cpu::instruction_set::InstructionSet;

/// Bytes of one vector of channels of the images that are read together: most of the smallest first-level cache.
const CACHE_BYTES: usize = 24 << 10;

/// Most windows that are listed together, a "strip", and most bytes of their lists, unless one window takes
/// more. So memory stays small for large images and many channels.
const STRIP: usize = 256;
const LIST_BYTES: usize = 1 << 20;

/// See [`super::backward`]: writes `dx`, and to `task.partial` the sums for `dw`, in the layout that
/// [`super::weight_layout::add_gradients`] reads, and then for `db`.
pub(super) fn backward(isa: InstructionSet, task: BackwardTask<'_>) {
    let windows = task.pool.output[0] * task.pool.output[1];
    let outputs = task.conv.out_channels;
    let images_in_cache = CACHE_BYTES / (task.padded.pixels() * isa.dispatch(LaneCount) * 4);
    let images = task.dy.len() / task.pool.output_len();
    let strip = windows_of_strip(outputs);
    // A block of several images has all their windows in one strip.
    let block = if windows > strip { 1 } else { images_in_cache.clamp(1, images).min(strip / windows) };
    let listed = block * windows.min(strip);
    let image = task.padded.len();
    borrow(listed * outputs, |by_channel| {
        borrow(4 * listed * outputs, |by_winner| {
            borrow(block * image, |images| {
                borrow(image, |gradient| {
                    let lists = GradientLists::new(by_channel, by_winner, outputs, listed);
                    isa.dispatch(SparseBackward { task, block, strip, lists, images, gradient });
                });
            });
        });
    });
}

/// Windows of a strip, if each has `outputs` channels. The lists have room for five entries a channel.
fn windows_of_strip(outputs: usize) -> usize {
    (LIST_BYTES / (5 * size_of::<SparseEntry>() * outputs)).clamp(1, STRIP)
}

/// How many floats a vector holds.
struct LaneCount;

impl WithSimd for LaneCount {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        S::F32_LANES
    }
}

struct SparseBackward<'a> {
    task: BackwardTask<'a>,
    /// Images of a block.
    block: usize,
    /// Windows of an image that are listed together.
    strip: usize,
    lists: GradientLists<'a>,
    /// Scratch memory, `[C / lanes][block]` padded images.
    images: &'a mut [f32],
    /// Scratch memory, the gradient of one padded image.
    gradient: &'a mut [f32],
}

impl WithSimd for SparseBackward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let SparseBackward { mut task, block, strip: windows_of_strip, mut lists, images, gradient } = self;
        let padded = task.padded;
        let pixels = padded.pixels();
        let outputs = task.conv.out_channels;
        let windows = task.pool.output[0] * task.pool.output[1];
        let groups = task.conv.in_channels / S::F32_LANES;
        let image_len = task.conv.input_len() / S::F32_LANES;
        let group_weights = outputs * TAPS;
        let (weights, biases) = std::mem::take(&mut task.partial).split_at_mut(task.conv.in_channels * group_weights);
        let dw = S::as_mut_simd_f32s(weights).0;
        let db = S::as_mut_simd_f32s(biases).0;
        let dx = S::as_mut_simd_f32s(std::mem::take(&mut task.dx)).0;
        let x = S::as_simd_f32s(task.x).0;
        let w = S::as_simd_f32s(task.w).0;
        let images = S::as_mut_simd_f32s(images).0;
        let gradient = S::as_mut_simd_f32s(gradient).0;
        let zero = simd.splat_f32s(0.0);
        images.fill(zero);
        for (first, x) in x.chunks(block * image_len).enumerate().map(|(i, x)| (i * block, x)) {
            for (n, x) in x.chunks_exact(image_len).enumerate() {
                padded.fill_groups(x, &mut images[n * pixels..], block * pixels);
            }
            for start in (0..windows).step_by(windows_of_strip) {
                let strip = start..(start + windows_of_strip).min(windows);
                lists.clear();
                let fresh = first == 0 && start == 0;
                if fresh {
                    db.fill(zero);
                }
                for n in 0..x.len() / image_len {
                    let row = |window| ((first + n) * windows + window) * outputs;
                    let range = row(strip.start)..row(strip.end);
                    let argmax = &task.argmax[range.clone()];
                    let dy = &task.dy[range];
                    add_biases(simd, argmax, dy, db);
                    lists.add(&task, n, strip.clone(), argmax, dy);
                }
                for (images, dw) in images.chunks_exact(block * pixels).zip(dw.chunks_exact_mut(group_weights)) {
                    add_weights(simd, images, padded.row(), &lists, dw, fresh);
                }
                if dx.is_empty() {
                    continue;
                }
                for n in 0..x.len() / image_len {
                    if start == 0 {
                        gradient.fill(zero);
                    }
                    for (row, w) in w.chunks_exact(ROW_TAPS * groups * outputs).enumerate() {
                        for window in strip.clone() {
                            let corner = padded.window(window, task.pool.output[1]) + row * padded.row();
                            for (p, offset) in padded.output_offsets().into_iter().enumerate() {
                                let gradient = &mut gradient[(corner + offset) * groups..][..ROW_TAPS * groups];
                                let entries = lists.by_winner(n * strip.len() + window - strip.start, p);
                                add_row(simd, w, entries, gradient);
                            }
                        }
                    }
                    if strip.end == windows {
                        padded.extract(gradient, groups, &mut dx[(first + n) * image_len..][..image_len]);
                    }
                }
            }
        }
    }
}

/// `db[o] += Σ dy[window, o]` over the windows that have a winner.
#[inline(always)]
fn add_biases<S: Simd>(simd: S, argmax: &[u32], dy: &[f32], db: &mut [S::f32s]) {
    let none = simd.splat_u32s(NONE);
    let argmax = S::as_simd_u32s(argmax).0;
    let dy = S::as_simd_f32s(dy).0;
    for (argmax, dy) in argmax.chunks_exact(db.len()).zip(dy.chunks_exact(db.len())) {
        for ((&p, &dy), sum) in argmax.iter().zip(dy).zip(&mut *db) {
            let gradient = simd.select_f32s(simd.equal_u32s(p, none), simd.splat_f32s(0.0), dy);
            *sum = simd.add_f32s(*sum, gradient);
        }
    }
}

/// `dw[o, tap] += Σ gradient · x[patch + tap]` over the entries of each output channel `o`, for one vector of
/// input channels; if `fresh`, the sums start at 0.
#[inline(always)]
fn add_weights<S: Simd>(
    simd: S,
    image: &[S::f32s],
    row: usize,
    lists: &GradientLists<'_>,
    dw: &mut [S::f32s],
    fresh: bool,
) {
    for (o, dw) in dw.chunks_exact_mut(TAPS).enumerate() {
        let mut sums = [simd.splat_f32s(0.0); TAPS];
        if !fresh {
            sums.copy_from_slice(dw);
        }
        for entry in lists.by_channel(o) {
            let gradient = simd.splat_f32s(entry.value());
            for i in 0..ROW_TAPS {
                let x = &image[entry.index() + i * row..][..ROW_TAPS];
                for j in 0..ROW_TAPS {
                    let sum = &mut sums[i * ROW_TAPS + j];
                    *sum = simd.mul_add_f32s(gradient, x[j], *sum);
                }
            }
        }
        dw.copy_from_slice(&sums);
    }
}

/// `dx[patch + tap] += Σ_o gradient · w[o, tap]` over the entries of one output of a window, for the taps of one
/// row of the kernel and all input channels: as many vectors at a time as there are registers for.
#[inline(always)]
fn add_row<S: Simd>(simd: S, w: &[S::f32s], entries: &[SparseEntry], dx: &mut [S::f32s]) {
    let length = dx.len();
    let mut done = 0;
    while length - done >= 12 && S::REGISTER_COUNT >= 16 {
        add_vectors::<S, 12>(simd, w, entries, dx, done);
        done += 12;
    }
    while length - done >= 6 {
        add_vectors::<S, 6>(simd, w, entries, dx, done);
        done += 6;
    }
    while length > done {
        add_vectors::<S, ROW_TAPS>(simd, w, entries, dx, done);
        done += ROW_TAPS;
    }
}

/// [`add_row`] for `V` of its vectors, from the one numbered `first` on.
#[inline(always)]
fn add_vectors<S: Simd, const V: usize>(
    simd: S,
    w: &[S::f32s],
    entries: &[SparseEntry],
    dx: &mut [S::f32s],
    first: usize,
) {
    let length = dx.len();
    let mut sums = [simd.splat_f32s(0.0); V];
    sums.copy_from_slice(&dx[first..first + V]);
    for entry in entries {
        let w = &w[entry.index() * length + first..][..V];
        let gradient = simd.splat_f32s(entry.value());
        for v in 0..V {
            sums[v] = simd.mul_add_f32s(gradient, w[v], sums[v]);
        }
    }
    dx[first..first + V].copy_from_slice(&sums);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_is_as_long_as_its_memory_allows() {
        for outputs in [16, 64, 102, 103, 256, 1024, 4080, 26_214, 26_215, 1 << 20] {
            let strip = windows_of_strip(outputs);
            let bytes = |windows: usize| windows * 5 * 8 * outputs;
            assert!(strip == 1 || bytes(strip) <= LIST_BYTES, "{strip} windows of {outputs}");
            assert!(strip == STRIP || bytes(strip + 1) > LIST_BYTES, "{strip} windows of {outputs}");
            assert!((1..=STRIP).contains(&strip), "{strip} windows of {outputs}");
        }
    }
}
