//! What is left of numbers most of which are zero.

use bytemuck::{Pod, Zeroable};

/// A number and a place, in one word.
#[repr(transparent)]
#[derive(Clone, Copy, Pod, Zeroable)]
pub struct Entry(u64);

impl Entry {
    #[inline(always)]
    pub fn new(place: u32, value: f32) -> Self {
        Entry(u64::from(place) | u64::from(value.to_bits()) << 32)
    }

    #[inline(always)]
    pub fn place(self) -> usize {
        self.0 as u32 as usize
    }

    #[inline(always)]
    pub fn value(self) -> f32 {
        f32::from_bits((self.0 >> 32) as u32)
    }
}
