//! Whether a plan fits into memory. The check runs beforehand, because the system kills a process that takes too much.

use stridelab::backend::Backend;
use stridelab::error::Remedy;
use stridelab::{Error, Result, gpu};

/// Compares the bytes of the largest plan with what is free, where the system tells and the backend
/// computes in this machine's memory.
///
/// # Errors
/// [`Error::Usage`] with both and what to make smaller.
pub(crate) fn check(backend: &Backend, needed: u64) -> Result<()> {
    let gib = |bytes: u64| bytes as f64 / (1u64 << 30) as f64;
    log::debug!("the largest network needs {:.2} GiB of buffers", gib(needed));
    let elsewhere = matches!(backend, Backend::Gpu(gpu) if gpu::is_real(&gpu.info));
    match available() {
        Some(free) if !elsewhere && needed > free => {
            let (needed, free) = (gib(needed), gib(free));
            let what = format!(
                "the buffers of the largest network need {needed:.1} GiB, and {free:.1} GiB of memory are free"
            );
            Err(Error::usage(what).remedy(Remedy::SmallerBatch))
        }
        _ => Ok(()),
    }
}

/// Bytes that programs can take without swapping, of Linux.
fn available() -> Option<u64> {
    parse(&std::fs::read_to_string("/proc/meminfo").ok()?)
}

fn parse(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? << 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_figure_is_read() {
        assert_eq!(parse("MemTotal:  9 kB\nMemAvailable:   2048 kB\n"), Some(2 << 20));
        assert_eq!(parse("MemTotal:  9 kB\n"), None);
        assert!(check(&Backend::Cpu, 1 << 10).is_ok());
        if available().is_some() {
            let error = check(&Backend::Cpu, u64::MAX).unwrap_err();
            assert!(matches!(&error, Error::Usage(p) if p.remedies == [Remedy::SmallerBatch]), "{error}");
        }
    }
}
