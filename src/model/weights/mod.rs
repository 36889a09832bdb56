//! Weights files: safetensors files that hold exactly the parameters of a network.
//!
//! A file consists of the length of the header as a little-endian `u64`, the header in JSON, and the
//! elements of the tensors. This module writes the header itself, because the library writes metadata in
//! an order that changes from run to run, and equal weights are to give equal files. The library reads
//! files; this module then checks every name, shape, type and value.

mod mismatch;

use std::collections::BTreeMap;
#[cfg(feature = "files")]
use std::path::Path;

use safetensors::tensor::SafeTensors;
use serde_json::{Map, Value, json};
#[cfg(feature = "files")]
use sha2::{Digest, Sha256};

use crate::error::one_line;
use crate::error::{Error, Result};
#[cfg(feature = "files")]
use crate::files::{read_bounded, write_atomic};
use crate::formats::known;
use crate::model::Network;
use crate::model::tensor::{Tensor, parameter_shapes};

/// Size of the largest file that is read: 1 GiB.
#[cfg(feature = "files")]
const MAX_BYTES: u64 = 1 << 30;

/// Writes tensors and metadata to `path`. The file appears whole or not at all ([`write_atomic`]).
///
/// # Errors
/// [`Error::Failure`] with the path and the reason that the system gives.
///
/// # Panics
/// In the same cases as [`to_bytes`].
#[cfg(feature = "files")]
pub fn save(path: &Path, tensors: &[Tensor], metadata: &[(String, String)]) -> Result<()> {
    let bytes = to_bytes(tensors, metadata);
    write_atomic(path, |writer| writer.write_all(&bytes))
}

/// The bytes of a weights file, with the tensors in the order given and the metadata sorted by key.
///
/// # Panics
/// Where the number of a tensor's elements is not that of its shape.
pub fn to_bytes(tensors: &[Tensor], metadata: &[(String, String)]) -> Vec<u8> {
    let metadata: Map<String, Value> = metadata.iter().map(|(k, v)| (k.clone(), json!(v))).collect();
    let mut header = Map::from_iter([("__metadata__".to_string(), Value::Object(metadata))]);
    let mut end = 0;
    for tensor in tensors {
        let start = end;
        end += 4 * tensor.view().len();
        header
            .insert(tensor.name.clone(), json!({"dtype": "F32", "shape": tensor.shape, "data_offsets": [start, end]}));
    }
    let mut header = Value::Object(header).to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' '); // The format aligns the elements.
    let mut bytes = Vec::with_capacity(8 + header.len() + end);
    bytes.extend((header.len() as u64).to_le_bytes());
    bytes.extend(header);
    bytes.extend(tensors.iter().flat_map(|tensor| &tensor.data).flat_map(|value| value.to_le_bytes()));
    bytes
}

/// Reads the parameters of `network` from `path`, in the order of [`parameter_shapes`].
///
/// # Errors
/// [`Error::Data`] where the file cannot be read, or where [`from_bytes`] refuses it.
#[cfg(feature = "files")]
pub fn load(path: &Path, network: &Network) -> Result<Vec<Tensor>> {
    from_bytes(&one_line(path.display()), &read(path)?, network)
}

/// [`load`], and the SHA-256 of the file.
///
/// # Errors
/// As there.
#[cfg(feature = "files")]
pub fn load_hashed(path: &Path, network: &Network) -> Result<(Vec<Tensor>, String)> {
    let bytes = read(path)?;
    let hash = Sha256::digest(&bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    Ok((from_bytes(&one_line(path.display()), &bytes, network)?, hash))
}

/// Reads the metadata of a weights file, such as the stride and padding of the network.
///
/// # Errors
/// [`Error::Data`] where the file cannot be read or is not safetensors.
#[cfg(feature = "files")]
pub fn load_metadata(path: &Path) -> Result<BTreeMap<String, String>> {
    metadata_from_bytes(&one_line(path.display()), &read(path)?)
}

/// Reads the metadata from the bytes of a weights file. Messages call the file `name`.
///
/// # Errors
/// [`Error::Data`] where the bytes are not safetensors.
pub fn metadata_from_bytes(name: &str, bytes: &[u8]) -> Result<BTreeMap<String, String>> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| not_safetensors(name, bytes, e))?;
    Ok(header.metadata().iter().flatten().map(|(k, v)| (k.clone(), v.clone())).collect())
}

/// Reads the parameters of `network` from the bytes of a weights file. Messages call the file `name`.
///
/// # Errors
/// [`Error::Data`] where the bytes are not safetensors, where a tensor is missing or unknown, or where one
/// has another shape or type or a value that is not finite. The message names the tensor.
pub fn from_bytes(name: &str, bytes: &[u8], network: &Network) -> Result<Vec<Tensor>> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| not_safetensors(name, bytes, e))?;
    let expected = parameter_shapes(network);
    mismatch::check(name, &file, &expected, network)?;
    expected
        .into_iter()
        .map(|(tensor, shape)| {
            let view = file.tensor(&tensor).map_err(|e| not_safetensors(name, bytes, e))?;
            let data: Vec<f32> = view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
            if let Some(flat) = data.iter().position(|value| !value.is_finite()) {
                let what = format!("{tensor}{:?} is {}", index(flat, &shape), data[flat]);
                return Err(bad(name, &what, "give weights of a run that did not diverge"));
            }
            Ok(Tensor { name: tensor, shape, data })
        })
        .collect()
}

/// The index along each axis of the element at a row-major position.
fn index(mut flat: usize, shape: &[usize]) -> Vec<usize> {
    let mut index = vec![0; shape.len()];
    for (i, &side) in index.iter_mut().zip(shape).rev() {
        *i = flat % side;
        flat /= side;
    }
    index
}

#[cfg(feature = "files")]
fn read(path: &Path) -> Result<Vec<u8>> {
    read_bounded(path, MAX_BYTES).map_err(|error| error.advice("give a readable weights file"))
}

/// The error of a file that the library does not read: what the file is instead, where that can be told.
fn not_safetensors(name: &str, bytes: &[u8], e: safetensors::SafeTensorError) -> Error {
    // A header of JSON after its length is safetensors, however damaged.
    match known(bytes).filter(|_| bytes.get(8) != Some(&b'{')) {
        Some(format) => {
            let what = format!("is {format}, not a weights file in safetensors format");
            let advice = "save the tensors by safetensors.torch.save_file or safetensors.numpy.save_file";
            bad(name, &what, advice)
        }
        None if bytes.is_empty() => bad(name, "is no sound safetensors file: it is empty", "give a whole weights file"),
        None => {
            let what = format!("is no sound safetensors file ({})", one_line(e));
            bad(name, &what, "give a whole file in safetensors format")
        }
    }
}

fn bad(name: &str, what: &str, advice: &str) -> Error {
    Error::data(format!("{name}: {what}")).advice(advice)
}
