//! The shapes of a run, and the memory that its steps share.

use crate::cpu::aligned::Aligned;
use crate::model::geometry::{ConvShape, PoolShape};

/// Taps of the kernel, 3×3.
pub(super) const TAPS: usize = 9;
/// Taps of one row of the kernel.
pub(super) const ROW_TAPS: usize = 3;

/// The shapes of a convolution and of the pool behind it.
#[derive(Clone, Copy)]
pub(crate) struct ConvPoolShapes<'a> {
    pub conv: &'a ConvShape,
    pub pool: &'a PoolShape,
}

/// Scratch memory of a run, allocated in the first step and used by all.
#[derive(Default)]
pub(crate) struct ConvPoolScratch {
    /// Weights in the kernel's layout.
    pub weights: Aligned,
    /// Sums of the gradients of weights and bias, a part for each task.
    pub partial: Aligned,
}
