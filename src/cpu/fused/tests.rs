//! What is fused, and every instruction set's kernels against the plain operations.

use pulp::Arch;

use super::window::NONE;
use super::*;
use crate::cpu::{bias, conv2d, max_pool, relu};
use crate::geometry::{ConvShape, Padding, PoolShape};
use crate::network::{Configuration, Network};
use crate::ops::max_pool::MaxPoolPass;
use crate::plan::{PlanOptions, TrainingPlan};
use crate::random::Stream;

/// All that is left plain in the tutorial's networks: the loss, and the dense layers' biases and ReLU.
#[test]
fn training_is_fused() {
    let options = PlanOptions {
        batch: 64,
        train_samples: 64,
        test_samples: 64,
        replicas: 1,
        evaluate_capacity: 64,
        max_binding_bytes: u64::MAX,
        adam: Default::default(),
        fuse: true,
    };
    for configuration in Configuration::TUTORIAL {
        let network = Network::new([28, 28], configuration).unwrap();
        let plan = TrainingPlan::new(&network, &options).unwrap();
        let ops = &plan.plan.programs[plan.train_step.0].ops;
        let mut forwards = Vec::new();
        let instructions = fuse(ops, &mut forwards);
        let count = |f: fn(&Instruction) -> bool| instructions.iter().filter(|i| f(i)).count();
        assert_eq!(count(|i| matches!(i, Instruction::Forward(_))), 2);
        assert_eq!(count(|i| matches!(i, Instruction::Backward(_))), 2);
        assert_eq!(count(|i| matches!(i, Instruction::Plain(Op::Conv2d(_) | Op::MaxPool(_) | Op::Adam(_)))), 0);
        assert_eq!(count(|i| matches!(i, Instruction::MatMul(..))), 6);
        // The backward pass as a program of its own.
        let turn =
            ops.iter().position(|op| matches!(op, Op::MaxPool(op) if matches!(op.pass, MaxPoolPass::Backward { .. })));
        let backward = fuse(&ops[turn.unwrap_or(0)..], &mut forwards);
        assert_eq!(backward.iter().filter(|i| matches!(i, Instruction::Backward(_))).count(), 2);
    }
}

/// Another kernel size gives way to the plain operations.
#[test]
fn what_does_not_fit_stays_plain() {
    let view = View { buffer: crate::plan::BufferId(0), offset: 0, len: 0 };
    let (conv, pool) = shapes(SIZE, [32, 48], [1, 1], Padding::Same);
    let run = |conv, pool| ConvPool { conv, pool, batch: 1, x: view, w: view, b: view, y: view, argmax: view };
    assert!(fits(&run(conv, pool)));
    assert!(fits(&run(ConvShape { in_channels: 16, ..conv }, pool)));
    assert!(!fits(&run(ConvShape { kernel: [5, 3], ..conv }, pool)));
    assert!(!fits(&run(ConvShape { in_channels: 3, ..conv }, pool)));
    assert!(!fits(&run(ConvShape { out_channels: 24, ..conv }, pool)));
    assert!(!fits(&run(ConvShape { out_channels: 4096, ..conv }, pool)));
    assert!(!fits(&run(conv, PoolShape { stride: [1, 2], ..pool })));
}

/// Every width of vectors: users have others than the widest one here.
fn machines() -> Vec<Machine> {
    let mut machines = vec![Machine::Has(Arch::Scalar), Machine::Four, Machine::new()];
    #[cfg(target_arch = "x86_64")]
    machines.extend(pulp::x86::V3::try_new().map(|v3| Machine::Has(Arch::V3(v3))));
    machines
}

fn random(name: &str, len: usize) -> Vec<f32> {
    let mut stream = Stream::new(9, name);
    (0..len).map(|_| stream.uniform() as f32 - 0.5).collect()
}

