//! What is trained: shapes, configurations, networks, initial values, tensors and their files.

pub mod geometry;
pub mod init;
pub mod network;
pub mod tensor;
pub mod weights;
