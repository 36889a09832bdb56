//! Convolution, bias, ReLU and pool, forward and backward.

use super::*;
use crate::cpu::fused::conv_pool as kernels;
use crate::cpu::fused::window::NONE;
use crate::cpu::{bias, conv2d, max_pool, relu};
use crate::model::geometry::{ConvShape, PoolShape};

const BATCH: usize = 5;

pub fn shapes(size: [usize; 2], channels: [usize; 2], stride: [usize; 2], padding: Padding) -> (ConvShape, PoolShape) {
    let conv = ConvShape::new(size, channels[0], channels[1], [3, 3], stride, padding).unwrap();
    (conv, PoolShape::new(conv.output, channels[1], [2, 2], [2, 2], Padding::Valid).unwrap())
}

const SIZE: [usize; 2] = [9, 11];

/// The plain operations: pooled outputs and winners, and the convolution's rectified outputs.
fn plain((conv, pool): (&ConvShape, &PoolShape), x: &[f32], w: &[f32], b: &[f32]) -> (Vec<f32>, Vec<u32>, Vec<f32>) {
    let batch = x.len() / conv.input_len();
    let mut convolved = vec![f32::NAN; batch * conv.output_len()];
    conv2d::forward(conv, x, w, &mut convolved);
    bias::forward(b, &mut convolved);
    relu::forward(&mut convolved);
    let (mut y, mut argmax) = (vec![f32::NAN; batch * pool.output_len()], vec![9; batch * pool.output_len()]);
    max_pool::forward(pool, &convolved, &mut y, &mut argmax);
    (y, argmax, convolved)
}

#[test]
fn every_instruction_set_agrees_with_the_plain_operations() {
    // 64 channels are whole blocks of vectors. A task of the larger batches has several blocks of images,
    // the last one with fewer; the largest images have more windows than a strip.
    let cases = [
        (5, SIZE, [32, 48], [1, 1], Padding::Same),
        (1, SIZE, [16, 64], [1, 1], Padding::Valid),
        (5, SIZE, [32, 48], [2, 1], Padding::Valid),
        (5, SIZE, [16, 64], [1, 2], Padding::Same),
        (5, SIZE, [16, 64], [2, 2], Padding::Same),
        (5, SIZE, [32, 16], [3, 2], Padding::Same),
        (1, SIZE, [1, 48], [1, 2], Padding::Same),
        (5, SIZE, [1, 64], [1, 1], Padding::Valid),
        (50, [21, 23], [32, 16], [1, 1], Padding::Same),
        (37, SIZE, [16, 16], [2, 2], Padding::Valid),
        (2, [44, 50], [16, 16], [1, 1], Padding::Same),
        (2, [44, 50], [16, 48], [2, 1], Padding::Valid),
        (1, [61, 50], [32, 16], [2, 2], Padding::Same),
        // So many channels that fewer windows fit a strip.
        (1, [21, 23], [32, 256], [1, 1], Padding::Same),
    ];
    for (machine, (batch, size, channels, stride, padding)) in
        machines().into_iter().flat_map(|machine| cases.map(|case| (machine, case)))
    {
        let what = format!("{machine:?}, {batch} of {size:?}, {channels:?} channels, stride {stride:?}");
        let (conv, pool) = shapes(size, channels, stride, padding);
        let [channels, outputs] = channels;
        let (mut x, b) = (random("x", batch * conv.input_len()), random("b", outputs));
        // Nothing in the upper half of every other image.
        x.chunks_exact_mut(conv.input_len()).step_by(2).for_each(|x| x[..conv.input_len() / 2].fill(0.0));
        let (w, dy) = (random("w", 9 * channels * outputs), random("dy", batch * pool.output_len()));
        let (want, winners, convolved) = plain((&conv, &pool), &x, &w, &b);
        let (mut y, mut argmax) = (vec![f32::NAN; want.len()], vec![9; want.len()]);
        kernels::forward(machine, (&conv, &pool), [&x, &w, &b], &mut y, &mut argmax, &mut Default::default());
        close(&what, &y, &want);
        let other = |((&got, &want), &y): ((&u32, &u32), &f32)| got != if y > 0.0 { want } else { NONE };
        let others = argmax.iter().zip(&winners).zip(&want).filter(|&all| other(all)).count();
        assert_eq!(others, 0, "{what}: other winners");

        let mut unpooled = vec![f32::NAN; convolved.len()];
        max_pool::backward(&pool, &dy, &winners, &mut unpooled);
        relu::backward(&convolved, &mut unpooled);
        let (mut want_db, mut want_dw, mut want_dx) = (vec![f32::NAN; outputs], w.clone(), x.clone());
        bias::backward(&unpooled, &mut want_db);
        conv2d::backward_weights(&conv, &x, &unpooled, &mut want_dw);
        conv2d::backward_input(&conv, &unpooled, &w, &mut want_dx);
        let (mut db, mut dw, mut dx) = (vec![f32::NAN; outputs], vec![f32::NAN; w.len()], vec![f32::NAN; x.len()]);
        let inputs = kernels::Inputs { x: &x, w: &w, argmax: &argmax, dy: &dy };
        let asked = if channels == 1 { &mut [][..] } else { &mut dx };
        let scratch = &mut Default::default();
        kernels::backward(machine, (&conv, &pool), inputs, [asked, &mut dw, &mut db], scratch);
        if channels > 1 {
            close(&format!("{what}, dx"), &dx, &want_dx);
        }
        close(&format!("{what}, dw"), &dw, &want_dw);
        close(&format!("{what}, db"), &db, &want_db);
    }
}

