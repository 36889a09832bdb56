//! The file of a checkpoint, and its reader.
//!
//! A checkpoint is a safetensors file. Its tensors are the arrays of a [`Checkpoint`], a row a model: `weights`,
//! `first_moment` and `second_moment` `[M, P]` (F32), `losses` (F32) and `predicted` (U8) `[M, n]`, where `n` is the
//! number of samples of the epoch that has begun, or 0, and `gradient_norms` `[M, k]` (F64) where any were measured in
//! it. Its metadata are the [`CheckpointHead`] as JSON, the format's
//! number, and the SHA-256 of the whole file with zeros in place of these digits.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, Write};

use safetensors::tensor::{Dtype, SafeTensors};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::error::{Error, Result, one_line};
use crate::record::{Checkpoint, CheckpointHead, FORMAT};

/// What stands in place of the hash while it is computed.
const NO_HASH: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// Numbers that are turned into bytes at once.
const CHUNK: usize = 1 << 14;

/// A tensor that is there where it has numbers.
const GRADIENT_NORMS: &str = "gradient_norms";

/// The bytes of a checkpoint.
///
/// # Errors
/// [`Error::Failure`] where the head holds what JSON cannot.
///
/// # Panics
/// Where an array has not a row of equal length a model.
pub fn checkpoint_to_bytes(checkpoint: &Checkpoint) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let head = header(checkpoint)?;
    // A vector takes whatever there is memory for.
    write(checkpoint, &head, &mut bytes).map_err(|e| Error::failure(one_line(e)))?;
    Ok(bytes)
}

/// All bytes in front of the arrays, with the hash.
pub(super) fn header(checkpoint: &Checkpoint) -> Result<Vec<u8>> {
    let Checkpoint { head, weights, first_moment, second_moment, losses, predicted, gradient_norms } = checkpoint;
    let models = head.models.len();
    let mut end = 0;
    let mut tensor = |dtype: &str, len: usize, size: usize| {
        assert!(models > 0 && len.is_multiple_of(models), "{len} numbers of {models} models");
        let start = end;
        end += len * size;
        json!({ "dtype": dtype, "shape": [models, len / models], "data_offsets": [start, end] })
    };
    let text = serde_json::to_string(head).map_err(|e| Error::failure(one_line(e)))?;
    let mut object = json!({
        "weights": tensor("F32", weights.len(), 4),
        "first_moment": tensor("F32", first_moment.len(), 4),
        "second_moment": tensor("F32", second_moment.len(), 4),
        "losses": tensor("F32", losses.len(), 4),
        "predicted": tensor("U8", predicted.len(), 1),
        "__metadata__": { "checkpoint": text, "format": FORMAT.to_string(), "sha256": NO_HASH },
    });
    if !gradient_norms.is_empty() {
        object[GRADIENT_NORMS] = tensor("F64", gradient_norms.len(), 8);
    }
    let mut header = object.to_string().into_bytes();
    header.resize(header.len().next_multiple_of(8), b' '); // The format aligns the elements.
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    let mut hash = Sha256::new();
    hash.update(&bytes);
    arrays(checkpoint, |part| {
        hash.update(part);
        Ok(())
    })
    .map_err(|e| Error::failure(one_line(e)))?;
    let place = hash_place(&bytes, NO_HASH).expect("the header has this place");
    bytes[place..place + NO_HASH.len()].copy_from_slice(hex(hash).as_bytes());
    Ok(bytes)
}

/// Writes a checkpoint whose [`header`] this is.
pub(super) fn write(checkpoint: &Checkpoint, header: &[u8], out: &mut dyn Write) -> io::Result<()> {
    out.write_all(header)?;
    arrays(checkpoint, |part| out.write_all(part))
}

/// Hands the bytes of all arrays on, in order.
fn arrays(checkpoint: &Checkpoint, mut part: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let Checkpoint { weights, first_moment, second_moment, losses, predicted, gradient_norms, .. } = checkpoint;
    let mut bytes = Vec::with_capacity(4 * CHUNK);
    for array in [weights, first_moment, second_moment, losses] {
        for chunk in array.chunks(CHUNK) {
            bytes.clear();
            for value in chunk {
                bytes.extend_from_slice(&value.to_le_bytes());
            }
            part(&bytes)?;
        }
    }
    part(predicted)?;
    for chunk in gradient_norms.chunks(CHUNK) {
        bytes.clear();
        for value in chunk {
            bytes.extend_from_slice(&value.to_le_bytes());
        }
        part(&bytes)?;
    }
    Ok(())
}

