//! The threads of a run of steps.

/// Runs `f` on one of the threads that the CPU's kernels use: from any other, each call of them all
/// together would begin and end with a change of threads.
pub fn run<R: Send>(f: impl FnOnce() -> R + Send) -> R {
    #[cfg(feature = "parallel")]
    return rayon::scope(|_| f());
    #[cfg(not(feature = "parallel"))]
    f()
}
