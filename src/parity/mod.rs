//! The comparison of a backend with the CPU and with `f64`: every operator, then whole training steps.
//!
//! The error of an operator is norm-relative, `‖got − want‖/‖want‖` ([`norm_relative`]), where `want` is
//! what [`crate::reference`] computes from the same `f32` inputs. It may be at most [`FORWARD`] or
//! [`BACKWARD`], or twice the error of the CPU backend where that is larger. The losses of training steps
//! that run freely, without being set back to common weights, may differ by [`LOSS`] between two `f32`
//! implementations.

mod compare;
mod operators;
mod steps;

pub use compare::{TensorError, norm_relative};
pub use operators::operators;
pub use steps::{ParameterError, StepErrors, steps};

/// Bound of the norm-relative error of a forward pass against `f64`.
pub const FORWARD: f64 = 1e-6;
/// Bound of the norm-relative error of a backward pass against `f64`.
pub const BACKWARD: f64 = 5e-6;
/// Bound of the absolute difference between two backends' losses of one of the first [`STEPS`] steps.
pub const LOSS: f64 = 1e-3;
/// Number of training steps that are compared for each configuration.
pub const STEPS: usize = 10;
