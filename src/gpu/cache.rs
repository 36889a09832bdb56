//! Compiled pipelines, kept from one process to the next where the driver hands them out.
//!
//! Most drivers also keep a cache of their own. A file here is a convenience: whatever is wrong with it,
//! pipelines are compiled as if there were none.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::files::write_atomic;

use super::Gpu;

/// A larger file is not read and not written: something else must be in it.
const MOST_BYTES: usize = 64 << 20;
/// Bytes of the hash before the driver's data.
const HASH: usize = 32;

/// A driver's cache, and where it lies between processes.
pub(super) struct Cache {
    cache: wgpu::PipelineCache,
    path: PathBuf,
    before: Option<Vec<u8>>,
}

impl Cache {
    pub(super) fn get(&self) -> &wgpu::PipelineCache {
        &self.cache
    }
}

impl Gpu {
    /// From now on takes compiled pipelines from a file in `directory`, where one fits this adapter, and
    /// adds those it compiles; without the feature nothing changes.
    pub fn use_cache(&mut self, directory: &Path) {
        let key = wgpu::util::pipeline_cache_key(&self.info);
        let (true, Some(key)) = (self.device.features().contains(wgpu::Features::PIPELINE_CACHE), key) else {
            log::debug!("no pipeline cache: {} has none to keep", self.info.name);
            return;
        };
        let path = directory.join(key);
        let before = std::fs::read(&path).ok().and_then(|bytes| unpack(&bytes).map(<[u8]>::to_vec));
        let descriptor =
            wgpu::PipelineCacheDescriptor { label: Some("pipelines"), data: before.as_deref(), fallback: true };
        // SAFETY: the data was written by `save_cache`, from what the driver gave: its hash says that it is
        // whole, and the directory is the user's own. The driver's own header, which wgpu checks, says that
        // it is this adapter's and this driver's; other data is dropped (`fallback`).
        let cache = unsafe { self.device.create_pipeline_cache(&descriptor) };
        let bytes = before.as_ref().map_or(0, Vec::len);
        log::debug!("pipeline cache {}: {bytes} bytes", path.display());
        self.cache = Some(Cache { cache, path, before });
    }

    /// Writes the pipelines compiled so far for the next process, if there are new ones. What fails is
    /// logged and no error: the next process compiles.
    pub fn save_cache(&self) {
        let Some(Cache { cache, path, before }) = &self.cache else { return };
        let Some(data) = cache.get_data() else { return };
        if before.as_ref() == Some(&data) || data.len() > MOST_BYTES {
            return;
        }
        if let Err(error) = save(path, &data) {
            log::debug!("pipeline cache not kept: {error}");
        }
    }
}

fn save(path: &Path, data: &[u8]) -> Result<()> {
    if let Some(directory) = path.parent() {
        // Where this fails, so does writing, with the better message.
        let _ = std::fs::create_dir_all(directory);
    }
    write_atomic(path, |w| {
        w.write_all(&Sha256::digest(data))?;
        w.write_all(data)
    })
}

/// The driver's data in a file's content, if it is whole.
fn unpack(bytes: &[u8]) -> Option<&[u8]> {
    let (hash, data) = bytes.split_at_checked(HASH)?;
    (bytes.len() <= MOST_BYTES && Sha256::digest(data)[..] == *hash).then_some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }

    /// A broken file, an impossible directory and a second process: the same results, no error.
    #[test]
    fn a_cache_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let run = |directory: &Path| {
            let mut gpu = pollster::block_on(crate::gpu::open(None, false)).unwrap();
            gpu.use_cache(directory);
            let caches = gpu.cache.is_some();
            let backend = crate::backend::Backend::Gpu(Box::new(gpu));
            let y =
                pollster::block_on(crate::operators::matmul(&backend, [1, 1, 2], [false; 2], &[1.0, 2.0], &[3.0, 4.0]));
            let crate::backend::Backend::Gpu(gpu) = &backend else { unreachable!() };
            gpu.save_cache();
            assert_eq!(y.unwrap(), [11.0]);
            caches.then(|| gpu.cache.as_ref().unwrap().path.clone())
        };
        let Some(path) = run(folder.path()) else { return };
        assert!(unpack(&std::fs::read(&path).unwrap()).is_some());
        run(folder.path());
        std::fs::write(&path, b"no cache").unwrap();
        run(folder.path());
        assert!(unpack(&std::fs::read(&path).unwrap()).is_some(), "replaced by a whole one");
        run(&path.join("below a file"));
    }
}
