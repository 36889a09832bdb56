//! The plain twin of the shader `adam`. The equations stand in [`crate::ops::adam`].

use crate::ops::adam::AdamParameters;

/// `m += (g − m)(1 − β₁)`, `v += (g² − v)(1 − β₂)`, `w −= α·m/(√v + ε)`
#[inline(always)] // compiled into the fused kernel with its vector instructions
pub fn update(parameters: &AdamParameters, alpha: f32, w: &mut [f32], g: &[f32], m: &mut [f32], v: &mut [f32]) {
    let one_minus_beta1 = (1.0 - parameters.beta1) as f32;
    let one_minus_beta2 = (1.0 - parameters.beta2) as f32;
    let epsilon = parameters.epsilon as f32;
    for (((w, &g), m), v) in w.iter_mut().zip(g).zip(m).zip(v) {
        *m += (g - *m) * one_minus_beta1;
        *v += (g * g - *v) * one_minus_beta2;
        *w -= alpha * *m / (v.sqrt() + epsilon);
    }
}
