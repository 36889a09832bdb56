//! The kernels for one input channel against plain loops, bit for bit.

use super::*;
use crate::cpu::fused::conv_pool::padded::PaddedLayout;
use crate::cpu::fused::conv_pool::tests::shapes;
use crate::cpu::fused::conv_pool::{self, ConvPoolShapes, ForwardInputs, ForwardOutputs};
use crate::cpu::fused::test_support::{instruction_sets, random};
use crate::model::geometry::Padding;

/// Blocks of four vectors, whatever their width.
const OUTPUTS: usize = 64;
const BATCH: usize = 2;

/// A kernel in blocks of `V` vectors, even if this processor has too few registers for them.
struct InBlocks<K, const V: usize>(K);

impl<const V: usize> WithSimd for InBlocks<FirstLayerForward<'_>, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        VectorBlockKernel::<S>::run::<V>(self.0, simd);
    }
}

impl<const V: usize> WithSimd for InBlocks<FirstLayerBackward<'_>, V> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        VectorBlockKernel::<S>::run::<V>(self.0, simd);
    }
}

/// The bits are those of plain loops over multiply-adds: forward from the bias on, tap by tap; backward window
/// by window, a sum for each image. Windows are skipped in the upper half of the first image.
#[test]
fn blocks_of_any_number_of_vectors_give_the_same_bits() {
    let (conv, pool) = shapes([7, 9], [1, OUTPUTS], [1, 2], Padding::Same);
    let padded = PaddedLayout::new(&conv);
    let mut x = random("x", BATCH * conv.input_len());
    x[..conv.input_len() / 2].fill(0.0);
    let mut images = vec![0.0; BATCH * padded.len()];
    for (x, image) in x.chunks_exact(conv.input_len()).zip(images.chunks_exact_mut(padded.len())) {
        padded.fill(x, image);
    }
    let w = random("w", TAPS * OUTPUTS);
    let b = random("b", OUTPUTS);
    let dy = random("dy", BATCH * pool.output_len());

    let windows = pool.output[0] * pool.output[1];
    let mut y = vec![0.0; dy.len()];
    let mut argmax = vec![NONE; dy.len()];
    let mut partial = vec![0.0; (TAPS + 1) * OUTPUTS];
    for (n, image) in images.chunks_exact(padded.len()).enumerate() {
        for o in 0..OUTPUTS {
            let mut sums = [0.0; TAPS + 1];
            for window in 0..windows {
                let out = (n * windows + window) * OUTPUTS + o;
                let pixel = |p: usize, tap: usize| {
                    let corner = padded.window(window, pool.output[1]) + padded.output_offsets()[p];
                    image[corner + tap / ROW_TAPS * padded.row() + tap % ROW_TAPS]
                };
                for p in 0..4 {
                    let add = |sum, tap| pixel(p, tap).mul_add(w[tap * OUTPUTS + o], sum);
                    let value = (0..TAPS).fold(b[o], add);
                    if value > y[out] {
                        (y[out], argmax[out]) = (value, p as u32);
                    }
                }
                if argmax[out] != NONE {
                    let p = argmax[out] as usize;
                    (0..TAPS).for_each(|tap| sums[tap] = dy[out].mul_add(pixel(p, tap), sums[tap]));
                    sums[TAPS] += dy[out];
                }
            }
            sums.iter().enumerate().for_each(|(tap, sum)| partial[tap * OUTPUTS + o] += sum);
        }
    }

    for isa in instruction_sets() {
        let mut got = vec![f32::NAN; y.len()];
        let mut winners = vec![9; y.len()];
        let outputs = ForwardOutputs { y: &mut got, argmax: &mut winners };
        let inputs = ForwardInputs { x: &x, w: &w, b: &b };
        let both = ConvPoolShapes { conv: &conv, pool: &pool };
        conv_pool::forward(isa, both, inputs, outputs, &mut Default::default());
        assert!(got == y && winners == argmax, "{isa:?}, as chosen");
        for vectors in [1, 2, 4] {
            let (mut got, mut winners) = (vec![f32::NAN; y.len()], vec![9; y.len()]);
            let (y_out, argmax_out) = (&mut got, &mut winners);
            NonzeroWindows::borrow(&padded, &pool, |nonzero| {
                let (conv, pool, padded) = (&conv, &pool, &padded);
                let task = ForwardTask { conv, pool, padded, x: &images, w: &w, b: &b, y: y_out, argmax: argmax_out };
                let kernel = FirstLayerForward { task, nonzero };
                match vectors {
                    1 => isa.dispatch(InBlocks::<_, 1>(kernel)),
                    2 => isa.dispatch(InBlocks::<_, 2>(kernel)),
                    _ => isa.dispatch(InBlocks::<_, 4>(kernel)),
                }
            });
            assert!(got == y && winners == argmax, "{isa:?}, {vectors} vectors");

            let mut got = vec![f32::NAN; partial.len()];
            let partial_out = &mut got;
            let mut image = vec![0.0; padded.len()];
            NonzeroWindows::borrow(&padded, &pool, |nonzero| {
                let (conv, pool, padded) = (&conv, &pool, &padded);
                let (x, w, argmax, dy) = (&x, &[], &argmax, &dy);
                let task = BackwardTask { conv, pool, padded, x, w, argmax, dy, dx: &mut [], partial: partial_out };
                let kernel = FirstLayerBackward { task, image: &mut image, nonzero };
                match vectors {
                    1 => isa.dispatch(InBlocks::<_, 1>(kernel)),
                    2 => isa.dispatch(InBlocks::<_, 2>(kernel)),
                    _ => isa.dispatch(InBlocks::<_, 4>(kernel)),
                }
            });
            assert!(got == partial, "{isa:?}, {vectors} vectors, gradients");
        }
    }
}
