//! How many multiply-adds this machine can do at most, and what its dispatches cost by themselves.

use web_time::Instant;

use super::BenchOptions;
use super::clock::sample;
use crate::backend::Backend;
use crate::error::Result;
use crate::{cpu, gpu};

/// Most runs of the kernel in a sample.
const MOST: usize = 1 << 12;
/// How many times shorter, and more, the CPU's samples are.
const SHORT: usize = 32;

/// 10⁹ floating-point operations a second of independent multiply-adds in registers, on all threads
/// or all of the GPU. It is a bound, so the best sample counts, not the median.
///
/// # Errors
/// [`crate::Error::Failure`] where the backend fails.
pub async fn peak(backend: &Backend, options: &BenchOptions) -> Result<f64> {
    let (macs, seconds) = match backend {
        Backend::Cpu => {
            // Where others use the machine too, a short sample may still find every core free.
            let short = BenchOptions {
                samples: options.samples.saturating_mul(SHORT),
                sample_seconds: options.sample_seconds / SHORT as f64,
                ..options.clone()
            };
            let mut macs = 0;
            let seconds = sample(&short, MOST, async |n| {
                let start = Instant::now();
                macs = (0..n).map(|_| cpu::peak::multiply_adds()).sum::<u64>() / n as u64;
                Ok(start.elapsed().as_secs_f64())
            });
            let seconds = seconds.await?;
            (macs, seconds)
        }
        Backend::Gpu(gpu) => {
            let peak = gpu::Peak::new(gpu)?;
            (peak.macs, sample(options, MOST, async |n| peak.time(n).await).await?)
        }
    };
    let best = seconds.into_iter().fold(f64::INFINITY, f64::min);
    Ok(2e-9 * macs as f64 / best)
}

/// Microseconds of so many dispatches that do nothing, each waiting for the one before: the median.
/// `None` for the CPU, which has no dispatches.
///
/// # Errors
/// [`crate::Error::Failure`] where the backend fails.
pub(super) async fn nothing(backend: &Backend, options: &BenchOptions, dispatches: usize) -> Result<Option<f64>> {
    let Backend::Gpu(gpu) = backend else { return Ok(None) };
    let nothing = gpu::Peak::nothing(gpu)?;
    let mut seconds = sample(options, MOST, async |n| nothing.time(n * dispatches).await).await?;
    seconds.sort_by(f64::total_cmp);
    Ok(Some(1e6 * seconds[seconds.len() / 2]))
}