fn hex(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Where in a file the hash stands that its metadata have.
fn hash_place(bytes: &[u8], hash: &str) -> Option<usize> {
    let length = bytes.first_chunk::<8>().map(|length| u64::from_le_bytes(*length))?;
    let header = bytes.get(8..8_usize.checked_add(usize::try_from(length).ok()?)?)?;
    let wanted = format!("\"sha256\":\"{hash}\"");
    let at = header.windows(wanted.len()).position(|window| window == wanted.as_bytes())?;
    Some(8 + at + "\"sha256\":\"".len())
}

/// Reads a checkpoint from the bytes of its file. Messages call the file `name`.
///
/// # Errors
/// [`Error::Data`] where it is not exactly what was written, or of another format.
pub fn checkpoint_from_bytes(name: &str, bytes: &[u8]) -> Result<Checkpoint<'static>> {
    let (file, head) = checked(name, bytes)?;
    let floats = |tensor: &str| -> Result<Cow<'static, [f32]>> {
        let view = file.tensor(tensor).map_err(|e| damaged(name, &one_line(e)))?;
        Ok(view.data().as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect::<Vec<f32>>().into())
    };
    let gradient_norms = file.tensor(GRADIENT_NORMS).map(|view| view.data().to_vec()).unwrap_or_default();
    let gradient_norms: Vec<f64> =
        gradient_norms.as_chunks().0.iter().map(|&bytes| f64::from_le_bytes(bytes)).collect();
    let predicted = file.tensor("predicted").map_err(|e| damaged(name, &one_line(e)))?.data().to_vec();
    Ok(Checkpoint {
        weights: floats("weights")?,
        first_moment: floats("first_moment")?,
        second_moment: floats("second_moment")?,
        losses: floats("losses")?,
        predicted: predicted.into(),
        gradient_norms: gradient_norms.into(),
        head,
    })
}

/// Reads the head of a checkpoint, and checks all of it.
///
/// # Errors
/// As [`checkpoint_from_bytes`].
pub(super) fn checked<'a>(name: &str, bytes: &'a [u8]) -> Result<(SafeTensors<'a>, CheckpointHead)> {
    let bad = |what: &str| damaged(name, what);
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| bad(&one_line(e)))?;
    let file = SafeTensors::deserialize(bytes).map_err(|e| bad(&one_line(e)))?;
    let metadata = metadata.metadata().clone().unwrap_or_default();
    let entry = |key: &str| metadata.get(key).ok_or_else(|| bad(&format!("it has no {key}")));
    let hash = entry("sha256")?;
    let place = hash_place(bytes, hash).filter(|_| hash.len() == NO_HASH.len());
    let place = place.ok_or_else(|| bad("it has no hash"))?;
    let mut found = Sha256::new();
    found.update(&bytes[..place]);
    found.update(NO_HASH);
    found.update(&bytes[place + NO_HASH.len()..]);
    if hex(found) != *hash {
        return Err(bad("its bytes are not those of its hash"));
    }
    if *entry("format")? != FORMAT.to_string() {
        let what = format!("{name} has format {}, this version reads format {FORMAT}", one_line(entry("format")?));
        return Err(Error::data(what).advice("use the version of stridelab that wrote it"));
    }
    let head: CheckpointHead = serde_json::from_str(entry("checkpoint")?).map_err(|e| bad(&one_line(e)))?;
    let rows = |tensor: &str, dtype: Dtype| {
        let view = file.tensor(tensor).map_err(|e| bad(&one_line(e)))?;
        match (view.dtype() == dtype, view.shape()) {
            (true, &[models, width]) if models == head.models.len() && models > 0 => Ok(width),
            _ => Err(bad(&format!("{tensor} has another type or shape than it says"))),
        }
    };
    let widths = ["weights", "first_moment", "second_moment"].map(|tensor| rows(tensor, Dtype::F32));
    let [weights, first, second] = widths;
    let (weights, losses) = (weights?, rows("losses", Dtype::F32)?);
    if (first?, second?, rows("predicted", Dtype::U8)?) != (weights, weights, losses) {
        return Err(bad("its arrays do not belong together"));
    }
    let norms = if file.tensor(GRADIENT_NORMS).is_ok() { rows(GRADIENT_NORMS, Dtype::F64)? } else { 0 };
    let seeds: BTreeSet<u64> = head.models.iter().map(|model| model.seed).collect();
    let begun = head.begun.as_ref().is_some_and(|begun| begun.steps > 0 && begun.steps <= head.step);
    if seeds.len() != head.models.len() || begun != (losses > 0) || (norms > 0 && !begun) {
        return Err(bad("its parts do not belong together"));
    }
    Ok((file, head))
}

