//! Every operator on both backends, held to outside values, to `f64` and to what may replace it.

#![cfg(feature = "embedded-data")]

#[path = "../common/mod.rs"]
mod common;

mod adam;
mod bias;
mod checker;
mod conformance;
mod conv2d;
mod fixtures;
mod fused;
mod gather;
mod gradients;
mod matmul;
mod max_pool;
mod relu;
mod softmax_cross_entropy;
