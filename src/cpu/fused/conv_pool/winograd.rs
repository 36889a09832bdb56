//! The forward pass at strides 1 and 2 by Winograd's minimal filtering. For the four outputs of a pool window
//! and one input channel the plain sum over taps takes 36 products; minimal filtering takes 16 at stride 1, 25
//! at stride 2, and 20 where one axis has stride 1 and the other stride 2.
//!
//! With `g` the kernel of input channel `c` and `d` the patch of that channel which a window reads, the four
//! outputs are
//!
//! `Y = Aᵀ[Σ_c (G g Gᵀ) ⊙ (Bᵀ d B)]A`;
//!
//! the matrices stand in [`super::winograd_matrices`]. The sum over `c` is one matrix product for each element
//! ("point") of the transformed patch: windows × input channels times input channels × output channels.
//!
//! Ties of a pool window: where a patch is constant along an axis, the outputs along that axis are equal to the
//! bit, as those of the plain sum are, so that flat parts of an image have the same winners. Other outputs whose
//! plain sums are equal (by chance, or as the patches differ only where a weight is zero) may differ here by
//! rounding. An output is NaN here where its plain sum is NaN; where the plain sum is infinite, it may be NaN.

use std::ops::Range;

use pulp::Simd;

use super::max_pool::pool;
use super::task::ForwardTask;
use super::winograd_matrices::{AtStrides, StridedKernel, WEIGHTS, at, bt, g, points};
use crate::cpu::aligned::{Aligned, borrow};
use crate::cpu::fused::matmul::register_tile::{self, LeftFactor, OutputMatrix, RightFactor};
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::threads::for_each_item;
use crate::model::geometry::ConvShape;

/// Most tasks that transform the weights.
const WEIGHT_TASKS: usize = 8;
/// Most windows whose transformed patches and products are in memory together, a "strip"; and most bytes of
/// these, unless one window takes more. So they stay in the cache for large images and many channels.
const STRIP: usize = 64;
const STRIP_BYTES: usize = 1 << 20;
/// Unused elements, one cache line, behind the plane of each point. Without them the points of a window lie a
/// power of two apart, share the same sets of the cache and evict each other.
const GAP: usize = 16;

/// Transforms every kernel: `G g Gᵀ`, as `[4][4][C][O]` with [`GAP`] unused elements behind each of the 16
/// planes.
pub(super) fn transform_weights(isa: InstructionSet, conv: &ConvShape, w: &[f32], u: &mut Aligned) {
    let len = w.len() / 9;
    u.resize((len + GAP) * WEIGHTS * WEIGHTS);
    // Parts are whole vectors, as `len` is a multiple of 16 × 16.
    let part = len.div_ceil(WEIGHT_TASKS);
    let mut parts: Vec<Vec<&mut [f32]>> = (0..len.div_ceil(part)).map(|_| Vec::new()).collect();
    for plane in u.as_mut_slice::<f32>().chunks_exact_mut(len + GAP) {
        parts.iter_mut().zip(plane[..len].chunks_mut(part)).for_each(|(part, u)| part.push(u));
    }
    for_each_item(parts, |i, u| {
        let kernel = WeightTransform { w, first: i * part, u };
        isa.dispatch(AtStrides { strides: conv.stride, kernel });
    });
}

/// Transforms a part of the kernels.
struct WeightTransform<'a> {
    /// All kernels, `[kh, kw, C, O]`.
    w: &'a [f32],
    /// Where the part begins in each plane `[C, O]`.
    first: usize,
    /// The part of each of the 16 transformed planes.
    u: Vec<&'a mut [f32]>,
}

impl StridedKernel for WeightTransform<'_> {
    #[inline(always)]
    fn run<S: Simd, const D: usize, const R: usize>(self, simd: S) {
        let WeightTransform { w, first, mut u } = self;
        let plane = w.len() / 9;
        let len = u[0].len();
        let tap = |tap: usize| S::as_simd_f32s(&w[tap * plane + first..][..len]).0;
        for place in 0..len / S::F32_LANES {
            let mut columns = [[simd.splat_f32s(0.0); WEIGHTS]; 3];
            for j in 0..3 {
                columns[j] = g::<S, D>(simd, [tap(j)[place], tap(3 + j)[place], tap(6 + j)[place]]);
            }
            for i in 0..WEIGHTS {
                let row = g::<S, R>(simd, [columns[0][i], columns[1][i], columns[2][i]]);
                for j in 0..WEIGHTS {
                    S::as_mut_simd_f32s(u[i * WEIGHTS + j]).0[place] = row[j];
                }
            }
        }
    }
}

/// Windows of a strip.
pub(super) fn strip(conv: &ConvShape) -> usize {
    let points = points(conv.stride[0]) * points(conv.stride[1]);
    (STRIP_BYTES / (4 * points * (conv.in_channels + conv.out_channels))).clamp(1, STRIP)
}

/// See [`super::forward`]; `task.w` is what [`transform_weights`] made.
pub(super) fn forward(isa: InstructionSet, task: ForwardTask<'_>) {
    let conv = task.conv;
    let points = points(conv.stride[0]) * points(conv.stride[1]);
    let windows = strip(conv).min(task.windows());
    borrow(points * (windows * conv.in_channels + GAP), |inputs| {
        borrow(points * (windows * conv.out_channels + GAP), |products| {
            isa.dispatch(AtStrides { strides: conv.stride, kernel: WinogradForward { task, inputs, products } });
        });
    });
}

