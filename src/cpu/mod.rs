//! The CPU backend: the naive, readable twin of every operation, and the truth the GPU is held to;
//! and, for training, vector kernels that replace runs of them (`fused`).
//!
//! Work is cut by images, tiles of a product, taps or slices of a sum, never by threads, and every sum has
//! one fixed order: the same input gives the same bits on any number of cores.

pub mod adam;
mod aligned;
pub mod bias;
pub mod conv2d;
mod executor;
mod fused;
pub mod gather;
pub mod matmul;
pub mod max_pool;
pub mod peak;
mod pool;
pub mod relu;
pub mod softmax_cross_entropy;

pub use executor::Executor;

/// Calls `f(index, chunk)` for each `len`-long chunk of `data`, on all cores where the feature
/// `parallel` is on. Every chunk has one owner, so the result does not depend on their number.
fn for_each_chunk(data: &mut [f32], len: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        data.par_chunks_mut(len).enumerate().for_each(|(i, chunk)| f(i, chunk));
    }
    #[cfg(not(feature = "parallel"))]
    data.chunks_mut(len).enumerate().for_each(|(i, chunk)| f(i, chunk));
}

/// [`for_each_chunk`] over two slices, each with chunks of its own length.
fn for_each_two<A: Send, B: Send>(
    a: &mut [A],
    a_len: usize,
    b: &mut [B],
    b_len: usize,
    f: impl Fn(usize, &mut [A], &mut [B]) + Sync,
) {
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        a.par_chunks_mut(a_len).zip(b.par_chunks_mut(b_len)).enumerate().for_each(|(i, (a, b))| f(i, a, b));
    }
    #[cfg(not(feature = "parallel"))]
    a.chunks_mut(a_len).zip(b.chunks_mut(b_len)).enumerate().for_each(|(i, (a, b))| f(i, a, b));
}

/// [`for_each_chunk`] over things that are handed over.
fn for_each_item<T: Send>(items: Vec<T>, f: impl Fn(usize, T) + Sync) {
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        items.into_par_iter().enumerate().for_each(|(i, item)| f(i, item));
    }
    #[cfg(not(feature = "parallel"))]
    items.into_iter().enumerate().for_each(|(i, item)| f(i, item));
}