/// Images that do not change along one axis: the first of equal maxima wins, as in the plain pool.
#[test]
fn ties_go_to_the_first() {
    let cases = [[1, 1], [1, 2], [2, 2], [3, 3]]
        .map(|stride| [(1, 0), (16, 0), (16, 1), (16, 2)].map(|(channels, along)| (stride, channels, along)));
    for (stride, channels, along) in cases.into_iter().flatten() {
        let (conv, pool) = shapes(SIZE, [channels, 16], stride, Padding::Valid);
        let value = random("x", 11 * channels);
        let at = |i: usize| {
            let (pixel, channel) = (i / channels % (SIZE[0] * SIZE[1]), i % channels);
            let line = [pixel % SIZE[1], pixel / SIZE[1], 0][along];
            value[line * channels + channel]
        };
        let x: Vec<f32> = (0..BATCH * conv.input_len()).map(at).collect();
        let (w, b) = (random("w", 9 * channels * 16), random("b", 16));
        let (want_y, winners, _) = plain((&conv, &pool), &x, &w, &b);
        for machine in machines() {
            let (mut y, mut argmax) = (vec![f32::NAN; want_y.len()], vec![9; want_y.len()]);
            kernels::forward(machine, (&conv, &pool), [&x, &w, &b], &mut y, &mut argmax, &mut Default::default());
            for (i, (&got, &want)) in argmax.iter().zip(&winners).enumerate() {
                assert!(
                    got == want || want_y[i] == 0.0 && y[i] == 0.0,
                    "{machine:?}, along {along}: winner {got} at {i}, plain {want}"
                );
            }
        }
    }
}

/// A pixel that is no number spoils the windows that read it, whichever of their four outputs it is, and
/// wins them.
#[test]
fn nan_is_not_hidden() {
    for (channels, stride) in [(1, [1, 1]), (16, [1, 1]), (16, [1, 2]), (16, [2, 1]), (16, [2, 2]), (16, [3, 3])] {
        let (conv, pool) = shapes(SIZE, [channels, 48], stride, Padding::Valid);
        let (mut x, w, b) = (random("x", BATCH * conv.input_len()), random("w", 9 * channels * 48), random("b", 48));
        for n in 0..BATCH {
            x[n * conv.input_len() + (3 * 11 + n) * channels] = f32::NAN;
        }
        let (want, winners, _) = plain((&conv, &pool), &x, &w, &b);
        let nan = |y: &[f32]| y.iter().map(|v| v.is_nan()).collect::<Vec<_>>();
        for machine in machines() {
            let (mut y, mut argmax) = (vec![7.0; want.len()], vec![9; want.len()]);
            kernels::forward(machine, (&conv, &pool), [&x, &w, &b], &mut y, &mut argmax, &mut Default::default());
            assert!(nan(&want).contains(&true) && nan(&y) == nan(&want), "{machine:?}");
            let same = |i: &usize| !want[*i].is_nan() || argmax[*i] == winners[*i];
            assert!((0..want.len()).all(|i| same(&i)), "{machine:?}");
        }
    }
}

