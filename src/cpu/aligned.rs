//! Memory that begins at a cache line: a vector that lies across two lines costs two loads.

use std::cell::RefCell;

use bytemuck::{Pod, Zeroable};

/// A cache line, and the widest vector there is.
#[repr(C, align(64))]
#[derive(Clone, Copy, Pod, Zeroable)]
struct Line([u32; 16]);

/// Zeroed numbers of four bytes.
#[derive(Clone, Default)]
pub struct Aligned {
    lines: Vec<Line>,
    len: usize,
}

impl Aligned {
    /// `len` zeros.
    pub fn new(len: usize) -> Self {
        Aligned { lines: vec![Line([0; 16]); len.div_ceil(16)], len }
    }

    /// Changes the length; what is new may be anything.
    pub fn resize(&mut self, len: usize) {
        self.lines.resize(len.div_ceil(16), Line([0; 16]));
        self.len = len;
    }

    /// The numbers, as floats or as integers.
    pub fn as_slice<T: Pod>(&self) -> &[T] {
        &bytemuck::cast_slice(&self.lines)[..self.len * 4 / size_of::<T>()]
    }

    /// The numbers, to be written.
    pub fn as_mut_slice<T: Pod>(&mut self) -> &mut [T] {
        &mut bytemuck::cast_slice_mut(&mut self.lines)[..self.len * 4 / size_of::<T>()]
    }
}

thread_local! {
    static SPARE: RefCell<Vec<Aligned>> = const { RefCell::new(Vec::new()) };
}

/// Lends `len` numbers to `f`, whatever the last borrower left in them: a thread's tasks share their
/// memory, since asking the system for it costs more than some of them.
pub fn borrow<T: Pod, R>(len: usize, f: impl FnOnce(&mut [T]) -> R) -> R {
    let mut memory = SPARE.with_borrow_mut(|spare| spare.pop().unwrap_or_default());
    let words = len * size_of::<T>() / 4;
    if memory.len < words {
        memory.resize(words);
    }
    // Whoever relies on what it finds shall fail the tests.
    #[cfg(test)]
    memory.as_mut_slice::<u32>().fill(f32::NAN.to_bits());
    let result = f(&mut memory.as_mut_slice()[..len]);
    SPARE.with_borrow_mut(|spare| spare.push(memory));
    result
}
