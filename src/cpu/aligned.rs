//! Memory that begins at a cache line. A vector that lies across two lines costs two loads.

use std::cell::RefCell;

use bytemuck::{Pod, Zeroable};

use crate::error::Result;
use crate::memory;

/// 64 bytes: a cache line, and the widest vector of any supported processor.
#[repr(C, align(64))]
#[derive(Clone, Copy, Pod, Zeroable)]
struct CacheLine([u32; 16]);

/// A growable array of 32-bit words that begins at a cache line.
#[derive(Clone, Default)]
pub(super) struct Aligned {
    lines: Vec<CacheLine>,
    len: usize,
}

impl Aligned {
    /// `len` words, all zero, for the purpose `what`.
    ///
    /// # Errors
    /// [`crate::Error::Failure`] where memory is refused.
    pub(super) fn new(what: &str, len: usize) -> Result<Self> {
        Ok(Aligned { lines: memory::zeroed(what, len.div_ceil(16))?, len })
    }

    /// Changes the number of words. The values of the words that come in are unspecified.
    pub(super) fn resize(&mut self, len: usize) {
        self.lines.resize(len.div_ceil(16), CacheLine([0; 16]));
        self.len = len;
    }

    /// The words, read as elements of type `T`.
    pub(super) fn as_slice<T: Pod>(&self) -> &[T] {
        &bytemuck::cast_slice(&self.lines)[..self.len * 4 / size_of::<T>()]
    }

    /// The words as elements of type `T`, to be written.
    pub(super) fn as_mut_slice<T: Pod>(&mut self) -> &mut [T] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len * 4 / size_of::<T>()]
    }
}

thread_local! {
    static SPARE: RefCell<Vec<Aligned>> = const { RefCell::new(Vec::new()) };
}

/// Lends `f` scratch memory of `len` elements. It holds whatever its last borrower left, so `f` must write
/// an element before it reads it.
///
/// Each thread keeps the memory that its tasks have borrowed: to allocate it anew costs more than some
/// tasks take.
pub(super) fn borrow<T: Pod, R>(len: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    let mut memory = SPARE.with_borrow_mut(|spare| spare.pop().unwrap_or_default());
    let words = len * size_of::<T>() / 4;
    if memory.len < words {
        memory.resize(words);
    }
    // In tests NaN fills the memory, so that a kernel that reads before it writes fails them.
    #[cfg(test)]
    memory.as_mut_slice::<u32>().fill(f32::NAN.to_bits());
    let result = f(&mut memory.as_mut_slice()[..len]);
    SPARE.with_borrow_mut(|spare| spare.push(memory));
    result
}
