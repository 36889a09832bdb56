//! Weights and images with which rounding decides nothing.
//!
//! Two right implementations add in different orders, and their sums differ in the last bits. Where two pixels of a
//! pool window, or an activation and zero, are closer than that, they choose different winners, and gradients differ
//! by up to 1 %. So gradients are compared where this cannot happen: pixels are 0 or 255, which is 0 or 1 for the
//! network, and weights are whole multiples of a power of two. Then every sum up to the last ReLU is a whole multiple
//! of a power of two of fewer than 24 bits, exact in `f32` in any order, and equal pixels are equal everywhere.

use crate::data::Split;
use crate::model::tensor::Tensor;
use crate::model::{Network, init};
use crate::random::Stream;

/// Weights per unit: conv1's, as its sums are the smallest, and everybody else's.
const FIRST: f32 = 64.0;
const OTHERS: f32 = 128.0;
/// Biases are up to so many sixty-fourths.
const LARGEST_BIAS: u32 = 4;

/// The initial weights of a seed, rounded to multiples of 1/64 (conv1) or 1/128, and random biases, multiples of
/// 1/64.
pub fn exact_weights(network: &Network, seed: u64) -> Vec<Tensor> {
    let mut tensors = init::parameters(network, seed);
    for tensor in &mut tensors {
        let stream = &mut Stream::new(seed, &format!("exact {}", tensor.name));
        let scale = if tensor.name.starts_with("conv1") { FIRST } else { OTHERS };
        for value in &mut tensor.data {
            *value = if tensor.shape.len() == 1 {
                (stream.below(2 * LARGEST_BIAS + 1) as f32 - LARGEST_BIAS as f32) / FIRST
            } else {
                (*value * scale).round() / scale
            };
        }
    }
    tensors
}

/// Makes every pixel black or white.
pub fn black_and_white(split: &mut Split) {
    for pixel in &mut split.images {
        *pixel = if *pixel < 128 { 0 } else { 255 };
    }
}
