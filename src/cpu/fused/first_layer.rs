//! Weight gradients of [`super::conv_pool`] for a convolution over one input channel, whose own input
//! needs none: a kernel's taps are too few to fill vectors, so these run over output channels.

use pulp::{Arch, Simd, WithSimd};

use super::images::Padded;
use crate::cpu::aligned::Aligned;
use crate::geometry::{ConvShape, PoolShape};

/// Images of one task: the partial sums of tasks are added in order, whatever the number of threads.
const IMAGES: usize = 4;

/// Taps of the kernel, 3×3.
pub const TAPS: usize = 9;

/// The tensors of the pass.
pub struct Tensors<'a> {
    pub x: &'a [f32],
    pub y: &'a [f32],
    pub argmax: &'a [u32],
    pub dy: &'a [f32],
    pub dw: &'a mut [f32],
    pub db: &'a mut [f32],
}

/// `dw` and `db` of convolution, bias, ReLU and pooling.
pub fn backward_weights(
    arch: Arch,
    (conv, pool): (&ConvShape, &PoolShape),
    tensors: Tensors<'_>,
    partial: &mut Aligned,
) {
    let Tensors { x, y, argmax, dy, dw, db } = tensors;
    let padded = Padded::new(conv);
    let width = dw.len() + db.len();
    let tasks = (dy.len() / pool.output_len()).div_ceil(IMAGES);
    partial.resize(tasks * width);
    let partial = partial.as_mut_slice::<f32>();
    crate::cpu::for_each_chunk(partial, width, |task, sums| {
        let images = |len: usize, all: usize| (task * IMAGES * len).min(all)..((task + 1) * IMAGES * len).min(all);
        let outputs = images(pool.output_len(), dy.len());
        let x = &x[images(conv.input_len(), x.len())];
        let (y, argmax, dy) = (&y[outputs.clone()], &argmax[outputs.clone()], &dy[outputs]);
        arch.dispatch(Task { conv, pool, padded: &padded, x, y, argmax, dy, sums });
    });
    dw.fill(0.0);
    db.fill(0.0);
    for partial in partial.chunks_exact(width) {
        dw.iter_mut().chain(&mut *db).zip(partial).for_each(|(sum, &part)| *sum += part);
    }
}

struct Task<'a> {
    conv: &'a ConvShape,
    pool: &'a PoolShape,
    padded: &'a Padded,
    x: &'a [f32],
    y: &'a [f32],
    argmax: &'a [u32],
    dy: &'a [f32],
    /// `dw` and after it `db`.
    sums: &'a mut [f32],
}

impl WithSimd for Task<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::REGISTER_COUNT >= 32 && (self.conv.out_channels / S::F32_LANES).is_multiple_of(2) {
            images::<S, 2>(simd, self);
        } else {
            images::<S, 1>(simd, self);
        }
    }
}

#[inline(always)]
fn images<S: Simd, const V: usize>(simd: S, task: Task<'_>) {
    let Task { conv, pool, padded, x, y, argmax, dy, sums } = task;
    let row = conv.out_channels / S::F32_LANES;
    let (y, dy, argmax) = (S::as_simd_f32s(y).0, S::as_simd_f32s(dy).0, S::as_simd_u32s(argmax).0);
    let sums = S::as_mut_simd_f32s(sums).0;
    let zero = simd.splat_f32s(0.0);
    let windows = pool.output[0] * pool.output[1];
    let mut image = vec![0.0; padded.len()];
    for s in &mut *sums {
        *s = zero;
    }
    for n in 0..x.len() / conv.input_len() {
        padded.fill(&x[n * conv.input_len()..][..conv.input_len()], &mut image);
        for block in (0..row).step_by(V) {
            let mut dw = [[zero; V]; TAPS];
            let mut db = [zero; V];
            for window in 0..windows {
                let (oh, ow) = (window / pool.output[1] * 2, window % pool.output[1] * 2);
                let at = (n * windows + window) * row + block;
                let mut gradient = [zero; V];
                for v in 0..V {
                    let cut = simd.less_than_or_equal_f32s(y[at + v], zero);
                    gradient[v] = simd.select_f32s(cut, zero, dy[at + v]);
                    db[v] = simd.add_f32s(db[v], gradient[v]);
                }
                for p in 0..4 {
                    let mut won = [zero; V];
                    for v in 0..V {
                        let here = simd.equal_u32s(argmax[at + v], simd.splat_u32s(p as u32));
                        won[v] = simd.select_f32s(here, gradient[v], zero);
                    }
                    let pixel = padded.pixel([oh + p / 2, ow + p % 2], [0, 0]);
                    for tap in 0..TAPS {
                        let x = simd.splat_f32s(image[pixel + tap / 3 * padded.row() + tap % 3]);
                        for v in 0..V {
                            dw[tap][v] = simd.mul_add_f32s(won[v], x, dw[tap][v]);
                        }
                    }
                }
            }
            for v in 0..V {
                for tap in 0..TAPS {
                    let sum = &mut sums[tap * row + block + v];
                    *sum = simd.add_f32s(*sum, dw[tap][v]);
                }
                let sum = &mut sums[TAPS * row + block + v];
                *sum = simd.add_f32s(*sum, db[v]);
            }
        }
    }
}
