//! A backend against the CPU and against `f64`: every operator, then whole training steps.
//!
//! An operator's error is norm-relative, `‖got − want‖/‖want‖`, against [`crate::reference`] on the
//! same `f32` inputs. It may be 1e-6 forward and 5e-6 backward, or twice the CPU backend's error
//! where that is larger. Losses of free-running steps may differ by 1e-3 between two `f32`
//! implementations.

mod compare;
mod operators;
mod steps;

pub use compare::{TensorError, norm_relative};
pub use operators::operators;
pub use steps::{ParameterError, StepErrors, steps};

/// Bound of a forward pass.
pub const FORWARD: f64 = 1e-6;
/// Bound of a backward pass.
pub const BACKWARD: f64 = 5e-6;
/// Bound of the difference of two losses of a free-running step.
pub const LOSS: f64 = 1e-3;
/// Steps of each configuration.
pub const STEPS: usize = 10;
