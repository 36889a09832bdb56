//! The optimiser; see [`crate::ops::adam`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::ops::adam::{Adam, AdamParameters};
use crate::plan::{Op, StepRecord};

/// One update of `state` `[w, m, v]` by the gradient `g`; `alpha` as [`AdamParameters::alpha`]
/// gives it. Returns the new `[w, m, v]`.
///
/// # Errors
/// See the module.
pub async fn adam(
    backend: &Backend,
    parameters: AdamParameters,
    alpha: f32,
    [w, m, v]: [&[f32]; 3],
    g: &[f32],
) -> Result<[Vec<f32>; 3]> {
    let shape = [w.len()];
    let mut call = Call::new(backend);
    let w = call.input("w", w, &shape)?;
    let g = call.input("g", g, &shape)?;
    let m = call.input("m", m, &shape)?;
    let v = call.input("v", v, &shape)?;
    let op = Op::Adam(Adam { parameters, w, g, m, v });
    call.run_f32(op, StepRecord { alpha, ..StepRecord::default() }, [w, m, v]).await
}
