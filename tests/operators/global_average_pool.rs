//! Global average pooling on every backend: float64, by hand, NaN and errors.

use crate::common::{BACKWARD, FORWARD, backends, data, exact, ok, on_all, reference, refused, wide};
use stridelab::eager::{global_average_pool, global_average_pool_backward};
use stridelab::model::geometry::GlobalPoolShape;

#[test]
fn float64() {
    for (input, channels, batch) in [
        ([1, 1], 1, 1),
        ([1, 1], 7, 3),
        ([7, 7], 64, 5),
        ([5, 3], 9, 2),
        ([1, 17], 3, 4),
        ([13, 11], 65, 2),
        ([28, 28], 2, 3),
        ([67, 61], 5, 1),
    ] {
        let s = GlobalPoolShape::new(input, channels).expect("a shape");
        // Values around 1 as well, so that not all of a mean cancels.
        let x: Vec<f32> = data("x", batch * s.input_len()).iter().map(|v| v + 0.5).collect();
        let dy = data("dy", batch * s.output_len());
        let name = format!("{batch} of {s:?}");
        let want = reference::global_average_pool(&s, &wide(&x));
        on_all(&name, &want, FORWARD, |b| ok(global_average_pool(b, &s, batch, &x)));
        let want = reference::global_average_pool_backward(&s, &wide(&dy));
        on_all(&format!("{name} dx"), &want, BACKWARD, |b| ok(global_average_pool_backward(b, &s, batch, &dy)));
    }
}

/// Two images of two positions and three channels.
#[test]
fn by_hand() {
    let s = GlobalPoolShape::new([2, 1], 3).expect("a shape");
    let x = [1.0, 2.0, 3.0, 5.0, 0.0, -3.0, 0.5, 0.25, 8.0, -0.5, 0.75, 0.0];
    for (name, b) in backends() {
        exact(name, &ok(global_average_pool(b, &s, 2, &x)), &[3.0, 1.0, 0.0, 0.0, 0.5, 4.0]);
        let dx = ok(global_average_pool_backward(b, &s, 2, &[2.0, -4.0, 1.0, 0.0, 3.0, 8.0]));
        exact(name, &dx, &[1.0, -2.0, 0.5, 1.0, -2.0, 0.5, 0.0, 1.5, 4.0, 0.0, 1.5, 4.0]);
    }
}

/// What is no finite number is not averaged away, and stays in its own channel of its own image.
#[test]
fn nan_and_infinity_stay() {
    let s = GlobalPoolShape::new([3, 3], 2).expect("a shape");
    for (name, b) in backends() {
        let mut x = data("x", 3 * s.input_len());
        x[7] = f32::NAN;
        x[s.input_len() + 4] = f32::INFINITY;
        let y = ok(global_average_pool(b, &s, 3, &x));
        let broken: Vec<usize> = (0..y.len()).filter(|&i| !y[i].is_finite()).collect();
        assert_eq!(broken, [1, 2], "{name}: {y:?}");
        assert!(y[1].is_nan() && y[2] == f32::INFINITY, "{name}: {y:?}");
        let dx = ok(global_average_pool_backward(b, &s, 2, &[1.0, f32::NAN, 2.0, 3.0]));
        assert!((0..dx.len()).all(|i| dx[i].is_nan() == (i < 18 && i % 2 == 1)), "{name}: {dx:?}");
    }
}

#[test]
fn wrong_lengths_are_errors() {
    let s = GlobalPoolShape::new([5, 4], 3).expect("a shape");
    let x = vec![0.0; 2 * s.input_len()];
    for (_, b) in backends() {
        refused("short x", global_average_pool(b, &s, 2, &x[1..]));
        refused("no batch", global_average_pool(b, &s, 0, &[]));
        refused("long dy", global_average_pool_backward(b, &s, 2, &[0.0; 7]));
        let none = GlobalPoolShape { input: [0, 4], channels: 3 };
        refused("no rows", global_average_pool(b, &none, 2, &[]));
    }
    assert!(GlobalPoolShape::new([1 << 16, 1 << 16], 1).is_err());
}
