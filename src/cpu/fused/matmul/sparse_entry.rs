//! An entry of a sparse vector.

use bytemuck::{Pod, Zeroable};

/// The index and the value of an element that is not zero, in one 64-bit word.
#[repr(transparent)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub(crate) struct SparseEntry(u64);

impl SparseEntry {
    #[inline(always)]
    pub(crate) fn new(index: u32, value: f32) -> Self {
        SparseEntry(u64::from(index) | u64::from(value.to_bits()) << 32)
    }

    #[inline(always)]
    pub(crate) fn index(self) -> usize {
        self.0 as u32 as usize
    }

    #[inline(always)]
    pub(crate) fn value(self) -> f32 {
        f32::from_bits((self.0 >> 32) as u32)
    }
}
