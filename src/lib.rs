//! stridelab: what stride and padding do to a CNN, trained on any GPU with wgpu compute shaders.

pub mod error;
pub mod geometry;
pub mod network;

pub use error::{Error, Result};
