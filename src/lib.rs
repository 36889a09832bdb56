//! stridelab: what stride and padding do to a CNN, trained on any GPU with wgpu compute shaders.

pub mod backend;
pub mod cpu;
pub mod data;
pub mod error;
pub mod files;
pub mod geometry;
pub mod gpu;
pub mod init;
pub mod network;
pub mod operators;
pub mod ops;
pub mod parity;
pub mod plan;
pub mod random;
pub mod reference;
#[cfg(feature = "cli")]
pub mod report;
#[cfg(feature = "cli")]
pub mod results;
pub mod study;
pub mod tensor;
pub mod train;
pub mod weights;

pub use error::{Error, Result};
