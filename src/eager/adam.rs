//! The optimiser; see [`crate::ops::adam`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::ops::adam::{Adam, AdamParameters};
use crate::plan::{Op, StepRecord};

/// One update by Adam in Keras' form, element by element:
/// `m' = m + (g − m)(1 − β₁)`, `v' = v + (g² − v)(1 − β₂)`, `w' = w − α·m'/(√v' + ε)`.
///
/// `alpha` is the step's α, which [`AdamParameters::alpha`] computes from the learning rate and the
/// step's number, counted from 1. `state` is `[w, m, v]`; these and the gradient `g` have one shape.
/// Returns `[w', m', v']`.
///
/// # Errors
/// [`crate::Error::Usage`] where the four are not equally long, or empty; see the [module](super).
pub async fn adam(
    backend: &Backend,
    parameters: AdamParameters,
    alpha: f32,
    state: [&[f32]; 3],
    g: &[f32],
) -> Result<[Vec<f32>; 3]> {
    let [w, m, v] = state;
    let shape = [w.len()];
    let mut call = Call::new(backend);
    let w = call.input("w", w, &shape)?;
    let g = call.input("g", g, &shape)?;
    let m = call.input("m", m, &shape)?;
    let v = call.input("v", v, &shape)?;
    let op = Op::Adam(Adam { parameters, w, g, m, v });
    call.run_f32(op, StepRecord { alpha, ..StepRecord::default() }, [w, m, v]).await
}
