//! Compiled pipelines, kept from one process to the next where the driver hands them out.
//!
//! Most drivers also keep a cache of their own. A file here is a convenience: whatever is wrong with it,
//! pipelines are compiled as if there were none.

use std::fs::{DirBuilder, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::error::Result;
use crate::files::write_atomic;

use super::Gpu;

/// Most bytes of a file. A larger one is not read and not written: something else must be in it.
const MOST_BYTES: u64 = 64 << 20;
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
    ///
    /// Only this user may be able to write into `directory`: drivers trust what they find there. Where it
    /// is missing, it is made so.
    pub fn use_cache(&mut self, directory: &Path) {
        let key = wgpu::util::pipeline_cache_key(&self.info);
        let (true, Some(key)) = (self.device.features().contains(wgpu::Features::PIPELINE_CACHE), key) else {
            log::debug!("no pipeline cache: {} has none to keep", self.info.name);
            return;
        };
        let path = directory.join(key);
        let before = load(&path);
        let descriptor =
            wgpu::PipelineCacheDescriptor { label: Some("pipelines"), data: before.as_deref(), fallback: true };
        // SAFETY: the data was written by `save_cache`, from what the driver gave: its hash says that it is
        // whole, and only this user can write into the directory, which callers vouch for. The driver's own
        // header, which wgpu checks, says that it is this adapter's and this driver's; other data is dropped
        // (`fallback`).
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
        if before.as_ref() == Some(&data) {
            return;
        }
        if let Err(error) = save(path, &data) {
            log::debug!("pipeline cache not kept: {error}");
        }
    }
}

/// The driver's data in a file, if it is a whole one of ours.
fn load(path: &Path) -> Option<Vec<u8>> {
    // Asked before it is opened: a pipe would wait for somebody to write.
    let metadata = path.metadata().ok()?;
    if !metadata.is_file() || metadata.len() > MOST_BYTES {
        return None;
    }
    let mut bytes = Vec::new();
    // One byte more than there may be, if it has grown since.
    File::open(path).ok()?.take(MOST_BYTES + 1).read_to_end(&mut bytes).ok()?;
    unpack(&bytes).map(<[u8]>::to_vec)
}

/// Writes a file that [`load`] takes, in a directory of this user's own; nothing if it would be too long.
fn save(path: &Path, data: &[u8]) -> Result<()> {
    if (HASH + data.len()) as u64 > MOST_BYTES {
        return Ok(());
    }
    if let Some(directory) = path.parent() {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        // Where this fails, so does writing, with the better message.
        let _ = builder.create(directory);
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

    /// A broken file, a directory in its place, an impossible directory and a second process: the same
    /// results, no error.
    #[test]
    fn a_cache_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let run = |directory: &Path| {
            let mut gpu = pollster::block_on(crate::gpu::open(None, false)).unwrap();
            gpu.use_cache(directory);
            let caches = gpu.cache.is_some();
            assert_eq!(caches, gpu.device.features().contains(wgpu::Features::PIPELINE_CACHE));
            let backend = crate::backend::Backend::Gpu(std::sync::Arc::new(gpu));
            let product = crate::eager::Product::new(1, 1, 2);
            let y = pollster::block_on(crate::eager::matmul(&backend, product, &[1.0, 2.0], &[3.0, 4.0]));
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
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        run(folder.path());
        assert!(path.is_dir());
    }
}