struct WinogradForward<'a> {
    task: ForwardTask<'a>,
    /// Scratch memory, `[points][windows of a strip][C]`, a gap behind each point.
    inputs: &'a mut [f32],
    /// Scratch memory, `[points][windows of a strip][O]`, a gap behind each point.
    products: &'a mut [f32],
}

impl StridedKernel for WinogradForward<'_> {
    #[inline(always)]
    fn run<S: Simd, const D: usize, const R: usize>(self, simd: S) {
        let WinogradForward { mut task, inputs, products } = self;
        let channels = task.conv.in_channels;
        let vectors = task.conv.out_channels / S::F32_LANES;
        let gap = GAP / S::F32_LANES;
        let u = S::as_simd_f32s(task.w).0;
        let m = S::as_mut_simd_f32s(products).0;
        let windows_of_strip = strip(task.conv);
        for start in (0..task.windows()).step_by(windows_of_strip) {
            let strip = start..(start + windows_of_strip).min(task.windows());
            let length = strip.len() * channels;
            let inputs = &mut inputs[..points(D) * points(R) * (length + GAP)];
            let m = &mut m[..points(D) * points(R) * (strip.len() * vectors + gap)];
            transform_input::<S, D, R>(simd, &task, S::as_mut_simd_f32s(inputs).0, strip.clone());
            let planes = inputs.chunks_exact(length + GAP).zip(m.chunks_exact_mut(strip.len() * vectors + gap));
            for (point, (v, m)) in planes.enumerate() {
                // At stride 2 the last two points along an axis share their weights.
                let [i, j] = [point / points(R), point % points(R)].map(|point| point.min(WEIGHTS - 1));
                let u = &u[(i * WEIGHTS + j) * (channels * vectors + gap)..][..channels * vectors];
                // `m[window, o] = Σ_c v[window, c] · u[c, o]` for one point.
                let a = LeftFactor { a: &v[..length], row: channels, term: 1 };
                let b = RightFactor { b: u, stride: vectors, vectors };
                let y = OutputMatrix { y: &mut m[..strip.len() * vectors], vectors };
                register_tile::multiply(simd, a, b, channels, y);
            }
            transform_output::<S, D, R>(simd, &mut task, m, strip);
        }
    }
}

/// `v = Bᵀ d B` for the windows of a strip and every input channel.
#[inline(always)]
fn transform_input<S: Simd, const D: usize, const R: usize>(
    simd: S,
    task: &ForwardTask<'_>,
    v: &mut [S::f32s],
    strip: Range<usize>,
) {
    let x = S::as_simd_f32s(task.x).0;
    let groups = task.conv.in_channels / S::F32_LANES;
    let row = task.padded.row();
    let plane = strip.len() * groups + GAP / S::F32_LANES;
    for (place, window) in strip.enumerate() {
        let corner = task.corner(window);
        for group in 0..groups {
            let mut rows = [[simd.splat_f32s(0.0); 5]; 5];
            for i in 0..points(D) {
                let x = &x[(corner + i * row) * groups + group..][..(points(R) - 1) * groups + 1];
                for j in 0..points(R) {
                    rows[i][j] = x[j * groups];
                }
                rows[i] = bt::<S, R>(simd, rows[i]);
            }
            for j in 0..points(R) {
                let column = bt::<S, D>(simd, [rows[0][j], rows[1][j], rows[2][j], rows[3][j], rows[4][j]]);
                for i in 0..points(D) {
                    v[(i * points(R) + j) * plane + place * groups + group] = column[i];
                }
            }
        }
    }
}

/// `Aᵀ m A`, bias, ReLU and pool for the windows of a strip and every output channel.
#[inline(always)]
fn transform_output<S: Simd, const D: usize, const R: usize>(
    simd: S,
    task: &mut ForwardTask<'_>,
    m: &[S::f32s],
    strip: Range<usize>,
) {
    let b = S::as_simd_f32s(task.b).0;
    let vectors = b.len();
    let y = &mut S::as_mut_simd_f32s(task.y).0[strip.start * vectors..];
    let argmax = &mut S::as_mut_simd_u32s(task.argmax).0[strip.start * vectors..];
    let len = strip.len() * vectors;
    let plane = len + GAP / S::F32_LANES;
    for place in 0..len {
        let mut rows = [[simd.splat_f32s(0.0); 2]; 5];
        for i in 0..points(D) {
            let mut row = [simd.splat_f32s(0.0); 5];
            for j in 0..points(R) {
                row[j] = m[(i * points(R) + j) * plane + place];
            }
            rows[i] = at::<S, R>(simd, row);
        }
        let mut values = [b[place % vectors]; 4];
        for j in 0..2 {
            let column = [rows[0][j], rows[1][j], rows[2][j], rows[3][j], rows[4][j]];
            let [top, bottom] = at::<S, D>(simd, column);
            values[j] = simd.add_f32s(values[j], top);
            values[2 + j] = simd.add_f32s(values[2 + j], bottom);
        }
        (y[place], argmax[place]) = pool(simd, values);
    }
}
