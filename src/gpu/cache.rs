//! Compiled pipelines, kept from one process to the next where the driver hands them out.
//!
//! Most drivers also keep a cache of their own. A file here is a convenience: where anything is wrong with
//! it, pipelines are compiled as if there were none.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::files::{make_private, write_atomic};

use super::device::Gpu;

/// Most bytes of a file. A larger one is not read and not written: something else must be in it.
const MOST_BYTES: u64 = 64 << 20;
/// Bytes of the hash before the driver's data.
const HASH: usize = 32;

/// A driver's cache, and its file.
pub(super) struct Cache {
    pipelines: wgpu::PipelineCache,
    path: PathBuf,
    /// What the file held when the cache was opened.
    before: Option<Vec<u8>>,
}

impl Cache {
    /// The cache of this GPU's pipelines in `directory`; `None` where the device has no such feature or fails. What
    /// was made for another device or driver is dropped, and replaced when the cache is saved.
    ///
    /// Only this user may be able to write into `directory`: drivers trust what they find there.
    pub(super) async fn open(gpu: &Gpu, directory: &Path) -> Option<Self> {
        let key = wgpu::util::pipeline_cache_key(&gpu.info);
        let key = key.filter(|_| gpu.features().contains(wgpu::Features::PIPELINE_CACHE));
        let Some(key) = key else {
            log::debug!("no pipeline cache: {} has none to keep", gpu.info.name);
            return None;
        };
        let path = directory.join(key);
        let mut before = load(&path);
        let mut made = create(gpu, before.as_deref()).await;
        if made.is_none() && before.take().is_some() {
            log::debug!("pipeline cache {}: made for another device, dropped", path.display());
            made = create(gpu, None).await;
        }
        let bytes = before.as_ref().map_or(0, Vec::len);
        log::debug!("pipeline cache {}: {bytes} bytes", path.display());
        Some(Cache { pipelines: made?, path, before })
    }

    /// The driver's part, for making pipelines.
    pub(super) fn pipelines(&self) -> &wgpu::PipelineCache {
        &self.pipelines
    }

    /// Writes what the driver has now, if that is new. A failure is logged and is no error.
    pub(super) fn save(&self, gpu: &Gpu) {
        let Ok(Some(data)) = gpu.call(|_, _| self.pipelines.get_data()) else { return };
        if self.before.as_ref() == Some(&data) {
            return;
        }
        if let Err(error) = save(&self.path, &data) {
            log::debug!("pipeline cache not kept: {error}");
        }
    }

    /// Removes the file that the cache was made from, if there was one: the device has failed at a pipeline, and
    /// would fail again in the next process if that file is why.
    pub(super) fn distrust(&self) {
        if self.before.is_some() && std::fs::remove_file(&self.path).is_ok() {
            log::debug!("pipeline cache {}: removed, a pipeline could not be made", self.path.display());
        }
    }
}

/// The driver's cache with that data in it; `None` where it is refused.
async fn create(gpu: &Gpu, data: Option<&[u8]>) -> Option<wgpu::PipelineCache> {
    let descriptor = wgpu::PipelineCacheDescriptor { label: Some("pipelines"), data, fallback: true };
    // `fallback` drops what an older driver of this device has made, and data of another device is an error
    // nevertheless.
    let refused = gpu.error_scope(wgpu::ErrorFilter::Validation);
    #[expect(unsafe_code, reason = "a driver trusts the data of its cache")]
    // SAFETY: the data was written by `Cache::save`, from what the driver gave: its hash says that it is
    // whole, and only this user can write into the directory, which callers vouch for. The driver's own
    // header, which wgpu checks, says that it is this adapter's and this driver's; other data is refused or
    // dropped.
    let made = gpu.call(|device, _| unsafe { device.create_pipeline_cache(&descriptor) });
    let refused = refused.pop().await;
    made.ok().filter(|_| refused.is_none())
}

/// The driver's data in a file, if it is a whole one of ours.
fn load(path: &Path) -> Option<Vec<u8>> {
    // The type is checked before the file is opened: opening a pipe waits for somebody to write into it.
    let metadata = path.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        return None;
    }
    let mut bytes = Vec::new();
    // The limit is one byte more than is allowed, so that a file that has grown since is noticed.
    File::open(path).ok()?.take(MOST_BYTES + 1).read_to_end(&mut bytes).ok()?;
    unpack(&bytes).map(<[u8]>::to_vec)
}

