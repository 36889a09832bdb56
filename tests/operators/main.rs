//! Every operator on both backends, compared with values of other programs, with `f64` and with the fused kernels.

#![cfg(feature = "embedded-data")]

#[path = "../common/mod.rs"]
mod common;

mod adam;
mod bias;
mod by_hand;
mod checker;
mod conformance;
mod conv2d;
mod coverage;
mod fixtures;
mod fused;
mod fused_exact;
mod gather;
mod global_average_pool;
mod gradients;
mod long_loops;
mod long_sums;
mod matmul;
mod max_pool;
mod relu;
mod replicas;
mod sizes;
mod small;
mod softmax_cross_entropy;
mod tiled;
