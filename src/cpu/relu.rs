//! The plain twin of the shader `relu`. The equations stand in [`crate::ops::relu`].

/// `y = max(y, 0)`, in place; NaN stays NaN.
pub fn forward(y: &mut [f32]) {
    for y in y {
        *y = if *y > 0.0 || y.is_nan() { *y } else { 0.0 };
    }
}

/// `dy = 0` where the output is not positive, in place.
pub fn backward(activation: &[f32], dy: &mut [f32]) {
    for (dy, &y) in dy.iter_mut().zip(activation) {
        *dy = if y > 0.0 || y.is_nan() { *dy } else { 0.0 };
    }
}
