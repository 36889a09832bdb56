//! What is trained: shapes, configurations, networks, initial values, tensors and their files.

pub mod configuration;
pub mod geometry;
pub mod init;
pub mod network;
mod strides;
pub mod tensor;
pub mod weights;

pub use configuration::{Configuration, Convolution, Head, ModelId};
pub use network::Network;
pub use strides::Strides;
