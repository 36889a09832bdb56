//! Weights files: values come back bit for bit, and every bad file is refused in one line.

use std::fs;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use stridelab::error::{Error, Result};
use stridelab::model::tensor::Tensor;
use stridelab::model::{Configuration, Network};
use stridelab::model::{init, weights};
use stridelab::random::Stream;

/// The smallest of the tutorial's networks: stride 2, valid.
fn network() -> Network {
    Network::new([28, 28], Configuration::TUTORIAL[3]).unwrap()
}

fn metadata() -> Vec<(String, String)> {
    [("stride", "2"), ("padding", "valid"), ("seed", "0"), ("note", "\"two\"\nlines")]
        .map(|(k, v)| (k.to_string(), v.to_string()))
        .to_vec()
}

fn refused(bytes: &[u8], words: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("w.safetensors");
    fs::write(&path, bytes).unwrap();
    check(weights::load(&path, &network()), words);
}

fn check<T: std::fmt::Debug>(result: Result<T>, words: &str) {
    let error = result.expect_err(words);
    let text = error.to_string();
    assert!(matches!(error, Error::Data(_)), "{error:?}");
    assert!(text.contains("w.safetensors: ") && text.contains("; "), "{text}");
    assert!(text.contains(words), "does not say \"{words}\": {text}");
    assert!(!text.contains('\n'), "{text}");
}

/// The bytes of a weights file after a change of the network's tensors.
fn changed(change: impl FnOnce(&mut Vec<Tensor>)) -> Vec<u8> {
    let mut tensors = init::parameters(&network(), 0);
    change(&mut tensors);
    weights::to_bytes(&tensors, &metadata())
}

#[test]
fn weights_come_back_bit_for_bit() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("w.safetensors");
    for configuration in Configuration::TUTORIAL {
        let network = Network::new([28, 28], configuration).unwrap();
        let mut tensors = init::parameters(&network, 5);
        tensors[1].data[..4].copy_from_slice(&[-0.0, f32::MIN_POSITIVE / 4.0, f32::MAX, f32::MIN]);
        weights::save(&path, &tensors, &metadata()).unwrap();
        let loaded = weights::load(&path, &network).unwrap();
        for (saved, loaded) in tensors.iter().zip(&loaded) {
            let bits = |t: &Tensor| t.data.iter().map(|v| v.to_bits()).collect::<Vec<u32>>();
            assert_eq!((&saved.name, &saved.shape), (&loaded.name, &loaded.shape));
            assert!(bits(saved) == bits(loaded), "{}", saved.name);
        }
        assert_eq!(loaded.len(), tensors.len());
        assert!(weights::load_metadata(&path).unwrap().into_iter().eq({
            let mut sorted = metadata();
            sorted.sort();
            sorted
        }));
    }
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1);
}

/// Any program that uses the library can read our files, and equal weights give equal files.
#[test]
fn the_library_reads_what_we_write() {
    let tensors = init::parameters(&network(), 0);
    let bytes = weights::to_bytes(&tensors, &metadata());
    assert_eq!(bytes, changed(|_| ()));
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    assert_eq!(header % 8, 0);
    let file = SafeTensors::deserialize(&bytes).unwrap();
    assert_eq!(file.len(), 8);
    for tensor in &tensors {
        let view = file.tensor(&tensor.name).unwrap();
        let data: Vec<u8> = tensor.data.iter().flat_map(|v| v.to_le_bytes()).collect();
        assert_eq!((view.dtype(), view.shape(), view.data()), (Dtype::F32, &tensor.shape[..], &data[..]));
    }
}

/// Other programs order tensors by name and write no metadata.
#[test]
fn we_read_what_the_library_writes() {
    let tensors = init::parameters(&network(), 0);
    let bytes: Vec<Vec<u8>> = tensors.iter().map(|t| t.data.iter().flat_map(|v| v.to_le_bytes()).collect()).collect();
    let views = tensors
        .iter()
        .zip(&bytes)
        .map(|(t, bytes)| (t.name.clone(), TensorView::new(Dtype::F32, t.shape.clone(), bytes).unwrap()));
    let file = safetensors::serialize(views, None).unwrap();
    assert_eq!(weights::from_bytes("file", &file, &network()).unwrap(), tensors);
}