fn damaged(name: &str, what: &str) -> Error {
    Error::data(format!("{name} is damaged: {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Configuration;
    use crate::record::{BegunRecord, CheckpointModel, DivergenceRecord, Number};

    fn checkpoint() -> Checkpoint<'static> {
        let models = [3, 5].map(|seed| CheckpointModel { seed, first_loss: Some(Number(2.3)) });
        let diverged = DivergenceRecord {
            seed: 4,
            epoch: 1,
            step: Some(2),
            loss: Number(f64::NAN),
            first_loss: Number(f64::INFINITY),
        };
        let head = CheckpointHead {
            configuration: Configuration::TUTORIAL[1],
            models: models.to_vec(),
            diverged: vec![diverged],
            epoch: 2,
            step: 9,
            begun: Some(BegunRecord { steps: 1, seconds: Number(0.25) }),
        };
        let array = |factor: f32| (0..6).map(|i| factor * i as f32).collect::<Vec<_>>().into();
        Checkpoint {
            head,
            weights: array(1.5),
            first_moment: array(-0.0),
            second_moment: array(f32::MIN_POSITIVE),
            losses: vec![1.0, 2.0, f32::NAN, 4.0].into(),
            predicted: vec![1, 2, 255, 4].into(),
            gradient_norms: vec![0.1, f64::INFINITY, 1e-300, 3.0].into(),
        }
    }

    /// NaN is not equal to itself, its bits are.
    fn same(a: &Checkpoint, b: &Checkpoint) -> bool {
        let bits = |c: &Checkpoint| {
            let arrays = [&c.weights, &c.first_moment, &c.second_moment, &c.losses];
            arrays.map(|array| array.iter().map(|value| value.to_bits()).collect::<Vec<_>>())
        };
        a.head == b.head && bits(a) == bits(b) && a.predicted == b.predicted && a.gradient_norms == b.gradient_norms
    }

    #[test]
    fn a_checkpoint_is_read_as_it_was_written() {
        let written = checkpoint();
        let bytes = checkpoint_to_bytes(&written).unwrap();
        assert!(same(&checkpoint_from_bytes("it", &bytes).unwrap(), &written));
        let between = Checkpoint {
            head: CheckpointHead { begun: None, ..written.head },
            losses: Vec::new().into(),
            predicted: Vec::new().into(),
            gradient_norms: Vec::new().into(),
            ..written
        };
        let bytes = checkpoint_to_bytes(&between).unwrap();
        assert!(same(&checkpoint_from_bytes("it", &bytes).unwrap(), &between));
    }

    /// Every bit, every length.
    #[test]
    fn any_damage_is_found() {
        let bytes = checkpoint_to_bytes(&checkpoint()).unwrap();
        let refused = |bytes: &[u8], what: &str| {
            let error = checkpoint_from_bytes("it", bytes).expect_err(what).to_string();
            assert!(error.starts_with("it ") && !error.contains('\n'), "{what}: {error}");
        };
        for i in 0..bytes.len() {
            for bit in [1, 0x20, 0x80] {
                let mut other = bytes.clone();
                other[i] ^= bit;
                refused(&other, &format!("byte {i}, bit {bit}"));
            }
            refused(&bytes[..i], &format!("{i} bytes"));
        }
        refused(&[&bytes[..], b" "].concat(), "a byte more");
        refused(&[0; 100], "zeros");
        refused(&[255; 100], "ones");
    }

    /// A file of which the hash is right and the rest is not: nobody writes it, and nothing panics.
    #[test]
    fn what_does_not_belong_together_is_refused() {
        type Change = fn(&mut Checkpoint);
        let changes: [(&str, Change); 6] = [
            ("seeds", |c| c.head.models[1].seed = 3),
            ("no samples", |c| (c.losses, c.predicted) = (Vec::new().into(), Vec::new().into())),
            ("not begun", |c| c.head.begun = None),
            ("norms of no step", |c| {
                (c.losses, c.predicted, c.head.begun) = (Vec::new().into(), Vec::new().into(), None);
            }),
            ("other samples", |c| c.predicted = vec![0; 2].into()),
            ("other moments", |c| c.first_moment = vec![0.0; 4].into()),
        ];
        for (what, change) in changes {
            let mut other = checkpoint();
            change(&mut other);
            let bytes = checkpoint_to_bytes(&other).unwrap();
            let error = checkpoint_from_bytes("it", &bytes).expect_err(what).to_string();
            assert!(error.contains("belong together"), "{what}: {error}");
        }
    }
}
