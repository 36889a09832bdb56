//! Kernels of matrix products by tiles of workgroup memory, without subgroups.
//!
//! The shaders are those of `shaders/tiled`. A step of one of the tutorial's networks takes nine dispatches: gather,
//! one for each convolution, the first dense layer, the rest of the forward pass with the gradient of the hidden
//! layer, all other gradients of the dense layers, those of the second convolution, those of the first, and Adam.

use super::sums::{self, Sum};
use super::{Scratch, dense as plain_dense, tiled_conv_pool as conv_pool, tiled_dense as dense};
use crate::gpu::kernels::{self, Kernel};
use crate::gpu::tuning::Tuning;
use crate::ops::Op;
use crate::plan::patterns::{ConvPool, ConvPoolBackward, DenseHead, RectifiedBias};

/// The kernels of one program; see [`super::fuse`].
pub(super) fn program(tuning: &Tuning, ops: &[Op], forwards: &mut Vec<ConvPool>, scratch: &mut Scratch) -> Vec<Kernel> {
    let mut kernels = Vec::new();
    // Only Adam reads gradients, so their partial sums are added up before it or, without it, at the end.
    let mut sums: Vec<Sum> = Vec::new();
    let mut rest = ops;
    while let Some(op) = rest.first() {
        let taken = if let Some((run, taken)) = ConvPool::at(rest).filter(|(run, _)| conv_pool::fits(tuning, run)) {
            forwards.push(run);
            kernels.push(conv_pool::forward(tuning, &run, scratch.replicas));
            taken
        } else if let Some((run, taken)) = ConvPoolBackward::at(rest, forwards) {
            let (kernel, sum) = conv_pool::backward(tuning, &run, sums.len(), scratch);
            kernels.push(kernel);
            sums.push(sum);
            taken
        } else if let Some((run, taken)) =
            DenseHead::at(rest).filter(|(run, taken)| dense::fits(tuning, run, &rest[*taken..]))
        {
            let backward = dense::DenseGradients::at(&run, &rest[taken..]);
            kernels.extend(dense::forward(tuning, &run, scratch));
            kernels.extend(backward.map(|backward| dense::backward(tuning, &run, &backward)));
            taken + backward.map_or(0, |_| dense::DenseGradients::OPERATIONS)
        } else if let Some((run, taken)) =
            RectifiedBias::at(rest).filter(|(run, _)| plain_dense::bias_fits(tuning, run))
        {
            kernels.push(plain_dense::rectified_bias(&run));
            taken
        } else {
            kernels.extend(match op {
                Op::Adam(op) => sums::update(tuning, op, &mut sums),
                _ => kernels::plain(op, tuning),
            });
            1
        };
        rest = &rest[taken..];
    }
    kernels.extend(sums.iter().map(sums::add));
    kernels
}
