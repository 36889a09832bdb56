//! The kernels of every instruction set against the plain operations.

use super::backward::images_of_task;
use super::max_pool::NONE;
use super::*;
use crate::cpu::fused::test_support::{assert_close, instruction_sets, random};
use crate::cpu::instruction_set::InstructionSet;
use crate::cpu::{bias, conv2d, max_pool, relu};
use crate::model::geometry::{ConvShape, Padding, PoolShape};

const BATCH: usize = 5;
const SIZE: [usize; 2] = [9, 11];

pub(crate) fn shapes(
    size: [usize; 2],
    channels: [usize; 2],
    stride: [usize; 2],
    padding: Padding,
) -> (ConvShape, PoolShape) {
    let conv = ConvShape::new(size, channels[0], channels[1], [3, 3], stride, padding).unwrap();
    let pool = PoolShape::new(conv.output, channels[1], [2, 2], [2, 2], Padding::Valid).unwrap();
    (conv, pool)
}

/// A forward pass.
struct Pooled {
    y: Vec<f32>,
    argmax: Vec<u32>,
}

/// A forward pass of the plain operations.
struct PlainForward {
    pooled: Pooled,
    /// The convolution's outputs after bias and ReLU.
    rectified: Vec<f32>,
}

/// Gradients.
struct Gradients {
    dx: Vec<f32>,
    dw: Vec<f32>,
    db: Vec<f32>,
}

fn plain_forward(shapes: ConvPoolShapes<'_>, inputs: ForwardInputs<'_>) -> PlainForward {
    let ConvPoolShapes { conv, pool } = shapes;
    let batch = inputs.x.len() / conv.input_len();
    let mut rectified = vec![f32::NAN; batch * conv.output_len()];
    conv2d::forward(conv, inputs.x, inputs.w, &mut rectified);
    bias::forward(inputs.b, &mut rectified);
    relu::forward(&mut rectified);
    let mut y = vec![f32::NAN; batch * pool.output_len()];
    let mut argmax = vec![9; batch * pool.output_len()];
    max_pool::forward(pool, &rectified, &mut y, &mut argmax);
    PlainForward { pooled: Pooled { y, argmax }, rectified }
}

fn plain_backward(
    shapes: ConvPoolShapes<'_>,
    inputs: ForwardInputs<'_>,
    forward: &PlainForward,
    dy: &[f32],
) -> Gradients {
    let ConvPoolShapes { conv, pool } = shapes;
    let mut unpooled = vec![f32::NAN; forward.rectified.len()];
    max_pool::backward(pool, dy, &forward.pooled.argmax, &mut unpooled);
    relu::backward(&forward.rectified, &mut unpooled);
    let mut gradients = unwritten_gradients(inputs);
    bias::backward(&unpooled, &mut gradients.db);
    conv2d::backward_weights(conv, inputs.x, &unpooled, &mut gradients.dw);
    conv2d::backward_input(conv, &unpooled, inputs.w, &mut gradients.dx);
    gradients
}

fn fused_forward(isa: InstructionSet, shapes: ConvPoolShapes<'_>, inputs: ForwardInputs<'_>) -> Pooled {
    let outputs = inputs.x.len() / shapes.conv.input_len() * shapes.pool.output_len();
    let mut y = vec![f32::NAN; outputs];
    let mut argmax = vec![9; outputs];
    let outputs = ForwardOutputs { y: &mut y, argmax: &mut argmax };
    forward(isa, shapes, inputs, outputs, &mut used_scratch());
    Pooled { y, argmax }
}

fn fused_backward(
    isa: InstructionSet,
    shapes: ConvPoolShapes<'_>,
    inputs: ForwardInputs<'_>,
    argmax: &[u32],
    dy: &[f32],
) -> Gradients {
    let mut gradients = unwritten_gradients(inputs);
    let outputs = GradientSlices {
        dx: if shapes.conv.in_channels == 1 { &mut [] } else { &mut gradients.dx },
        dw: &mut gradients.dw,
        db: &mut gradients.db,
    };
    let inputs = BackwardInputs { x: inputs.x, w: inputs.w, argmax, dy };
    backward(isa, shapes, inputs, outputs, &mut used_scratch());
    gradients
}

/// Memory that an earlier step has left NaN in.
fn used_scratch() -> ConvPoolScratch {
    let mut scratch = ConvPoolScratch::default();
    for part in [&mut scratch.weights, &mut scratch.partial] {
        part.resize(1 << 18);
        part.as_mut_slice::<f32>().fill(f32::NAN);
    }
    scratch
}

