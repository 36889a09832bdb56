//! stridelab: what stride and padding do to a CNN, trained on any GPU with wgpu compute shaders.

pub mod error;
pub mod geometry;
pub mod network;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(feature = "cli")]
pub mod results;

pub use error::{Error, Result};
