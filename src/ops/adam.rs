//! Adam in Keras' form. At step `t`, counted from 1, the host computes in `f64`
//! `α = lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ)` into the step record; then, element by element,
//!
//! `m += (g − m)(1 − β₁)`, `v += (g² − v)(1 − β₂)`, `w −= α·m/(√v + ε)`
//!
//! Source: Kingma and Ba, 2015, the "ε̂" form at the end of section 2, as Keras 3 computes it.

use super::{Operand, View};

/// Decay rates and the denominator's offset.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamParameters {
    /// Decay of the first moment, `β₁`.
    pub beta1: f64,
    /// Decay of the second moment, `β₂`.
    pub beta2: f64,
    /// `ε`, added to `√v`.
    pub epsilon: f64,
}

/// Keras' defaults.
impl Default for AdamParameters {
    fn default() -> Self {
        AdamParameters { beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }
    }
}

impl AdamParameters {
    /// `α = lr·√(1 − β₂ᵗ)/(1 − β₁ᵗ)` at step `t ≥ 1`.
    pub fn alpha(&self, learning_rate: f64, t: u32) -> f32 {
        let t = f64::from(t);
        (learning_rate * (1.0 - self.beta2.powf(t)).sqrt() / (1.0 - self.beta1.powf(t))) as f32
    }
}

/// One update of every parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    /// Decay rates and ε.
    pub parameters: AdamParameters,
    /// Parameters, updated in place.
    pub w: View,
    /// Their gradients.
    pub g: View,
    /// First moment, updated in place.
    pub m: View,
    /// Second moment, updated in place.
    pub v: View,
}

impl Adam {
    pub(crate) fn operands(&self) -> Vec<Operand> {
        vec![
            Operand::update("w", self.w),
            Operand::read("g", self.g),
            Operand::update("m", self.m),
            Operand::update("v", self.v),
        ]
    }
}
