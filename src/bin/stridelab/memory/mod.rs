//! Whether a run fits into memory. The check runs beforehand, because the system kills a process that takes too much;
//! what it cannot foresee ends in one line as well, see [`allocator`].

pub(crate) mod allocator;
mod limits;

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use limits::{MemoryLimit, limits};
use stridelab::backend::Backend;
use stridelab::data::FILES;
use stridelab::error::Remedy;
use stridelab::{Error, Result, gpu};

/// Bytes of the data set in the binary, unpacked, and of its parts while it is unpacked.
const EMBEDDED: u64 = 72 << 20;
/// Bytes that a process takes beside a plan's buffers, found by measurement: figures, tables, the working memory of
/// the kernels' threads.
const BESIDE: u64 = 48 << 20;
/// The same on a software adapter, which also compiles shaders in this process.
const BESIDE_SOFTWARE: u64 = 160 << 20;
/// A part of the buffers that is needed once more: what is read back, weights that are kept, partial sums.
const AGAIN: u64 = 8;
/// Addresses that opening a GPU and compiling for it takes, found by measurement on a software adapter, which takes
/// the least. A driver that is refused memory ends the process.
const OPEN_GPU_ADDRESSES: u64 = 1400 << 20;
/// The same, of memory that is used.
const OPEN_GPU: u64 = 128 << 20;

/// Call this before any other thread starts. Where addresses are limited, the C library shall not set 64 MiB of them
/// aside for every thread, as it does for speed: it would take for nothing what the buffers need.
pub(crate) fn spare_addresses() {
    if limits(Path::new("/")).iter().any(|limit| limit.addresses) {
        allocator::one_arena();
    }
}

/// The tightest bound on this process, for a use that counts addresses or one that counts memory.
fn tightest(bytes: u64, addresses: u64) -> Option<(MemoryLimit, u64)> {
    let needed = |limit: &MemoryLimit| if limit.addresses { addresses } else { bytes };
    let too_tight = limits(Path::new("/")).into_iter().map(|limit| (needed(&limit), limit));
    too_tight
        .filter(|(needed, limit)| *needed > limit.left)
        .map(|(needed, limit)| (limit, needed))
        .min_by_key(|(l, _)| l.left)
}

/// Bytes that a plan takes on a backend, if these are this machine's.
fn needed(backend: &Backend, plan: u64) -> u64 {
    match backend {
        Backend::Cpu => plan.saturating_add(plan / AGAIN + BESIDE),
        Backend::Gpu(gpu) if gpu::is_real(&gpu.info) => plan / AGAIN + BESIDE,
        Backend::Gpu(_) => plan.saturating_add(plan / AGAIN + BESIDE_SOFTWARE),
    }
}

/// Bytes of a plan's buffers for which there is memory.
pub(crate) fn room(backend: &Backend) -> u64 {
    let least = limits(Path::new("/")).iter().map(|limit| limit.left).min().unwrap_or(u64::MAX);
    match backend {
        Backend::Gpu(gpu) if gpu::is_real(&gpu.info) => u64::MAX,
        _ => least.saturating_sub(needed(backend, 0)) / (AGAIN + 1) * AGAIN,
    }
}

/// Compares what `who` takes, its largest plan's buffers having `plan` bytes and a snapshot of its models `snapshot`
/// bytes beside them, with what every bound on this process leaves. `smaller` gives the bytes of the largest plan with a batch of one sample, and with as few training samples
/// as a batch has, for the advice.
///
/// # Errors
/// [`Error::Failure`] with both and what would help.
pub(crate) fn check(
    who: &str,
    backend: &Backend,
    plan: u64,
    snapshot: u64,
    smaller: impl FnOnce() -> SmallerPlans,
) -> Result<()> {
    let total = needed(backend, plan).saturating_add(snapshot);
    log::debug!("{who} needs {} of buffers, {} in all", size(plan), size(total));
    let Some((limit, _)) = tightest(total, total) else { return Ok(()) };
    let what = format!("{who} needs {} of memory, and {} leaves {}", size(total), limit.name, size(limit.left));
    let SmallerPlans { batch, samples } = smaller();
    let fits = |plan: Option<u64>| plan.is_some_and(|plan| needed(backend, plan) <= limit.left);
    let mut error = Error::failure(what);
    if fits(batch) {
        error = error.remedy(Remedy::SmallerBatch);
    }
    if fits(samples) {
        error = error.remedy(Remedy::FewerSamples);
    }
    Err(if fits(batch) || fits(samples) { error } else { raise(error, &limit) })
}

/// Bytes of plans that take less; `None` where there is no such plan.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SmallerPlans {
    /// With a batch of one sample, with the snapshot.
    pub batch: Option<u64>,
    /// With one training sample.
    pub samples: Option<u64>,
}

