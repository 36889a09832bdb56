//! Memory that may be refused.
//!
//! Rust ends the process where a small allocation fails, and so may a program's allocator. What is large is asked for
//! here, and a refusal is an error like any other.

use std::cell::Cell;

use bytemuck::Zeroable;

use crate::error::{Error, Result};

thread_local! {
    static MAY_FAIL: Cell<bool> = const { Cell::new(false) };
}

/// Whether the allocation that this thread is making may be refused: an allocator that ends the process where memory
/// is short lets this one fail.
pub fn may_fail() -> bool {
    MAY_FAIL.get()
}

/// `len` elements, all zero, for the purpose `what`.
///
/// # Errors
/// [`Error::Failure`] where memory is refused.
pub fn zeroed<T: Zeroable>(what: &str, len: usize) -> Result<Vec<T>> {
    let bytes = len.saturating_mul(size_of::<T>());
    fallible(|| bytemuck::allocation::try_zeroed_vec(len)).map_err(|()| refused(what, bytes))
}

/// An empty vector with room for `len` elements.
///
/// # Errors
/// As [`zeroed`].
pub fn with_capacity<T>(what: &str, len: usize) -> Result<Vec<T>> {
    let mut data = Vec::new();
    let bytes = len.saturating_mul(size_of::<T>());
    fallible(|| data.try_reserve_exact(len)).map_err(|_| refused(what, bytes))?;
    Ok(data)
}

fn fallible<R>(allocate: impl FnOnce() -> R) -> R {
    MAY_FAIL.set(true);
    let result = allocate();
    MAY_FAIL.set(false);
    result
}

fn refused(what: &str, bytes: usize) -> Error {
    Error::failure(format!("no memory for {what}: {} MiB were refused", bytes.div_ceil(1 << 20)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_an_error() {
        assert_eq!(zeroed::<u32>("three", 3).unwrap(), [0; 3]);
        assert!(with_capacity::<u32>("three", 3).unwrap().capacity() >= 3);
        // More than any address space has.
        let most = isize::MAX as usize / 4;
        for error in [zeroed::<u32>("numbers", most).unwrap_err(), with_capacity::<u32>("numbers", most).unwrap_err()] {
            assert_eq!(error.exit_code(), 1);
            assert!(error.to_string().contains("no memory for numbers: "), "{error}");
        }
        assert!(!may_fail());
    }
}
