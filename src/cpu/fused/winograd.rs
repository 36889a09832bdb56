//! [`super::conv_pool`] at strides 1 and 2 by minimal filtering: sixteen products at stride 1, twenty-five
//! at stride 2, twenty where the axes differ, for the four outputs of a pool window and an input channel,
//! where the sum over taps takes thirty-six.
//!
//! `Y = Aᵀ[Σ_c (G g Gᵀ) ⊙ (Bᵀ d B)]A`, `d` the patch that a window reads, `g` the kernel; the matrices stand
//! in [`filters`].
//!
//! A patch that is constant along an axis gives outputs that are equal to the bit along it, as the plain sum
//! does: ties of flat images stay ties. Of other ties, of equal sums by chance or by a patch of which only a
//! corner differs, rounding may choose. The same outputs are NaN as in the plain sum; where that is infinite,
//! they may be NaN here.
//!
//! [`filters`]: super::filters

use std::ops::Range;

use pulp::Simd;

use super::conv_pool::Images;
use super::filters::{At, Strided, WEIGHTS, at, bt, g, points};
use super::machine::Machine;
use super::tile::{self, Block, Factor, Plane};
use super::window::pool;
use crate::cpu::aligned::{Aligned, borrow};
use crate::cpu::for_each_item;
use crate::model::geometry::ConvShape;

/// Tasks that transform the weights, at most.
const PARTS: usize = 8;
/// Windows whose transforms are in memory together, at most, and their bytes, unless one window takes more:
/// they stay in the cache for large images, and for many channels.
const STRIP: usize = 64;
const BYTES: usize = 1 << 20;
/// Numbers between two points' planes: without them a window's points lie a power of two apart, and
/// push each other out of the cache.
const GAP: usize = 16;

/// `G g Gᵀ` of every kernel, `[4][4][C][O]`, a gap behind each point.
pub fn transform_weights(machine: Machine, conv: &ConvShape, w: &[f32], u: &mut Aligned) {
    let len = w.len() / 9;
    u.resize((len + GAP) * WEIGHTS * WEIGHTS);
    // Whole vectors, as the channels are sixteens.
    let part = len.div_ceil(PARTS);
    let mut parts: Vec<Vec<&mut [f32]>> = (0..len.div_ceil(part)).map(|_| Vec::new()).collect();
    for plane in u.as_mut_slice::<f32>().chunks_exact_mut(len + GAP) {
        parts.iter_mut().zip(plane[..len].chunks_mut(part)).for_each(|(part, u)| part.push(u));
    }
    for_each_item(parts, |i, u| machine.dispatch(At(conv.stride, Weights { w, first: i * part, u })));
}

/// The kernels of some input channels.
struct Weights<'a> {
    w: &'a [f32],
    /// Where they begin in a plane of `w`.
    first: usize,
    /// Their parts of every plane.
    u: Vec<&'a mut [f32]>,
}

impl Strided for Weights<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const D: usize, const R: usize>(self, simd: S) {
        let Weights { w, first, mut u } = self;
        let (plane, first, len) = (w.len() / 9, first, u[0].len());
        let column = |tap: usize| S::as_simd_f32s(&w[tap * plane + first..][..len]).0;
        for place in 0..len / S::F32_LANES {
            let mut columns = [[simd.splat_f32s(0.0); WEIGHTS]; 3];
            for j in 0..3 {
                columns[j] = g::<S, D>(simd, [column(j)[place], column(3 + j)[place], column(6 + j)[place]]);
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
pub fn strip(conv: &ConvShape) -> usize {
    let points = points(conv.stride[0]) * points(conv.stride[1]);
    (BYTES / (4 * points * (conv.in_channels + conv.out_channels))).clamp(1, STRIP)
}

/// Forward pass of some images; `x` is padded, `w` is what [`transform_weights`] made.
pub fn forward(machine: Machine, images: Images<'_>) {
    let conv = images.conv;
    let (points, windows) = (points(conv.stride[0]) * points(conv.stride[1]), strip(conv).min(images.windows()));
    borrow(points * (windows * conv.in_channels + GAP), |inputs| {
        borrow(points * (windows * conv.out_channels + GAP), |products| {
            machine.dispatch(At(conv.stride, Forward { images, inputs, products }));
        });
    });
}

struct Forward<'a> {
    images: Images<'a>,
    /// `[points][windows of a strip][C]`, a gap behind each point
    inputs: &'a mut [f32],
    /// `[points][windows of a strip][O]`, likewise
    products: &'a mut [f32],
}

impl Strided for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn run<S: Simd, const D: usize, const R: usize>(self, simd: S) {
        let Forward { mut images, inputs, products } = self;
        let (channels, vectors) = (images.conv.in_channels, images.conv.out_channels / S::F32_LANES);
        let (u, m) = (S::as_simd_f32s(images.w).0, S::as_mut_simd_f32s(products).0);
        let most = strip(images.conv);
        for start in (0..images.windows()).step_by(most) {
            let strip = start..(start + most).min(images.windows());
            let (length, gap) = (strip.len() * channels, GAP / S::F32_LANES);
            let inputs = &mut inputs[..points(D) * points(R) * (length + GAP)];
            let m = &mut m[..points(D) * points(R) * (strip.len() * vectors + gap)];
            transform_input::<S, D, R>(simd, &images, S::as_mut_simd_f32s(inputs).0, strip.clone());
            let both = inputs.chunks_exact(length + GAP).zip(m.chunks_exact_mut(strip.len() * vectors + gap));
            for (point, (v, m)) in both.enumerate() {
                let [i, j] = [point / points(R), point % points(R)].map(|point| point.min(WEIGHTS - 1));
                let u = &u[(i * WEIGHTS + j) * (channels * vectors + gap)..][..channels * vectors];
                // `m[window, o] = Σ_c v[window, c] · u[c, o]` of one point.
                let a = Factor { a: &v[..length], row: channels, term: 1 };
                let y = Plane { y: &mut m[..strip.len() * vectors], vectors };
                tile::multiply(simd, a, Block { b: u, stride: vectors, vectors }, channels, y);
            }
            transform_output::<S, D, R>(simd, &mut images, m, strip);
        }
    }
}

/// `Bᵀ d B` of a strip of windows and every channel.
#[inline(always)]
fn transform_input<S: Simd, const D: usize, const R: usize>(
    simd: S,
    images: &Images<'_>,
    v: &mut [S::f32s],
    strip: Range<usize>,
) {
    let x = S::as_simd_f32s(images.x).0;
    let (groups, row) = (images.conv.in_channels / S::F32_LANES, images.padded.row());
    let plane = strip.len() * groups + GAP / S::F32_LANES;
    for (place, window) in strip.enumerate() {
        let corner = images.corner(window);
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

/// `Aᵀ M A`, bias, ReLU and pool of a strip of windows and every output channel.
#[inline(always)]
fn transform_output<S: Simd, const D: usize, const R: usize>(
    simd: S,
    images: &mut Images<'_>,
    m: &[S::f32s],
    strip: Range<usize>,
) {
    let b = S::as_simd_f32s(images.b).0;
    let (y, argmax) = (S::as_mut_simd_f32s(images.y).0, S::as_mut_simd_u32s(images.argmax).0);
    let (vectors, len) = (b.len(), strip.len() * b.len());
    let plane = len + GAP / S::F32_LANES;
    let (y, argmax) = (&mut y[strip.start * vectors..], &mut argmax[strip.start * vectors..]);
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
