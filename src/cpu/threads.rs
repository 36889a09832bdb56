//! How the CPU kernels spread work over threads.
//!
//! With the feature `parallel` the pieces of a loop run on rayon's global thread pool, without it on the
//! calling thread. A loop is always cut by the shapes of its tensors, never by the number of threads, and
//! every piece owns its output: the results do not depend on the number of threads.

/// How many threads the kernels use.
pub(super) fn count() -> usize {
    #[cfg(feature = "parallel")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "parallel"))]
    1
}

/// Starts the threads of the pool, which otherwise start when they are first needed, and where they cannot, panic.
///
/// # Errors
/// [`crate::Error::Failure`] where the system gives no threads.
pub fn start() -> crate::error::Result<()> {
    #[cfg(feature = "parallel")]
    if let Err(e) = rayon::ThreadPoolBuilder::new().build_global() {
        use std::error::Error as _;
        // A pool that is there already, the only error without a cause, is as good.
        if let Some(cause) = e.source() {
            let what = format!("cannot start threads: {}", crate::error::one_line(cause));
            return Err(
                crate::Error::failure(what).advice("raise the limit on memory or threads (ulimit -v, ulimit -u)")
            );
        }
    }
    Ok(())
}

/// Runs `f` on a thread of the pool. A parallel loop that starts outside the pool costs two thread
/// switches, one into the pool and one back; inside `f` these are paid once for all loops.
pub(super) fn run_in_pool<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    #[cfg(feature = "parallel")]
    return rayon::scope(|_| f());
    #[cfg(not(feature = "parallel"))]
    f()
}

/// Calls `f(index, chunk)` for each chunk of `len` elements of `data`, in parallel.
pub(super) fn for_each_chunk(data: &mut [f32], len: usize, f: impl Fn(usize, &mut [f32]) + Sync) {
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        data.par_chunks_mut(len).enumerate().for_each(|(i, chunk)| f(i, chunk));
    }
    #[cfg(not(feature = "parallel"))]
    data.chunks_mut(len).enumerate().for_each(|(i, chunk)| f(i, chunk));
}

/// Calls `f(index, chunk of a, chunk of b)`, in parallel: [`for_each_chunk`] over two slices, each with its
/// own length of a chunk.
pub(super) fn for_each_chunk_pair<A: Send, B: Send>(
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

/// Calls `f(index, item)` for each item, in parallel; `f` takes the item over.
pub(super) fn for_each_item<T: Send>(items: Vec<T>, f: impl Fn(usize, T) + Sync) {
    #[cfg(feature = "parallel")]
    {
        use rayon::prelude::*;
        items.into_par_iter().enumerate().for_each(|(i, item)| f(i, item));
    }
    #[cfg(not(feature = "parallel"))]
    items.into_iter().enumerate().for_each(|(i, item)| f(i, item));
}