/// Of an image whose upper half is empty: weights and gradients that are no finite numbers spoil what they
/// spoil in the plain operations, also where they meet nothing but zeros.
#[test]
fn emptiness_does_not_hide_what_is_not_finite() {
    let (conv, pool) = shapes(SIZE, [1, 16], [1, 1], Padding::Valid);
    let (mut x, b) = (random("x", BATCH * conv.input_len()), random("b", 16));
    x.chunks_exact_mut(conv.input_len()).for_each(|x| x[..conv.input_len() / 2].fill(0.0));
    let nan = |y: &[f32]| y.iter().map(|v| v.is_nan()).collect::<Vec<_>>();
    for machine in machines() {
        let (w, mut dy) = (random("w", 9 * 16), random("dy", BATCH * pool.output_len()));
        let (y, winners, convolved) = plain((&conv, &pool), &x, &w, &b);
        let (mut got, mut argmax) = (vec![7.0; y.len()], vec![9; y.len()]);
        kernels::forward(machine, (&conv, &pool), [&x, &w, &b], &mut got, &mut argmax, &mut Default::default());
        // In the first window's gradients of the first channel that ReLU does not cut.
        let first = argmax[..16].iter().position(|&p| p != NONE).unwrap();
        dy[first] = f32::INFINITY;
        let mut unpooled = vec![0.0; convolved.len()];
        max_pool::backward(&pool, &dy, &winners, &mut unpooled);
        relu::backward(&convolved, &mut unpooled);
        let (mut want, mut want_db, mut dw, mut db) = (w.clone(), b.clone(), w.clone(), b.clone());
        conv2d::backward_weights(&conv, &x, &unpooled, &mut want);
        bias::backward(&unpooled, &mut want_db);
        let inputs = kernels::Inputs { x: &x, w: &w, argmax: &argmax, dy: &dy };
        let gradients = [&mut [][..], &mut dw, &mut db];
        kernels::backward(machine, (&conv, &pool), inputs, gradients, &mut Default::default());
        assert!(nan(&want).contains(&true) && nan(&dw) == nan(&want), "{machine:?}, gradients");
        let infinite = |db: &[f32]| db.iter().map(|v| v.is_infinite()).collect::<Vec<_>>();
        assert!(infinite(&want_db).contains(&true) && infinite(&db) == infinite(&want_db), "{machine:?}, biases");

        for poison in [f32::INFINITY, f32::NAN] {
            let mut w = w.clone();
            w[4 * 16 + 3] = poison;
            let (y, ..) = plain((&conv, &pool), &x, &w, &b);
            got.fill(7.0);
            kernels::forward(machine, (&conv, &pool), [&x, &w, &b], &mut got, &mut argmax, &mut Default::default());
            assert!(nan(&y).contains(&true) && nan(&got) == nan(&y), "{machine:?}, {poison}");
        }
    }
}

/// Tasks of a backward pass: as many as there are, of few windows only some, of many weights as many as
/// their memory allows; none is empty.
#[test]
fn the_batch_is_cut_by_shapes() {
    let cases = [
        // batch, outputs, sums, images
        (64, 49 * 64, 18_496, 4),
        (64, 4 * 64, 18_496, 16),
        (64, 64, 18_496, 16),
        (3, 64, 18_496, 1),
        (1, 64, 18_496, 1),
        (64, 49 * 64, 3_000_000, 13),
        (64, 49 * 64, 30_000_000, 64),
    ];
    for (batch, outputs, sums, images) in cases {
        assert_eq!(kernels::images_of_a_task(batch, outputs, sums), images, "{batch}, {outputs}, {sums}");
    }
}