fn unwritten_gradients(inputs: ForwardInputs<'_>) -> Gradients {
    Gradients {
        dx: vec![f32::NAN; inputs.x.len()],
        dw: vec![f32::NAN; inputs.w.len()],
        db: vec![f32::NAN; inputs.b.len()],
    }
}

fn nan(values: &[f32]) -> Vec<bool> {
    values.iter().map(|v| v.is_nan()).collect()
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
        // A task has two images, each of them several strips.
        (17, [34, 34], [16, 16], [1, 1], Padding::Same),
        // The last window reads the last pixel of the padded image.
        (2, [8, 10], [1, 16], [1, 1], Padding::Same),
        // Rows that are copied by two vectors, of which the second overlaps the first.
        (2, [9, 21], [1, 16], [1, 1], Padding::Same),
        // So many channels that a strip has fewer windows.
        (1, [21, 23], [32, 256], [1, 1], Padding::Same),
    ];
    for (isa, (batch, size, channels, stride, padding)) in
        instruction_sets().into_iter().flat_map(|isa| cases.map(|case| (isa, case)))
    {
        let what = format!("{isa:?}, {batch} of {size:?}, {channels:?} channels, stride {stride:?}");
        let (conv, pool) = shapes(size, channels, stride, padding);
        let shapes = ConvPoolShapes { conv: &conv, pool: &pool };
        let [channels, outputs] = channels;
        let mut x = random("x", batch * conv.input_len());
        // The upper half of every other image is empty.
        x.chunks_exact_mut(conv.input_len()).step_by(2).for_each(|x| x[..conv.input_len() / 2].fill(0.0));
        let w = random("w", 9 * channels * outputs);
        let b = random("b", outputs);
        let dy = random("dy", batch * pool.output_len());
        let inputs = ForwardInputs { x: &x, w: &w, b: &b };
        let plain = plain_forward(shapes, inputs);
        let fused = fused_forward(isa, shapes, inputs);
        assert_close(&what, &fused.y, &plain.pooled.y);
        let winners = plain.pooled.argmax.iter().zip(&plain.pooled.y);
        let want: Vec<u32> = winners.map(|(&p, &y)| if y > 0.0 { p } else { NONE }).collect();
        let others = fused.argmax.iter().zip(&want).filter(|(got, want)| got != want).count();
        assert_eq!(others, 0, "{what}: other winners");

        let want = plain_backward(shapes, inputs, &plain, &dy);
        let got = fused_backward(isa, shapes, inputs, &fused.argmax, &dy);
        if channels > 1 {
            assert_close(&format!("{what}, dx"), &got.dx, &want.dx);
        }
        assert_close(&format!("{what}, dw"), &got.dw, &want.dw);
        assert_close(&format!("{what}, db"), &got.db, &want.db);
    }
}

/// In images that are constant along an axis the first of equal maxima wins, as in the plain pool.
#[test]
fn ties_go_to_the_first() {
    let cases = [[1, 1], [1, 2], [2, 2], [3, 3]]
        .map(|stride| [(1, 0), (16, 0), (16, 1), (16, 2)].map(|(channels, along)| (stride, channels, along)));
    for (stride, channels, along) in cases.into_iter().flatten() {
        let (conv, pool) = shapes(SIZE, [channels, 16], stride, Padding::Valid);
        let shapes = ConvPoolShapes { conv: &conv, pool: &pool };
        let value = random("x", 11 * channels);
        let at = |i: usize| {
            let pixel = i / channels % (SIZE[0] * SIZE[1]);
            let line = [pixel % SIZE[1], pixel / SIZE[1], 0][along];
            value[line * channels + i % channels]
        };
        let x: Vec<f32> = (0..BATCH * conv.input_len()).map(at).collect();
        let w = random("w", 9 * channels * 16);
        let b = random("b", 16);
        let inputs = ForwardInputs { x: &x, w: &w, b: &b };
        let plain = plain_forward(shapes, inputs).pooled;
        for isa in instruction_sets() {
            let fused = fused_forward(isa, shapes, inputs);
            for (i, (&got, &want)) in fused.argmax.iter().zip(&plain.argmax).enumerate() {
                assert!(
                    got == want || plain.y[i] == 0.0 && fused.y[i] == 0.0,
                    "{isa:?}, along {along}: winner {got} at {i}, plain {want}"
                );
            }
        }
    }
}

