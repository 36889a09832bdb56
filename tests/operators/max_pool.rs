//! Max pooling on every backend: golden values, float64, ties and errors. All comparisons are exact, unless
//! gradients of overlapping windows are added.

use crate::common::fixtures::{Fixture, padding, pads, sizes};
use crate::common::{backends, close, data, exact, levels, ok, reference, refused, same_bits, wide};
use stridelab::eager::{max_pool, max_pool_backward};
use stridelab::model::geometry::{Padding, PoolShape};

fn golden(file: &str) {
    let fixture = Fixture::open(&format!("{file}/operators"));
    for (number, case) in fixture.cases("max_pool").iter().enumerate() {
        let key = |name: &str| format!("max_pool/{number}/{name}");
        let read = |name: &str| fixture.f32(&key(name));
        let x = fixture.shape(&key("x"));
        let kernel = sizes(case, "kernel");
        let stride = sizes(case, "stride");
        let s = PoolShape::new([x[1], x[2]], x[3], kernel, stride, padding(case)).expect("a shape");
        assert_eq!(s.pads, pads(case), "{file} {number}");
        let disjoint = stride[0] >= kernel[0] && stride[1] >= kernel[1];
        for (backend, b) in backends() {
            let name = format!("{file} {number} on {backend}");
            let (y, argmax) = ok(max_pool(b, &s, x[0], &read("x")));
            exact(&format!("{name} y"), &y, &read("y"));
            if fixture.keys().contains(&key("argmax")) {
                exact(&format!("{name} argmax"), &pixels(&s, x[0], &argmax), &fixture.i32(&key("argmax")));
            }
            let dx = ok(max_pool_backward(b, &s, x[0], &read("dy"), &argmax));
            // Where windows overlap, gradients are added, and float32 rounds the sums.
            close(&format!("{name} dx"), &dx, &wide(&read("dx")), if disjoint { 0.0 } else { 1e-6 });
        }
    }
}

/// The winners as torch counts them: row · width + column within their image and channel.
fn pixels(s: &PoolShape, batch: usize, argmax: &[u32]) -> Vec<i32> {
    let mut found = vec![-1; argmax.len()];
    let image = s.input[0] * s.input[1];
    reference::windows(s, batch, |yi, position, xi| {
        if argmax[yi] == position {
            found[yi] = (xi / s.channels % image) as i32;
        }
    });
    found
}

#[test]
fn keras_golden_values() {
    golden("keras");
}

#[test]
fn torch_golden_values() {
    golden("torch");
}

fn check(name: &str, s: &PoolShape, batch: usize, x: &[f32]) {
    // Sums of these values are exact in any order.
    let dy = levels("dy", batch * s.output_len());
    let (y, argmax) = reference::max_pool(s, batch, &wide(x));
    let dx = reference::max_pool_backward(s, batch, &wide(&dy), &argmax);
    for (backend, b) in backends() {
        let name = format!("{name} on {backend}");
        let (got_y, got_argmax) = ok(max_pool(b, s, batch, x));
        exact(&format!("{name} y"), &wide(&got_y), &y);
        exact(&format!("{name} argmax"), &got_argmax, &argmax);
        let got_dx = ok(max_pool_backward(b, s, batch, &dy, &argmax));
        exact(&format!("{name} dx"), &wide(&got_dx), &dx);
        same_bits(&format!("{name} y"), &got_y, &ok(max_pool(b, s, batch, x)).0);
        same_bits(&format!("{name} dx"), &got_dx, &ok(max_pool_backward(b, s, batch, &dy, &argmax)));
    }
}

/// The columns are input, channels, kernel, stride, padding and batch. Each shape runs with distinct values and with
/// ties.
#[test]
fn float64_and_ties() {
    let explicit = |sides| Padding::Explicit(crate::common::pads(sides));
    for (input, channels, kernel, stride, padding, batch) in [
        ([1, 1], 1, [1, 1], [1, 1], Padding::Valid, 1),
        ([1, 1], 3, [3, 3], [1, 1], Padding::Same, 2),
        ([7, 5], 8, [2, 2], [2, 2], Padding::Valid, 3),
        ([7, 5], 9, [2, 2], [2, 2], Padding::Same, 2),
        ([13, 11], 3, [3, 3], [2, 2], Padding::Same, 2),
        ([13, 11], 2, [3, 3], [1, 1], Padding::Same, 1),
        ([11, 13], 5, [2, 2], [3, 3], Padding::Valid, 2),
        ([10, 7], 1, [5, 2], [3, 1], Padding::Same, 3),
        ([7, 10], 2, [1, 4], [1, 2], Padding::Valid, 2),
        ([6, 9], 3, [4, 3], [2, 3], explicit([3, 0, 1, 2]), 2),
        ([9, 6], 5, [2, 3], [1, 2], explicit([0, 2, 1, 0]), 1),
        ([5, 17], 8, [3, 5], [3, 1], explicit([1, 4, 2, 0]), 2),
    ] {
        let s = PoolShape::new(input, channels, kernel, stride, padding).expect("a shape");
        check(&format!("{s:?}"), &s, batch, &data("x", batch * s.input_len()));
        check(&format!("ties in {s:?}"), &s, batch, &levels("x", batch * s.input_len()));
    }
}

/// If padding counted as 0, it would be the maximum of these windows.
#[test]
fn padding_never_wins() {
    let s = PoolShape::new([3, 4], 2, [3, 3], [2, 2], Padding::Same).expect("a shape");
    let x: Vec<f32> = data("x", 2 * s.input_len()).iter().map(|v| v - 5.0).collect();
    check("negative", &s, 2, &x);
}

/// NaN wins over any number, before and after it, and the first NaN of a window stays.
#[test]
fn the_first_nan_wins() {
    let s = PoolShape::new([2, 8], 1, [2, 2], [2, 2], Padding::Valid).expect("a shape");
    // The bits next to those of infinity.
    let nan = f32::from_bits(0x7f80_0001);
    let infinite = f32::INFINITY;
    // The windows hold one NaN at the first, the last, or two at the second and third position; and none.
    let x =
        [nan, 5.0, 1.0, 2.0, 7.0, nan, -infinite, -infinite, 6.0, infinite, infinite, nan, nan, 9.0, -1.0, -infinite];
    for (name, b) in backends() {
        let (y, argmax) = ok(max_pool(b, &s, 1, &x));
        exact(name, &argmax, &[0, 3, 1, 2]);
        assert!(y[..3].iter().all(|v| v.is_nan()) && y[3] == -1.0, "{name}: {y:?}");
        exact(
            name,
            &ok(max_pool_backward(b, &s, 1, &[1.0, 2.0, 3.0, 4.0], &argmax))[..8],
            &[1.0, 0.0, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0],
        );
    }
}

#[test]
fn wrong_lengths_are_errors() {
    let s = PoolShape::new([5, 4], 3, [2, 2], [2, 2], Padding::Valid).expect("a shape");
    let x = vec![0.0; 2 * s.input_len()];
    let y = vec![0.0; 2 * s.output_len()];
    let argmax = vec![0; y.len()];
    for (_, b) in backends() {
        refused("short x", max_pool(b, &s, 2, &x[1..]));
        refused("long x", max_pool(b, &s, 1, &x));
        refused("no batch", max_pool(b, &s, 0, &[]));
        refused("short dy", max_pool_backward(b, &s, 2, &y[1..], &argmax));
        refused("short argmax", max_pool_backward(b, &s, 2, &y, &argmax[1..]));
    }
}
