//! The kernels of every instruction set against the plain convolution.

use super::*;
use crate::cpu::conv2d;
use crate::cpu::fused::test_support::{assert_close, instruction_sets, random};
use crate::model::geometry::{Padding, Pads};

fn shapes() -> Vec<(ConvShape, usize)> {
    let uneven = Padding::Explicit(Pads { top: 2, left: 0, bottom: 1, right: 3 });
    let wide = Padding::Explicit(Pads { top: 1, left: 7, bottom: 4, right: 6 });
    let all = [
        ([14, 14], [1, 32], [3, 3], [2, 2], Padding::Same, 5),
        ([14, 14], [32, 64], [3, 3], [2, 2], Padding::Same, 3),
        ([13, 11], [32, 64], [5, 5], [1, 1], Padding::Symmetric, 2),
        ([9, 7], [3, 5], [5, 2], [3, 2], uneven, 4),
        ([7, 9], [17, 13], [1, 4], [2, 3], Padding::Valid, 3),
        ([1, 1], [2, 3], [1, 1], [1, 1], Padding::Valid, 2),
        // Whole windows in the padding, and strides past the kernel.
        ([4, 3], [2, 33], [2, 3], [1, 1], wide, 2),
        ([8, 10], [5, 16], [2, 2], [3, 4], Padding::Same, 3),
        // More than one part, cut within an image.
        ([40, 37], [16, 16], [7, 7], [1, 1], Padding::Same, 2),
    ];
    let mut shapes = Vec::new();
    for (input, [c, o], kernel, stride, padding, batch) in all {
        shapes.push((ConvShape::new(input, c, o, kernel, stride, padding).unwrap(), batch));
    }
    shapes
}

/// Half of the values are 0, as behind a ReLU.
fn rectified(name: &str, len: usize) -> Vec<f32> {
    random(name, len).into_iter().map(|v| v.max(0.0)).collect()
}

#[test]
fn every_pass_is_that_of_the_plain_operation() {
    let mut parts = 0;
    for (s, batch) in shapes() {
        parts = parts.max((batch * s.output[0] * line_len(&s)).div_ceil(ELEMENTS));
        let (x, w) = (rectified("x", batch * s.input_len()), random("w", s.weights_len()));
        let dy = random("dy", batch * s.output_len());
        let new = |len: usize| vec![f32::NAN; len];
        let (mut y, mut dw, mut dx) = (new(dy.len()), new(w.len()), new(x.len()));
        conv2d::forward(&s, &x, &w, &mut y);
        conv2d::backward_weights(&s, &x, &dy, &mut dw);
        conv2d::backward_input(&s, &dy, &w, &mut dx);
        for isa in instruction_sets() {
            let mut slices = Aligned::default();
            let mut got = new(y.len());
            forward(isa, &s, &x, &w, &mut got, &mut slices);
            assert_close(&format!("y of {s:?}"), &got, &y);
            let mut got = new(w.len());
            backward_weights(isa, &s, &x, &dy, &mut got, &mut slices);
            assert_close(&format!("dw of {s:?}"), &got, &dw);
            let mut got = new(x.len());
            backward_input(isa, &s, &dy, &w, &mut got, &mut slices);
            assert_close(&format!("dx of {s:?}"), &got, &dx);
            // What no window reads has no gradient at all.
            assert!(got.iter().zip(&dx).all(|(got, dx)| *dx != 0.0 || *got == 0.0), "{s:?}");
        }
    }
    assert!(parts > 1, "no shape is cut into parts");
}

/// NaN and infinities of the images and gradients come through where the plain operation has them.
#[test]
fn what_is_not_finite_is_not_hidden() {
    let (s, batch) = (ConvShape::new([6, 5], 3, 16, [3, 3], [2, 2], Padding::Same).unwrap(), 2);
    let w = random("w", s.weights_len());
    let mut x = rectified("x", batch * s.input_len());
    let mut dy = random("dy", batch * s.output_len());
    (x[7], x[s.input_len() + 40]) = (f32::NAN, f32::INFINITY);
    (dy[3], dy[s.output_len() + 20]) = (f32::NEG_INFINITY, f32::NAN);
    let finite = |values: &[f32]| values.iter().map(|v| v.is_finite()).collect::<Vec<_>>();
    let new = |len: usize| vec![0.0; len];
    let (mut y, mut dx) = (new(dy.len()), new(x.len()));
    conv2d::forward(&s, &x, &w, &mut y);
    conv2d::backward_input(&s, &dy, &w, &mut dx);
    for isa in instruction_sets() {
        let (mut got_y, mut got_dx) = (new(dy.len()), new(x.len()));
        forward(isa, &s, &x, &w, &mut got_y, &mut Aligned::default());
        backward_input(isa, &s, &dy, &w, &mut got_dx, &mut Aligned::default());
        assert_eq!(finite(&got_y), finite(&y));
        assert_eq!(finite(&got_dx), finite(&dx));
    }
}

/// The same bits on any number of threads.
#[cfg(feature = "parallel")]
#[test]
fn threads_change_no_bit() {
    for (s, batch) in shapes() {
        let (x, w) = (rectified("x", batch * s.input_len()), random("w", s.weights_len()));
        let dy = random("dy", batch * s.output_len());
        let run = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let isa = InstructionSet::widest();
                let (mut y, mut dw, mut dx) = (vec![0.0; dy.len()], vec![0.0; w.len()], vec![0.0; x.len()]);
                forward(isa, &s, &x, &w, &mut y, &mut Aligned::default());
                backward_weights(isa, &s, &x, &dy, &mut dw, &mut Aligned::default());
                backward_input(isa, &s, &dy, &w, &mut dx, &mut Aligned::default());
                [y, dw, dx].concat().into_iter().map(f32::to_bits).collect::<Vec<u32>>()
            })
        };
        assert_eq!(run(1), run(5), "{s:?}");
    }
}
