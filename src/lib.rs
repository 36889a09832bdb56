//! stridelab: what stride and padding do to a CNN, trained on any GPU with wgpu compute shaders.

pub mod data;
pub mod error;
pub mod files;
pub mod geometry;
pub mod init;
pub mod network;
pub mod random;
pub mod tensor;
pub mod weights;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(feature = "cli")]
pub mod results;

pub use error::{Error, Result};