#[test]
fn tensors_other_than_the_networks_are_refused() {
    refused(&changed(|t| _ = t.pop()), "holds no tensor dense2.bias");
    refused(&changed(|t| t[2].name = "conv3.weight".into()), "holds no tensor conv2.weight");
    let extra = Tensor { name: "m\n\u{1b}".into(), shape: vec![1], data: vec![0.0] };
    refused(&changed(|t| t.push(extra)), "holds a tensor m\\n\\u{1b} that the network does not have");
    let shape = "conv1.weight has shape [3, 3, 32, 1], but the network's has [3, 3, 1, 32]";
    refused(&changed(|t| t[0].shape = vec![3, 3, 32, 1]), shape);
    refused(&changed(|t| t[1].shape = vec![1, 32]), "conv1.bias has shape [1, 32]");
    let other = Network::new([28, 28], Configuration::TUTORIAL[0]).unwrap();
    let words = "dense1.weight has shape [3136, 128], but the network's has [64, 128]";
    refused(&weights::to_bytes(&init::parameters(&other, 0), &[]), words);
}

#[test]
fn values_that_are_not_finite_are_refused_by_index() {
    refused(&changed(|t| t[2].data[64 * 33 + 5] = f32::NAN), "conv2.weight[0, 1, 1, 5] is NaN");
    refused(&changed(|t| t[7].data[9] = f32::NEG_INFINITY), "dense2.bias[9] is -inf");
    refused(&changed(|t| t[0].data[0] = f32::INFINITY), "conv1.weight[0, 0, 0, 0] is inf");
}

#[test]
fn other_types_are_refused() {
    let text = changed(|_| ());
    let at = text.windows(3).position(|w| w == b"F32").unwrap();
    let mut bytes = text.clone();
    bytes[at..at + 3].copy_from_slice(b"I32");
    refused(&bytes, "conv1.bias is of type I32");
}

#[test]
fn files_that_are_not_safetensors_are_refused() {
    let whole = changed(|_| ());
    let sound = "is no sound safetensors file";
    for length in [0, 7, 8, 9, 100, 1000, whole.len() - 1] {
        refused(&whole[..length], sound);
    }
    refused(&[&whole[..], &[0]].concat(), sound);
    refused(&[&u64::MAX.to_le_bytes()[..], &whole[8..]].concat(), sound);
    refused(b"PK\x03\x04 a zip file of another program's", sound);
}

#[test]
fn files_that_cannot_be_read_are_named() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("w.safetensors");
    check(weights::load(&path, &network()), "cannot be read");
    check(weights::load_metadata(&path), "cannot be read");
    fs::File::create(&path).unwrap().set_len((1 << 30) + 1).unwrap();
    check(weights::load(&path, &network()), "has 1073741825 bytes");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    check(weights::load(&path, &network()), "is not a file");
}

#[test]
fn a_place_that_cannot_be_written_is_an_error_and_stays_as_it_was() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("missing/w.safetensors");
    let error = weights::save(&path, &init::parameters(&network(), 0), &[]).unwrap_err();
    assert!(
        matches!(&error, Error::Failure(t) if t.to_string().contains("missing/w.safetensors: cannot be written")),
        "{error:?}"
    );
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
}

/// Deterministic fuzzing of the header and of the first bytes after it.
#[test]
fn mutated_files_never_panic() {
    let whole = changed(|_| ());
    let mut stream = Stream::new(0, "fuzz");
    let mut taken = 0;
    for _ in 0..3000 {
        let mut bytes = whole.clone();
        for _ in 0..=stream.below(3) {
            let at = stream.below(1000) as usize;
            match stream.below(3) {
                0 => bytes[at] ^= 1 << stream.below(8),
                1 => bytes[at] = b"0123456789[]{},:\"\0\xff"[stream.below(19) as usize],
                _ => bytes.truncate(stream.below(whole.len() as u32) as usize + 1000),
            }
        }
        taken += u32::from(weights::from_bytes("fuzz", &bytes, &network()).is_ok());
    }
    assert!(taken < 2000, "{taken} of 3000 taken: the mutations test nothing");
}