/// Norm-relative; NaN fails.
fn close(what: &str, got: &[f32], want: &[f32]) {
    let norm = |values: &mut dyn Iterator<Item = f64>| values.map(|v| v * v).sum::<f64>().sqrt();
    let difference = norm(&mut got.iter().zip(want).map(|(&g, &w)| f64::from(g) - f64::from(w)));
    let allowed = 1e-6 * norm(&mut want.iter().map(|&w| f64::from(w)));
    assert!(got.len() == want.len() && difference <= allowed && allowed > 0.0, "{what}: {difference} of {allowed}");
}

const BATCH: usize = 5;

fn shapes(size: [usize; 2], channels: [usize; 2], stride: [usize; 2], padding: Padding) -> (ConvShape, PoolShape) {
    let conv = ConvShape::new(size, channels[0], channels[1], [3, 3], stride, padding).unwrap();
    (conv, PoolShape::new(conv.output, channels[1], [2, 2], [2, 2], Padding::Valid).unwrap())
}

const SIZE: [usize; 2] = [9, 11];

/// The plain operations: pooled outputs and winners, and the convolution's rectified outputs.
fn plain((conv, pool): (&ConvShape, &PoolShape), x: &[f32], w: &[f32], b: &[f32]) -> (Vec<f32>, Vec<u32>, Vec<f32>) {
    let mut convolved = vec![f32::NAN; BATCH * conv.output_len()];
    conv2d::forward(conv, x, w, &mut convolved);
    bias::forward(b, &mut convolved);
    relu::forward(&mut convolved);
    let (mut y, mut argmax) = (vec![f32::NAN; BATCH * pool.output_len()], vec![9; BATCH * pool.output_len()]);
    max_pool::forward(pool, &convolved, &mut y, &mut argmax);
    (y, argmax, convolved)
}

