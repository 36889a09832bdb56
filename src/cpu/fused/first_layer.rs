//! [`super::conv_pool`] over one input channel, and its weight gradients: a kernel's nine taps are too
//! few to fill vectors, so these run over output channels, and the taps, or their gradients, stay in the
//! registers. Nobody asks for the gradient of the input, which is data.
//!
//! Most of a handwritten digit is empty: a window that reads only zeros is its bias, and adds nothing
//! to the weights' gradients.

use pulp::{Simd, WithSimd};

use super::conv_pool::{Gradients, Images};
use super::finite;
use super::ink::Ink;
use super::machine::Machine;
use super::window::{NONE, pool};
use crate::cpu::aligned::borrow;

/// Taps of the kernel, 3×3.
const TAPS: usize = 9;

/// [`super::conv_pool::forward`] of some padded images.
pub fn forward(machine: Machine, images: Images<'_>) {
    let (padded, pool) = (images.padded, images.pool);
    Ink::borrow(padded, pool, |ink| machine.dispatch(Forward(images, ink)));
}

struct Forward<'a>(Images<'a>, Ink<'a>);

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 && (self.0.conv.out_channels / S::F32_LANES).is_multiple_of(2) {
            outputs::<S, 2>(simd, self.0, self.1);
        } else {
            outputs::<S, 1>(simd, self.0, self.1);
        }
    }
}

#[inline(always)]
fn outputs<S: Simd, const V: usize>(simd: S, task: Images<'_>, mut ink: Ink<'_>) {
    let Images { conv, pool: shape, padded, x, w, b, y, argmax } = task;
    // Nothing times infinity is not nothing.
    let finite = finite(w);
    let (w, b) = (S::as_simd_f32s(w).0, S::as_simd_f32s(b).0);
    let (y, argmax) = (S::as_mut_simd_f32s(y).0, S::as_mut_simd_u32s(argmax).0);
    let (channels, row) = (b.len(), padded.row());
    let windows = shape.output[0] * shape.output[1];
    for (n, x) in x.chunks_exact(padded.len()).enumerate() {
        ink.find(x, conv.stride, shape);
        for block in (0..channels).step_by(V) {
            let mut taps = [[simd.splat_f32s(0.0); V]; TAPS];
            let (mut bias, mut empty) = ([simd.splat_f32s(0.0); V], [(simd.splat_f32s(0.0), simd.splat_u32s(0)); V]);
            for v in 0..V {
                for tap in 0..TAPS {
                    taps[tap][v] = w[tap * channels + block + v];
                }
                bias[v] = b[block + v];
                empty[v] = pool(simd, [bias[v]; 4]);
            }
            for window in 0..windows {
                let out = (n * windows + window) * channels + block;
                if finite && ink.windows[window] == 0 {
                    for v in 0..V {
                        (y[out + v], argmax[out + v]) = empty[v];
                    }
                    continue;
                }
                let corner = padded.window(window, shape.output[1]);
                let (mut sums, steps) = ([bias; 4], padded.steps());
                for p in 0..4 {
                    let pixel = &x[corner + steps[p]..];
                    for i in 0..3 {
                        let x = &pixel[i * row..][..3];
                        for j in 0..3 {
                            let x = simd.splat_f32s(x[j]);
                            for v in 0..V {
                                sums[p][v] = simd.mul_add_f32s(x, taps[i * 3 + j][v], sums[p][v]);
                            }
                        }
                    }
                }
                for v in 0..V {
                    (y[out + v], argmax[out + v]) = pool(simd, [sums[0][v], sums[1][v], sums[2][v], sums[3][v]]);
                }
            }
        }
    }
}

/// [`super::conv_pool::backward`] of some images: `dw` and then `db` into `partial`.
pub fn backward(machine: Machine, task: Gradients<'_>) {
    borrow(task.padded.len(), |image| {
        image.fill(0.0);
        let (padded, pool) = (task.padded, task.pool);
        Ink::borrow(padded, pool, |ink| machine.dispatch(Backward(task, image, ink)));
    });
}

struct Backward<'a>(Gradients<'a>, &'a mut [f32], Ink<'a>);

impl WithSimd for Backward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 && (self.0.conv.out_channels / S::F32_LANES).is_multiple_of(2) {
            gradients::<S, 2>(simd, self);
        } else {
            gradients::<S, 1>(simd, self);
        }
    }
}

#[inline(always)]
fn gradients<S: Simd, const V: usize>(simd: S, Backward(task, image, mut ink): Backward<'_>) {
    let Gradients { conv, pool: shape, padded, x, argmax, dy, partial, .. } = task;
    let finite = finite(dy);
    let (dy, argmax) = (S::as_simd_f32s(dy).0, S::as_simd_u32s(argmax).0);
    let partial = S::as_mut_simd_f32s(partial).0;
    let (channels, row) = (conv.out_channels / S::F32_LANES, padded.row());
    let windows = shape.output[0] * shape.output[1];
    let zero = simd.splat_f32s(0.0);
    // A loop of unknown length stays one, and its sums in the registers.
    let steps = padded.steps();
    let steps = std::hint::black_box(&steps[..]);
    partial.fill(zero);
    for (n, x) in x.chunks_exact(conv.input_len()).enumerate() {
        padded.fill(x, image);
        ink.find(image, conv.stride, shape);
        for block in (0..channels).step_by(V) {
            let (mut dw, mut db) = ([[zero; V]; TAPS], [zero; V]);
            for window in 0..windows {
                let at = (n * windows + window) * channels + block;
                for v in 0..V {
                    let cut = simd.equal_u32s(argmax[at + v], simd.splat_u32s(NONE));
                    db[v] = simd.add_f32s(db[v], simd.select_f32s(cut, zero, dy[at + v]));
                }
                if finite && ink.windows[window] == 0 {
                    continue;
                }
                let corner = padded.window(window, shape.output[1]);
                for (p, step) in steps.iter().enumerate() {
                    let mut won = [zero; V];
                    for v in 0..V {
                        let here = simd.equal_u32s(argmax[at + v], simd.splat_u32s(p as u32));
                        won[v] = simd.select_f32s(here, dy[at + v], zero);
                    }
                    let pixel = &image[corner + step..];
                    for i in 0..3 {
                        let x = &pixel[i * row..][..3];
                        for j in 0..3 {
                            let x = simd.splat_f32s(x[j]);
                            for v in 0..V {
                                dw[i * 3 + j][v] = simd.mul_add_f32s(won[v], x, dw[i * 3 + j][v]);
                            }
                        }
                    }
                }
            }
            for v in 0..V {
                for (tap, sums) in dw.iter().chain([&db]).enumerate() {
                    let sum = &mut partial[tap * channels + block + v];
                    *sum = simd.add_f32s(*sum, sums[v]);
                }
            }
        }
    }
}
