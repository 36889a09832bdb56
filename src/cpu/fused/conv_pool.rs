//! Convolution, bias, ReLU and 2×2 max pooling in one go: only the pooled output and each window's
//! winner are stored.
//!
//! The four convolution outputs of a pool window are computed together, a few vectors of output
//! channels at a time: every weight that is loaded serves four pixels, and the sums never leave the
//! registers. Rows and columns that the pool drops are not computed.

use pulp::{Arch, Simd, WithSimd};

use super::images::Padded;
use crate::cpu::aligned::Aligned;
use crate::cpu::for_each_pair;
use crate::geometry::{ConvShape, PoolShape};

/// Images of one task.
const IMAGES: usize = 4;

/// `y = max over a window of max(conv(x, w) + b, 0)`, `argmax` the window position of the first
/// maximum: `argmax` means nothing where `y` is 0.
pub fn forward(
    arch: Arch,
    (conv, pool): (&ConvShape, &PoolShape),
    x: &[f32],
    w: &[f32],
    b: &[f32],
    y: &mut [f32],
    argmax: &mut [u32],
) {
    let padded = Padded::new(conv);
    for_each_pair(y, argmax, pool.output_len() * IMAGES, |task, y, argmax| {
        let mut image = Aligned::new(padded.len());
        let image = image.as_mut_slice();
        let outputs = y.chunks_exact_mut(pool.output_len()).zip(argmax.chunks_exact_mut(pool.output_len()));
        for (i, (y, argmax)) in outputs.enumerate() {
            let n = task * IMAGES + i;
            padded.fill(&x[n * conv.input_len()..][..conv.input_len()], image);
            arch.dispatch(Image { conv, pool, padded: &padded, x: image, w, b, y, argmax });
        }
    });
}

struct Image<'a> {
    conv: &'a ConvShape,
    pool: &'a PoolShape,
    padded: &'a Padded,
    x: &'a [f32],
    w: &'a [f32],
    b: &'a [f32],
    y: &'a mut [f32],
    argmax: &'a mut [u32],
}

impl WithSimd for Image<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // Four pixels of so many vectors are sums; they and a row of weights must fit the registers.
        let vectors = self.conv.out_channels / S::F32_LANES;
        if S::REGISTER_COUNT >= 32 && vectors.is_multiple_of(4) {
            image::<S, 4>(simd, self);
        } else if vectors.is_multiple_of(2) {
            image::<S, 2>(simd, self);
        } else {
            image::<S, 1>(simd, self);
        }
    }
}

#[inline(always)]
fn image<S: Simd, const V: usize>(simd: S, task: Image<'_>) {
    let Image { conv, pool, padded, x, w, b, y, argmax } = task;
    let (w, b) = (S::as_simd_f32s(w).0, S::as_simd_f32s(b).0);
    let (y, argmax) = (S::as_mut_simd_f32s(y).0, S::as_mut_simd_u32s(argmax).0);
    let (channels, row) = (conv.in_channels, b.len());
    let length = conv.kernel[1] * channels;
    let zero = simd.splat_f32s(0.0);
    for window in 0..pool.output[0] * pool.output[1] {
        let (oh, ow) = (window / pool.output[1] * 2, window % pool.output[1] * 2);
        for block in (0..row).step_by(V) {
            let mut sums = [[zero; V]; 4];
            for i in 0..conv.kernel[0] {
                // A kernel row reads neighbouring numbers of the image: its pixels and their channels.
                let [x0, x1, x2, x3] = [(0, 0), (0, 1), (1, 0), (1, 1)].map(|(down, right)| {
                    let pixel = padded.pixel([oh + down, ow + right], [i, 0]);
                    &x[pixel * channels..][..length]
                });
                let taps = w[i * length * row..].chunks_exact(row);
                for ((((taps, &x0), &x1), &x2), &x3) in taps.zip(x0).zip(x1).zip(x2).zip(x3) {
                    let taps = &taps[block..block + V];
                    for (p, x) in [x0, x1, x2, x3].into_iter().enumerate() {
                        let x = simd.splat_f32s(x);
                        for v in 0..V {
                            sums[p][v] = simd.mul_add_f32s(x, taps[v], sums[p][v]);
                        }
                    }
                }
            }
            for v in 0..V {
                let bias = b[block + v];
                let mut best = simd.add_f32s(sums[0][v], bias);
                let mut position = simd.splat_u32s(0);
                for p in 1..4 {
                    let value = simd.add_f32s(sums[p][v], bias);
                    // NaN wins and stays, as in the plain pool.
                    let number = simd.equal_f32s(value, value);
                    let greater = simd.greater_than_f32s(value, best);
                    best = simd.select_f32s(number, simd.select_f32s(greater, value, best), value);
                    position = simd.select_u32s(greater, simd.splat_u32s(p as u32), position);
                }
                let rectified = simd.select_f32s(simd.less_than_or_equal_f32s(best, zero), zero, best);
                y[window * row + block + v] = rectified;
                argmax[window * row + block + v] = position;
            }
        }
    }
}
