//! The optimiser; see [`crate::ops::adam`].

use super::call::Call;
use crate::backend::Backend;
use crate::error::Result;
use crate::ops::adam::{Adam, AdamParameters};
use crate::plan::{Op, StepRecord};

/// A parameter tensor with its two moments, all of one shape.
///
/// `T` is the kind of tensor: a slice where the state goes into a step, a vector where it comes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AdamState<T> {
    /// The parameters.
    pub w: T,
    /// The first moment, a decaying mean of the gradients.
    pub m: T,
    /// The second moment, a decaying mean of the squared gradients.
    pub v: T,
}

impl<T> AdamState<T> {
    /// Converts each of the three tensors.
    pub fn map<U>(self, mut convert: impl FnMut(T) -> U) -> AdamState<U> {
        AdamState { w: convert(self.w), m: convert(self.m), v: convert(self.v) }
    }

    /// The three tensors with their names, in the order `w`, `m`, `v`.
    pub fn named(self) -> [(&'static str, T); 3] {
        [("w", self.w), ("m", self.m), ("v", self.v)]
    }
}

impl<T> AdamState<Vec<T>> {
    /// The three tensors as slices.
    pub fn as_slices(&self) -> AdamState<&[T]> {
        AdamState { w: &self.w, m: &self.m, v: &self.v }
    }
}

/// One update by Adam in Keras' form, element by element:
/// `m' = m + (g − m)(1 − β₁)`, `v' = v + (g² − v)(1 − β₂)`, `w' = w − α·m'/(√v' + ε)`.
///
/// `alpha` is the α of this step, which [`AdamParameters::alpha`] computes from the learning rate and
/// the step's number, counted from 1. The gradient `g` has the shape of the tensors of `state`.
/// Returns `w'`, `m'` and `v'`.
///
/// # Errors
/// [`crate::Error::Usage`] where the four slices are not equally long, or are empty; see the
/// [module](super).
pub async fn adam(
    backend: &Backend,
    parameters: AdamParameters,
    alpha: f32,
    state: AdamState<&[f32]>,
    g: &[f32],
) -> Result<AdamState<Vec<f32>>> {
    let shape = [state.w.len()];
    let mut call = Call::new(backend);
    let w = call.input("w", state.w, &shape)?;
    let g = call.input("g", g, &shape)?;
    let m = call.input("m", state.m, &shape)?;
    let v = call.input("v", state.v, &shape)?;
    let op = Op::Adam(Adam { parameters, w, g, m, v });
    let [w, m, v] = call.run_f32(op, StepRecord { alpha, ..StepRecord::default() }, [w, m, v]).await?;
    Ok(AdamState { w, m, v })
}
