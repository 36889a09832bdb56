//! Kernels with vector instructions that replace runs of plain operations.
//!
//! `op` holds the list of what can be replaced, and [`fuse`], the one place that decides what is: the
//! conversion of samples (`gather`), convolution → bias → ReLU → max pool and the gradients of that run
//! (`conv_pool`), any other convolution (`im2col`), matrix products (`matmul`), and Adam (`adam`). Every other operation
//! stays plain.
//!
//! A fused kernel computes what the plain operations compute, up to rounding: it contracts a product and a sum
//! into one multiply-add, adds in another order, or convolves by minimal filtering (`conv_pool::winograd`).
//! So rounding also decides which output wins a pool window where the plain sums of two outputs are equal by
//! chance. Values that are not finite are treated as by the plain operations, with the exceptions that
//! `conv_pool::winograd`, `conv_pool::gradients` and `im2col` state. The order of every sum is fixed: the same
//! processor gives the same bits on any number of threads.

#![expect(clippy::needless_range_loop, reason = "the compiler unrolls loops over a constant range into registers")]

mod adam;
mod arithmetic;
mod conv_pool;
mod gather;
mod im2col;
mod matmul;
mod op;
#[cfg(test)]
mod test_support;
#[cfg(test)]
mod tests;
mod vector_block;

pub(super) use op::{FusedOp, fuse};