#[test]
fn every_instruction_set_agrees_with_the_plain_operations() {
    // 64 channels are whole blocks of vectors; the last image has more windows than a strip.
    let cases = [
        (SIZE, [32, 48], [1, 1], Padding::Same),
        (SIZE, [16, 64], [1, 1], Padding::Valid),
        (SIZE, [32, 48], [2, 1], Padding::Valid),
        (SIZE, [16, 64], [1, 2], Padding::Same),
        (SIZE, [16, 64], [2, 2], Padding::Same),
        (SIZE, [32, 16], [3, 2], Padding::Same),
        (SIZE, [1, 48], [1, 2], Padding::Same),
        (SIZE, [1, 64], [1, 1], Padding::Valid),
        ([44, 50], [16, 16], [1, 1], Padding::Same),
    ];
    for (machine, (size, channels, stride, padding)) in
        machines().into_iter().flat_map(|machine| cases.map(|case| (machine, case)))
    {
        let what = format!("{machine:?}, {size:?}, {channels:?} channels, stride {stride:?}");
        let (conv, pool) = shapes(size, channels, stride, padding);
        let [channels, outputs] = channels;
        let (mut x, b) = (random("x", BATCH * conv.input_len()), random("b", outputs));
        // Nothing in the upper half of every other image.
        x.chunks_exact_mut(conv.input_len()).step_by(2).for_each(|x| x[..conv.input_len() / 2].fill(0.0));
        let (w, dy) = (random("w", 9 * channels * outputs), random("dy", BATCH * pool.output_len()));
        let (want, winners, convolved) = plain((&conv, &pool), &x, &w, &b);
        let (mut y, mut argmax) = (vec![f32::NAN; want.len()], vec![9; want.len()]);
        conv_pool::forward(machine, (&conv, &pool), [&x, &w, &b], &mut y, &mut argmax, &mut Default::default());
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
        let inputs = conv_pool::Inputs { x: &x, w: &w, argmax: &argmax, dy: &dy };
        let asked = if channels == 1 { &mut [][..] } else { &mut dx };
        let scratch = &mut Default::default();
        conv_pool::backward(machine, (&conv, &pool), inputs, [asked, &mut dw, &mut db], scratch);
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
    let cases =
        [1, 2, 3].map(|stride| [(1, 0), (16, 0), (16, 1), (16, 2)].map(|(channels, along)| (stride, channels, along)));
    for (stride, channels, along) in cases.into_iter().flatten() {
        let (conv, pool) = shapes(SIZE, [channels, 16], [stride; 2], Padding::Valid);
        let value = random("x", 11 * channels);
        let at = |i: usize| {
            let (pixel, channel) = (i / channels % (SIZE[0] * SIZE[1]), i % channels);
            let line = [pixel % SIZE[1], pixel / SIZE[1], 0][along];
            value[line * channels + channel]
        };
        let x: Vec<f32> = (0..BATCH * conv.input_len()).map(at).collect();
        let (w, b) = (random("w", 9 * channels * 16), random("b", 16));
        let (want, winners, _) = plain((&conv, &pool), &x, &w, &b);
        for machine in machines() {
            let (mut y, mut argmax) = (vec![0.0; want.len()], vec![0; want.len()]);
            conv_pool::forward(machine, (&conv, &pool), [&x, &w, &b], &mut y, &mut argmax, &mut Default::default());
            for (i, (&got, &want)) in argmax.iter().zip(&winners).enumerate() {
                assert!(got == want || y[i] == 0.0, "{machine:?}, along {along}: winner {got} at {i}, plain {want}");
            }
        }
    }
}

/// A pixel that is no number spoils the windows that read it, whichever of their four outputs it is, and
/// wins them.
#[test]
fn nan_is_not_hidden() {
    for (channels, stride) in [(1, [1, 1]), (16, [1, 1]), (16, [2, 2]), (16, [3, 3])] {
        let (conv, pool) = shapes(SIZE, [channels, 48], stride, Padding::Valid);
        let (mut x, w, b) = (random("x", BATCH * conv.input_len()), random("w", 9 * channels * 48), random("b", 48));
        for n in 0..BATCH {
            x[n * conv.input_len() + (3 * 11 + n) * channels] = f32::NAN;
        }
        let (want, winners, _) = plain((&conv, &pool), &x, &w, &b);
        let nan = |y: &[f32]| y.iter().map(|v| v.is_nan()).collect::<Vec<_>>();
        for machine in machines() {
            let (mut y, mut argmax) = (vec![0.0; want.len()], vec![0; want.len()]);
            conv_pool::forward(machine, (&conv, &pool), [&x, &w, &b], &mut y, &mut argmax, &mut Default::default());
            assert!(nan(&want).contains(&true) && nan(&y) == nan(&want), "{machine:?}");
            // Winograd's filtering spreads it over a window's four outputs.
            if stride == [3, 3] || channels == 1 {
                let same = |i: &usize| !want[*i].is_nan() || argmax[*i] == winners[*i];
                assert!((0..want.len()).all(|i| same(&i)), "{machine:?}");
            }
        }
    }
}

/// Zeros are left out, but not where they would meet what is no finite number.
#[test]
fn nothing_times_infinity_is_not_nothing() {
    let view = View { buffer: crate::plan::BufferId(0), offset: 0, len: 0 };
    let (rows, columns, inner) = (3, 70, 5);
    let op = MatMul { rows, columns, inner, transpose_a: false, transpose_b: false, a: view, b: view, y: view };
    let (mut a, mut b) = (random("a", rows * inner), random("b", inner * columns));
    a[inner + 2] = 0.0;
    b[2 * columns + 65] = f32::INFINITY;
    for machine in machines() {
        let mut y = vec![0.0; rows * columns];
        matmul::multiply(machine, &op, &a, &b, &mut y, &mut Default::default());
        for (i, y) in y.iter().enumerate() {
            assert_eq!(y.is_nan(), i == columns + 65, "{machine:?}: {y} at {i}");
        }
    }
}

#[test]
fn every_instruction_set_multiplies_the_same() {
    let view = View { buffer: crate::plan::BufferId(0), offset: 0, len: 0 };
    let shapes = [
        // rows, columns, inner, transposed a, transposed b
        (18, 48, 304, false, false),
        (70, 10, 130, true, false),
        (18, 19, 304, false, true),
        (5, 460, 3, false, true),
        (7, 33, 1000, false, false),
        (130, 200, 500, true, false),
        (37, 128, 100, false, false),
    ];
    // As behind ReLU, and without a zero.
    for ((rows, columns, inner, transpose_a, transpose_b), least) in
        shapes.into_iter().flat_map(|shape| [0.0, f32::NEG_INFINITY].map(|least| (shape, least)))
    {
        let op = MatMul { rows, columns, inner, transpose_a, transpose_b, a: view, b: view, y: view };
        let (mut a, b) = (random("a", rows * inner), random("b", inner * columns));
        a.iter_mut().for_each(|a| *a = a.max(least));
        let mut want = vec![f32::NAN; rows * columns];
        crate::cpu::matmul::multiply(&op, &a, &b, &mut want);
        for machine in machines() {
            let mut y = vec![f32::NAN; rows * columns];
            matmul::multiply(machine, &op, &a, &b, &mut y, &mut Default::default());
            close(&format!("{machine:?}, {op:?}"), &y, &want);
        }
    }
}

/// All that can meet in a window, numbers or not, against the plain pool of the plain ReLU.
#[test]
fn a_window_is_pooled_as_the_plain_one() {
    let values = [f32::NEG_INFINITY, -1.0, 0.0, 1.0, 2.0, f32::INFINITY, f32::NAN];
    let pool = PoolShape::new([2, 2], 1, [2, 2], [2, 2], Padding::Valid).unwrap();
    for i in 0..values.len().pow(4) {
        let window = [0, 1, 2, 3].map(|p| values[i / values.len().pow(p) % values.len()]);
        let (mut rectified, mut want, mut winner) = (window, [0.0], [9]);
        relu::forward(&mut rectified);
        max_pool::forward(&pool, &rectified, &mut want, &mut winner);
        for machine in machines() {
            let (got, position) = machine.dispatch(Pool(window));
            let won = if want[0] == 0.0 { NONE } else { winner[0] };
            assert_eq!((got.to_bits(), position), (want[0].to_bits(), won), "{machine:?}, {window:?}");
        }
    }
}

struct Pool([f32; 4]);

impl pulp::WithSimd for Pool {
    type Output = (f32, u32);

    #[inline(always)]
    fn with_simd<S: pulp::Simd>(self, simd: S) -> (f32, u32) {
        let (value, position) = window::pool(simd, self.0.map(|value| simd.splat_f32s(value)));
        let values: &[f32] = bytemuck::cast_slice(std::slice::from_ref(&value));
        let positions: &[u32] = bytemuck::cast_slice(std::slice::from_ref(&position));
        (values[0], positions[0])
    }
}

/// The same bits, also where the last samples are missing.
#[test]
fn samples_are_converted_as_the_plain_ones() {
    let (pixels, capacity) = (33, 21);
    let images: Vec<u8> = (0..pixels * 40).map(|i| (i * 7 % 256) as u8).collect();
    let (labels, order): (Vec<u32>, Vec<u32>) = (0..40).map(|i| (i % 10, i * 11 % 40)).unzip();
    for n in [0, 3, 8, 21] {
        let record = StepRecord { start: 5, n, alpha: 0.0, out: 0 };
        let (mut want, mut want_label) = (vec![f32::NAN; pixels * capacity], vec![77; capacity]);
        crate::cpu::gather::forward(&record, &images, &labels, &order, &mut want, &mut want_label);
        for machine in machines() {
            let (mut x, mut label) = (vec![f32::NAN; pixels * capacity], vec![77; capacity]);
            gather::forward(machine, &record, &images, (&labels, &order), &mut x, &mut label);
            assert!(x == want && label == want_label, "{machine:?}, {n} samples");
        }
    }
}