/// Writes a file that [`load`] takes, in a directory of this user's own; nothing if it would be too long.
fn save(path: &Path, data: &[u8]) -> Result<()> {
    if (HASH + data.len()) as u64 > MOST_BYTES {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        make_private(directory);
    }
    write_atomic(path, |w| {
        w.write_all(&Sha256::digest(data))?;
        w.write_all(data)
    })
}

/// The driver's data in a file's content, if it is whole.
fn unpack(bytes: &[u8]) -> Option<&[u8]> {
    let (hash, data) = bytes.split_at_checked(HASH)?;
    (bytes.len() as u64 <= MOST_BYTES && Sha256::digest(data)[..] == *hash).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that wgpu writes in front of the driver's data.
    const HEADER: usize = 64;

    #[test]
    fn only_whole_files_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new/cache");
        save(&path, b"compiled").unwrap();
        let bytes = std::fs::read(&path).unwrap();
        assert_eq!(unpack(&bytes), Some(&b"compiled"[..]));
        for i in 0..bytes.len() {
            let mut other = bytes.clone();
            other[i] ^= 1;
            assert_eq!(unpack(&other), None, "byte {i}");
            assert_eq!(unpack(&bytes[..i]), None, "cut at {i}");
        }
        assert_eq!(load(&path).as_deref(), Some(&b"compiled"[..]));
        #[cfg(unix)]
        {
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&path.parent().unwrap().metadata().unwrap().permissions());
            assert_eq!(mode & 0o777, 0o700);
        }
    }

    #[test]
    fn what_is_no_cache_is_passed_over() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        assert_eq!(load(&path), None, "missing");
        std::fs::write(&path, b"no cache").unwrap();
        assert_eq!(load(&path), None, "corrupt");
        assert_eq!(load(folder.path()), None, "a directory");
        // As many zeros as fit beside their hash, and one more.
        let zeros = vec![0; MOST_BYTES as usize - HASH + 1];
        save(&path, &zeros).unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"no cache", "too long to be written");
        std::fs::write(&path, [&Sha256::digest(&zeros)[..], &zeros].concat()).unwrap();
        assert_eq!(load(&path), None, "too long to be read");
        save(&path, &zeros[1..]).unwrap();
        assert!(load(&path).is_some_and(|data| data == zeros[1..]), "as long as can be");
    }

    /// Nobody ever writes into the pipe: opening it would wait for ever.
    #[cfg(unix)]
    #[test]
    fn a_pipe_is_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cache");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
        assert_eq!(load(&path), None);
    }

    /// A broken file, one of another device, a directory in its place, an impossible directory and a second process:
    /// the same results, no error.
    #[test]
    fn a_cache_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let run = |directory: &Path| {
            let mut gpu = pollster::block_on(crate::gpu::open(None, false)).unwrap();
            pollster::block_on(gpu.use_cache(directory));
            let caches = gpu.pipeline_cache().is_some();
            assert_eq!(caches, gpu.features().contains(wgpu::Features::PIPELINE_CACHE));
            let key = wgpu::util::pipeline_cache_key(&gpu.info);
            let backend = crate::backend::Backend::Gpu(std::sync::Arc::new(gpu));
            let y = pollster::block_on(crate::eager::relu(&backend, &[-1.0, 2.0]));
            let crate::backend::Backend::Gpu(gpu) = &backend else { unreachable!() };
            gpu.save_cache();
            assert_eq!(y.unwrap(), [0.0, 2.0]);
            caches.then(|| directory.join(key.unwrap()))
        };
        let Some(path) = run(folder.path()) else { return };
        assert!(unpack(&std::fs::read(&path).unwrap()).is_some());
        run(folder.path());
        std::fs::write(&path, b"no cache").unwrap();
        run(folder.path());
        assert!(unpack(&std::fs::read(&path).unwrap()).is_some(), "replaced by a whole one");
        // A byte of the name of the device that the data is of, which wgpu writes in front of the driver's data.
        let mut foreign = unpack(&std::fs::read(&path).unwrap()).unwrap().to_vec();
        foreign[20] ^= 1;
        save(&path, &foreign).unwrap();
        run(folder.path());
        let replaced = unpack(&std::fs::read(&path).unwrap()).unwrap().to_vec();
        assert!(replaced != foreign && replaced.len() > HEADER, "replaced by this device's: {}", replaced.len());
        run(&path.join("below a file"));
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        run(folder.path());
        assert!(path.is_dir());
    }
}