/// A NaN pixel makes every window that reads it NaN, whichever of its four outputs that is, and wins it.
#[test]
fn nan_is_not_hidden() {
    for (channels, stride) in [(1, [1, 1]), (16, [1, 1]), (16, [1, 2]), (16, [2, 1]), (16, [2, 2]), (16, [3, 3])] {
        let (conv, pool) = shapes(SIZE, [channels, 48], stride, Padding::Valid);
        let shapes = ConvPoolShapes { conv: &conv, pool: &pool };
        let mut x = random("x", BATCH * conv.input_len());
        for n in 0..BATCH {
            x[n * conv.input_len() + (3 * 11 + n) * channels] = f32::NAN;
        }
        let w = random("w", 9 * channels * 48);
        let b = random("b", 48);
        let inputs = ForwardInputs { x: &x, w: &w, b: &b };
        let plain = plain_forward(shapes, inputs).pooled;
        assert!(nan(&plain.y).contains(&true));
        for isa in instruction_sets() {
            let fused = fused_forward(isa, shapes, inputs);
            assert!(nan(&fused.y) == nan(&plain.y), "{isa:?}");
            let same = |i: usize| !plain.y[i].is_nan() || fused.argmax[i] == plain.argmax[i];
            assert!((0..plain.y.len()).all(same), "{isa:?}");
        }
    }
}

/// Where the upper half of the images is empty, weights and gradients that are not finite still spoil what they
/// spoil in the plain operations, also in the windows that read only zeros.
#[test]
fn skipped_windows_do_not_hide_what_is_not_finite() {
    let (conv, pool) = shapes(SIZE, [1, 16], [1, 1], Padding::Valid);
    let shapes = ConvPoolShapes { conv: &conv, pool: &pool };
    let mut x = random("x", BATCH * conv.input_len());
    x.chunks_exact_mut(conv.input_len()).for_each(|x| x[..conv.input_len() / 2].fill(0.0));
    let w = random("w", 9 * 16);
    let b = random("b", 16);
    let inputs = ForwardInputs { x: &x, w: &w, b: &b };
    for isa in instruction_sets() {
        let plain = plain_forward(shapes, inputs);
        let fused = fused_forward(isa, shapes, inputs);
        // One gradient of the first window is infinite: that of the first channel which ReLU does not cut.
        let first = fused.argmax[..16].iter().position(|&p| p != NONE).unwrap();
        let mut dy = random("dy", BATCH * pool.output_len());
        dy[first] = f32::INFINITY;
        let want = plain_backward(shapes, inputs, &plain, &dy);
        let got = fused_backward(isa, shapes, inputs, &fused.argmax, &dy);
        assert!(nan(&want.dw).contains(&true) && nan(&got.dw) == nan(&want.dw), "{isa:?}, weights");
        let infinite = |db: &[f32]| db.iter().map(|v| v.is_infinite()).collect::<Vec<_>>();
        assert!(infinite(&want.db).contains(&true) && infinite(&got.db) == infinite(&want.db), "{isa:?}, biases");

        for poison in [f32::INFINITY, f32::NAN] {
            let mut w = w.clone();
            w[4 * 16 + 3] = poison;
            let inputs = ForwardInputs { w: &w, ..inputs };
            let want = plain_forward(shapes, inputs).pooled.y;
            let got = fused_forward(isa, shapes, inputs).y;
            assert!(nan(&want).contains(&true) && nan(&got) == nan(&want), "{isa:?}, {poison}");
        }
    }
}

/// A backward pass is cut into 16 tasks, into fewer where there are few windows, and into fewer where the sums of
/// so many tasks would take too much memory. No task is empty.
#[test]
fn the_batch_is_cut_by_shapes() {
    let cases = [
        // batch, outputs, sums, images
        (64, 49 * 64, 18_496, 4),
        (64, 4 * 64, 18_496, 16),
        (64, 64, 18_496, 16),
        (3, 64, 18_496, 1),
        (5, 64, 18_496, 2),
        (1, 64, 18_496, 1),
        (64, 49 * 64, 3_000_000, 13),
        (64, 49 * 64, 30_000_000, 64),
    ];
    for (batch, outputs, sums, images) in cases {
        assert_eq!(images_of_task(batch, outputs, sums), images, "{batch}, {outputs}, {sums}");
    }
}
