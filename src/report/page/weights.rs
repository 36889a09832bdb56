//! Trained weights as the page holds them.

use std::io::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::error::{Error, Result, one_line};
use crate::model::ModelId;

/// The weights file of one model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelWeights {
    /// The model.
    pub model: ModelId,
    /// The safetensors file, byte for byte.
    pub file: Vec<u8>,
}

/// Base64 of gzip of the file, its bytes in four planes: plane `k` holds byte `k` of every word of four. Sign and exponent
/// of a float lie in one plane, which is what can be compressed of it.
pub(super) fn packed(file: &[u8]) -> Result<String> {
    let mut planes: Vec<u8> = Vec::with_capacity(file.len());
    for plane in 0..4 {
        planes.extend(file.iter().skip(plane).step_by(4));
    }
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    let bytes = encoder.write_all(&planes).and_then(|()| encoder.finish());
    let bytes = bytes.map_err(|e| Error::failure(format!("weights cannot be packed: {}", one_line(e))))?;
    Ok(STANDARD.encode(bytes))
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn planes_give_the_file_back() {
        let file: Vec<u8> = (0..64u32).flat_map(|i| (i as f32 * 0.1).to_le_bytes()).collect();
        let bytes = STANDARD.decode(packed(&file).unwrap()).unwrap();
        let mut planes = Vec::new();
        GzDecoder::new(&bytes[..]).read_to_end(&mut planes).unwrap();
        assert_ne!(planes, file);
        let words = planes.len() / 4;
        let back: Vec<u8> = (0..file.len()).map(|i| planes[i % 4 * words + i / 4]).collect();
        assert_eq!(back, file);
    }
}
