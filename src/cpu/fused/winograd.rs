//! [`super::conv_pool`] at stride 1 by Winograd's minimal filtering F(2×2, 3×3): sixteen products for the
//! four outputs of a pool window and an input channel, where the sum over taps takes thirty-six.
//!
//! `Y = Aᵀ[Σ_c (G g Gᵀ) ⊙ (Bᵀ d B)]A`, `d` the 4×4 patch that a window reads, `g` the kernel, with
//! `Bᵀ = [1 0 −1 0; 0 1 1 0; 0 −1 1 0; 0 1 0 −1]`, `G = [1 0 0; ½ ½ ½; ½ −½ ½; 0 0 1]`,
//! `Aᵀ = [1 1 1 0; 0 1 −1 −1]`.
//!
//! Source: Lavin and Gray, Fast Algorithms for Convolutional Neural Networks, 2016, section 4.1. A patch
//! that is constant along an axis gives outputs that are equal to the bit along it, as the plain sum
//! does: ties of flat images stay ties. Of other ties, of equal sums by chance or by a patch of which only a
//! corner differs, rounding may choose. An infinite pixel makes the window NaN.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::conv_pool::Image;
use super::machine::Machine;
use super::window::pool;
use crate::cpu::aligned::{Aligned, borrow};

/// Products of a window and an input channel.
const POINTS: usize = 16;
/// Windows whose transforms are in memory together, at most: it stays small for large images.
const STRIP: usize = 100;
/// Windows whose sums are in registers together.
const ROWS: usize = 5;

/// `G v`
#[inline(always)]
fn g<S: Simd>(simd: S, [a, b, c]: [S::f32s; 3]) -> [S::f32s; 4] {
    let half = simd.splat_f32s(0.5);
    let (ends, middle) = (simd.mul_f32s(half, simd.add_f32s(a, c)), simd.mul_f32s(half, b));
    [a, simd.add_f32s(ends, middle), simd.sub_f32s(ends, middle), c]
}

/// `Bᵀ v`
#[inline(always)]
fn bt<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 4] {
    [simd.sub_f32s(a, c), simd.add_f32s(b, c), simd.sub_f32s(c, b), simd.sub_f32s(b, d)]
}

/// `Aᵀ v`
#[inline(always)]
fn at<S: Simd>(simd: S, [a, b, c, d]: [S::f32s; 4]) -> [S::f32s; 2] {
    [simd.add_f32s(simd.add_f32s(a, b), c), simd.sub_f32s(simd.sub_f32s(b, c), d)]
}

/// `G g Gᵀ` of every kernel, `[16][C][O]`.
pub fn transform_weights(machine: Machine, w: &[f32], u: &mut Aligned) {
    u.resize(w.len() / 9 * POINTS);
    machine.dispatch(Weights { w, u: u.as_mut_slice() });
}

struct Weights<'a> {
    w: &'a [f32],
    u: &'a mut [f32],
}

impl WithSimd for Weights<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let (w, u) = (S::as_simd_f32s(self.w).0, S::as_mut_simd_f32s(self.u).0);
        let len = w.len() / 9;
        for place in 0..len {
            let mut columns = [[simd.splat_f32s(0.0); 4]; 3];
            for j in 0..3 {
                columns[j] = g(simd, [w[j * len + place], w[(3 + j) * len + place], w[(6 + j) * len + place]]);
            }
            for i in 0..4 {
                let row = g(simd, [columns[0][i], columns[1][i], columns[2][i]]);
                for j in 0..4 {
                    u[(i * 4 + j) * len + place] = row[j];
                }
            }
        }
    }
}

/// Forward pass of one image; `x` is padded, `w` is what [`transform_weights`] made.
pub fn forward(machine: Machine, image: Image<'_>) {
    let strip = STRIP.min(image.pool.output[0] * image.pool.output[1]);
    borrow(POINTS * strip * image.conv.in_channels, |inputs| {
        borrow(POINTS * strip * image.conv.out_channels, |products| {
            machine.dispatch(Forward { image, inputs, products });
        });
    });
}