/// Whether there is memory for a data set, which is read before anything is known of the networks; `directory` is
/// none for the one in the binary.
///
/// # Errors
/// [`Error::Failure`] naming what is short.
pub(crate) fn check_data(directory: Option<&Path>) -> Result<()> {
    let unpacked = match directory {
        Some(directory) => FILES.iter().filter_map(|file| unpacked(directory, file)).sum(),
        None => EMBEDDED,
    };
    // A process that has nothing yet takes some more.
    let needed = unpacked + (8 << 20);
    let Some((limit, _)) = tightest(needed, needed) else { return Ok(()) };
    let what = format!("the data set needs {} of memory, and {} leaves {}", size(needed), limit.name, size(limit.left));
    Err(raise(Error::failure(what), &limit))
}

/// Of a larger file nothing but its header is read.
const MOST_READ: u64 = 512 << 20;

/// Bytes of a file of a data set, unpacked, as it says itself; none where there is no such file.
fn unpacked(directory: &Path, file: &str) -> Option<u64> {
    let dotted = file.replacen("-idx", ".idx", 1);
    let names = [file, &format!("{file}.gz"), &dotted, &format!("{dotted}.gz")].map(|name| directory.join(name));
    let path = names.iter().find(|path| path.is_file())?;
    let length = path.metadata().ok()?.len();
    if path.extension().is_none_or(|extension| extension != "gz") {
        return Some(length.min(MOST_READ));
    }
    // The last four bytes of a gzip file are the length of what was packed.
    let mut packed = File::open(path).ok()?;
    packed.seek(SeekFrom::End(-4)).ok()?;
    let mut word = [0; 4];
    packed.read_exact(&mut word).ok()?;
    Some(u64::from(u32::from_le_bytes(word)).min(length.saturating_mul(1032)).min(MOST_READ))
}

/// Whether there is memory to open a GPU and compile for it: its driver would end the process.
///
/// # Errors
/// [`Error::Failure`] naming what is short.
pub(crate) fn check_gpu() -> Result<()> {
    let Some((limit, needed)) = tightest(OPEN_GPU, OPEN_GPU_ADDRESSES) else { return Ok(()) };
    let what =
        format!("a GPU's driver needs {} of memory, and {} leaves {}", size(needed), limit.name, size(limit.left));
    Err(raise(Error::failure(what), &limit).remedy(Remedy::CpuBackend))
}

fn raise(error: Error, limit: &MemoryLimit) -> Error {
    error.advice(match limit.name.as_str() {
        "this machine" => "end other programs or take a larger machine".to_string(),
        _ => "raise that limit".to_string(),
    })
}

fn size(bytes: u64) -> String {
    match bytes {
        ..0x4000_0000 => format!("{} MiB", bytes >> 20),
        _ => format!("{:.1} GiB", bytes as f64 / f64::from(1 << 30)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_data_set_says_how_large_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let [images, labels] = [FILES[0], FILES[1]];
        std::fs::write(folder.path().join(images), [0; 100]).unwrap();
        std::fs::write(folder.path().join(format!("{labels}.gz")), [[1; 60], [0; 60]].concat()).unwrap();
        let of = |file: &str| unpacked(folder.path(), file);
        assert_eq!([of(images), of(labels), of(FILES[2])], [Some(100), Some(0), None]);
        // A length that cannot be is bounded by what the packed bytes can hold.
        std::fs::write(folder.path().join(format!("{labels}.gz")), [255; 20]).unwrap();
        assert_eq!(of(labels), Some(20 * 1032));
        assert!(check_data(Some(folder.path())).is_ok());
        let huge = File::create(folder.path().join(FILES[3])).unwrap();
        if huge.set_len(1 << 42).is_ok() {
            assert_eq!(of(FILES[3]), Some(MOST_READ));
        }
    }

    #[test]
    fn too_large_a_plan_is_refused_with_advice_that_helps() {
        let none = SmallerPlans::default;
        assert!(check("it", &Backend::Cpu, 1 << 10, 1 << 10, none).is_ok());
        if limits(Path::new("/")).is_empty() {
            return;
        }
        let of = |smaller: SmallerPlans| match check("it", &Backend::Cpu, u64::MAX, 0, || smaller) {
            Err(Error::Failure(problem)) => problem.remedies,
            other => panic!("{other:?}"),
        };
        let small = Some(1 << 10);
        assert_eq!(of(SmallerPlans { batch: small, samples: Some(u64::MAX) }), [Remedy::SmallerBatch]);
        assert_eq!(of(SmallerPlans { batch: Some(u64::MAX), samples: small }), [Remedy::FewerSamples]);
        // What cannot help is not advised.
        assert!(matches!(&of(none())[..], [Remedy::Advice(_)]));
    }
}
