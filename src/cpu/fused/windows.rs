//! [`super::conv_pool`] at any stride: the four convolution outputs of a pool window together, a few
//! vectors of output channels at a time. Every weight that is loaded serves four pixels, and the sums
//! never leave the registers.

use pulp::{Simd, WithSimd};

use super::conv_pool::Images;
use super::window::pool;

/// Forward pass of some images.
pub struct Forward<'a>(pub Images<'a>);

impl WithSimd for Forward<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // Four pixels of so many vectors are sums; they and a row of weights must fit the registers.
        let vectors = self.0.conv.out_channels / S::F32_LANES;
        if S::REGISTER_COUNT >= 32 && vectors.is_multiple_of(4) {
            forward::<S, 4>(simd, self.0);
        } else if vectors.is_multiple_of(2) {
            forward::<S, 2>(simd, self.0);
        } else {
            forward::<S, 1>(simd, self.0);
        }
    }
}

#[inline(always)]
fn forward<S: Simd, const V: usize>(simd: S, mut task: Images<'_>) {
    let (windows, y, argmax) = (task.windows(), std::mem::take(&mut task.y), std::mem::take(&mut task.argmax));
    let (conv, padded, x) = (task.conv, task.padded, task.x);
    let (w, b) = (S::as_simd_f32s(task.w).0, S::as_simd_f32s(task.b).0);
    let (y, argmax) = (S::as_mut_simd_f32s(y).0, S::as_mut_simd_u32s(argmax).0);
    let (channels, row) = (conv.in_channels, b.len());
    let length = conv.kernel[1] * channels;
    for window in 0..windows {
        let corner = task.corner(window);
        for block in (0..row).step_by(V) {
            let mut sums = [[simd.splat_f32s(0.0); V]; 4];
            for i in 0..conv.kernel[0] {
                // A kernel row reads neighbouring numbers of the image: its pixels and their channels.
                let [x0, x1, x2, x3] =
                    padded.steps().map(|step| &x[(corner + step + i * padded.row()) * channels..][..length]);
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
                let (out, bias) = (window * row + block + v, b[block + v]);
                let mut values = [bias; 4];
                for p in 0..4 {
                    values[p] = simd.add_f32s(values[p], sums[p][v]);
                }
                (y[out], argmax[out]) = pool(simd, values);
            }
        }
    }
}