struct Forward<'a> {
    image: Image<'a>,
    /// `[16][windows of a strip][C]`
    inputs: &'a mut [f32],
    /// `[16][windows of a strip][O]`
    products: &'a mut [f32],
}

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Forward { mut image, inputs, products } = self;
        let (channels, vectors) = (image.conv.in_channels, image.conv.out_channels / S::F32_LANES);
        let (u, m) = (S::as_simd_f32s(image.w).0, S::as_mut_simd_f32s(products).0);
        let windows = image.pool.output[0] * image.pool.output[1];
        for start in (0..windows).step_by(STRIP) {
            let strip = start..(start + STRIP).min(windows);
            let inputs = &mut inputs[..POINTS * strip.len() * channels];
            let m = &mut m[..POINTS * strip.len() * vectors];
            transform_input(simd, &image, S::as_mut_simd_f32s(inputs).0, strip.clone());
            for ((v, u), m) in inputs
                .chunks_exact(strip.len() * channels)
                .zip(u.chunks_exact(channels * vectors))
                .zip(m.chunks_exact_mut(strip.len() * vectors))
            {
                if S::REGISTER_COUNT >= 32 && vectors.is_multiple_of(4) {
                    multiply::<S, 4>(simd, (v, u, m), channels, vectors);
                } else if vectors.is_multiple_of(2) {
                    multiply::<S, 2>(simd, (v, u, m), channels, vectors);
                } else {
                    multiply::<S, 1>(simd, (v, u, m), channels, vectors);
                }
            }
            transform_output(simd, &mut image, m, strip);
        }
    }
}

/// `Bᵀ d B` of a strip of windows and every channel.
#[inline(always)]
fn transform_input<S: Simd>(simd: S, image: &Image<'_>, v: &mut [S::f32s], strip: Range<usize>) {
    let x = S::as_simd_f32s(image.x).0;
    let (groups, row, windows) = (image.conv.in_channels / S::F32_LANES, image.padded.row(), strip.len());
    for (place, window) in strip.enumerate() {
        let corner = image.padded.window(window, image.pool.output[1]);
        for group in 0..groups {
            let mut rows = [[simd.splat_f32s(0.0); 4]; 4];
            for i in 0..4 {
                let x = &x[(corner + i * row) * groups + group..][..3 * groups + 1];
                rows[i] = bt(simd, [x[0], x[groups], x[2 * groups], x[3 * groups]]);
            }
            for j in 0..4 {
                let column = bt(simd, [rows[0][j], rows[1][j], rows[2][j], rows[3][j]]);
                for i in 0..4 {
                    v[((i * 4 + j) * windows + place) * groups + group] = column[i];
                }
            }
        }
    }
}

/// `m[window, o] = Σ_c v[window, c] · u[c, o]` of one point.
#[inline(always)]
fn multiply<S: Simd, const V: usize>(
    simd: S,
    (v, u, m): (&[f32], &[S::f32s], &mut [S::f32s]),
    channels: usize,
    vectors: usize,
) {
    let windows = v.len() / channels;
    for block in (0..vectors).step_by(V) {
        for first in (0..windows).step_by(ROWS) {
            // Past the last window, that one again: computed and not stored.
            let mut rows = [v; ROWS];
            for r in 0..ROWS {
                rows[r] = &v[(first + r).min(windows - 1) * channels..][..channels];
            }
            let mut sums = [[simd.splat_f32s(0.0); V]; ROWS];
            for (c, u) in u.chunks_exact(vectors).take(channels).enumerate() {
                let u = &u[block..block + V];
                for r in 0..ROWS {
                    let x = simd.splat_f32s(rows[r][c]);
                    for k in 0..V {
                        sums[r][k] = simd.mul_add_f32s(x, u[k], sums[r][k]);
                    }
                }
            }
            for r in 0..ROWS.min(windows - first) {
                m[(first + r) * vectors + block..][..V].copy_from_slice(&sums[r]);
            }
        }
    }
}

/// `Aᵀ M A`, bias, ReLU and pool of a strip of windows and every output channel.
#[inline(always)]
fn transform_output<S: Simd>(simd: S, image: &mut Image<'_>, m: &[S::f32s], strip: Range<usize>) {
    let b = S::as_simd_f32s(image.b).0;
    let (y, argmax) = (S::as_mut_simd_f32s(image.y).0, S::as_mut_simd_u32s(image.argmax).0);
    let (vectors, len) = (b.len(), strip.len() * b.len());
    let (y, argmax) = (&mut y[strip.start * vectors..], &mut argmax[strip.start * vectors..]);
    for place in 0..len {
        let m = |i: usize, j: usize| m[(i * 4 + j) * len + place];
        let mut rows = [[simd.splat_f32s(0.0); 2]; 4];
        for i in 0..4 {
            rows[i] = at(simd, [m(i, 0), m(i, 1), m(i, 2), m(i, 3)]);
        }
        let mut values = [b[place % vectors]; 4];
        for j in 0..2 {
            let [top, bottom] = at(simd, [rows[0][j], rows[1][j], rows[2][j], rows[3][j]]);
            values[j] = simd.add_f32s(values[j], top);
            values[2 + j] = simd.add_f32s(values[2 + j], bottom);
        }
        (y[place], argmax[place]) = pool(simd, values);
    }
}
