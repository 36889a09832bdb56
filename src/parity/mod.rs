//! The comparison of a backend with the CPU and with `f64`: every operator, then whole training steps.
//!
//! The error of an operator is norm-relative, `‖got − want‖/‖want‖` ([`norm_relative`]), where `want` is
//! what [`crate::reference`] computes from the same `f32` inputs. It may be at most [`FORWARD`] or
//! [`BACKWARD`], or twice the error of the CPU backend where that is larger. Training steps are compared with
//! the CPU's within the same bounds, each from a common state; see [`steps`].

mod compare;
mod exact;
mod operators;
mod steps;

pub use compare::{TensorError, norm_relative};
pub use exact::{black_and_white, exact_weights};
pub use operators::operators;
pub use steps::steps;

/// Bound of the norm-relative error of a forward pass against `f64`.
pub const FORWARD: f64 = 1e-6;
/// Bound of the norm-relative error of a backward pass against `f64`.
pub const BACKWARD: f64 = 5e-6;
/// Bound of the absolute difference between two backends' losses of one of the first [`STEPS`] steps of training that
/// runs freely, without being set back to common weights. Adam's first step moves a weight whose gradient is near
/// zero by the learning rate in either direction, so two right implementations come as far as 6e-4.
pub const LOSS: f64 = 1e-3;
/// Number of free training steps that are compared before a measurement.
pub const STEPS: usize = 10;
