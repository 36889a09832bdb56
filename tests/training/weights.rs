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
fn other_names_are_listed_beside_those_expected() {
    let torch = changed(|t| {
        let layers = ["0", "0", "3", "3", "7", "7", "9", "9"];
        t.iter_mut()
            .zip(layers)
            .for_each(|(t, layer)| t.name = t.name.split_once('.').map(|(_, kind)| format!("{layer}.{kind}")).unwrap());
    });
    for words in [
        "holds no tensor conv1.weight, but 0.bias, 0.weight, 3.bias, 3.weight, 7.bias, 7.weight, 9.bias, 9.weight",
        "give a file with conv1.weight, conv1.bias, conv2.weight,",
        "rename",
    ] {
        refused(&torch, words);
    }
    let many = changed(|t| {
        *t = (0..40).map(|i| Tensor { name: format!("{i:02}"), shape: vec![1], data: vec![0.0] }).collect()
    });
    refused(&many, "08, 09 and 30 more");
    refused(&weights::to_bytes(&[], &[]), "holds no tensor conv1.weight, but none at all");
}

/// A tensor with its axes in PyTorch's order: `[out, in, kh, kw]` or `[out, in]`.
fn torch(tensor: &mut Tensor) {
    tensor.shape = match tensor.shape[..] {
        [kh, kw, input, output] => vec![output, input, kh, kw],
        [input, output] => vec![output, input],
        _ => return,
    };
}

#[test]
fn the_layout_of_pytorch_is_recognised() {
    let all = changed(|t| t.iter_mut().for_each(torch));
    for words in [
        "conv1.weight has shape [32, 1, 3, 3], but the network's has [3, 3, 1, 32]",
        "PyTorch's order, OIHW in place of HWIO, and so are those of conv2.weight, dense1.weight, dense2.weight",
        "permute(2, 3, 1, 0) for convolutions, t() for dense weights; then contiguous()",
    ] {
        refused(&all, words);
    }
    refused(
        &changed(|t| torch(&mut t[6])),
        "dense2.weight has shape [10, 128], but the network's has [128, 10]: its axes are in PyTorch's order, [out, in] in place of [in, out]",
    );
    // dense1 of 64 features; a file of another image size is in the wrong layout first of all.
    refused(&changed(|t| (t[4].shape, t[4].data) = (vec![128, 3136], vec![0.0; 128 * 3136])), "PyTorch's order");
    // The features of several positions lie by channel there.
    let network = Network::new([28, 28], Configuration::TUTORIAL[0]).unwrap();
    let mut tensors = init::parameters(&network, 0);
    tensors.iter_mut().for_each(torch);
    let error = weights::from_bytes("w.safetensors", &weights::to_bytes(&tensors, &[]), &network);
    check(error, "reshape(-1, 64, 7, 7).permute(2, 3, 1, 0).reshape(3136, -1)");
}

/// What the message says of dense1's features is what makes a network of the same outputs: a feature of row h, column w
/// and channel c is number `(c·H + h)·W + w` there and `(h·W + w)·C + c` here.
#[test]
fn the_advised_permutation_turns_features_by_channel_into_features_by_position() {
    let (units, [height, width, channels]) = (2, [2, 3, 4]);
    let torch = ndarray::Array::from_iter(0..units * channels * height * width);
    let torch = torch.into_shape_with_order((units, channels, height, width)).unwrap();
    let ours = torch.view().permuted_axes([2, 3, 1, 0]).as_standard_layout().into_owned();
    let ours = ours.into_shape_with_order((height * width * channels, units)).unwrap();
    for (h, w, c) in ndarray::indices((height, width, channels)) {
        for unit in 0..units {
            assert_eq!(ours[[(h * width + w) * channels + c, unit]], torch[[unit, c, h, w]]);
        }
    }
}

#[test]
fn weights_of_other_classes_and_other_networks_say_of_which() {
    let letters = network().with_classes(27).unwrap();
    let bytes = weights::to_bytes(&init::parameters(&letters, 0), &[]);
    refused(
        &bytes,
        "dense2.weight has shape [128, 27], but the network's has [128, 10]: the weights are of 27 classes; use 27 classes",
    );
    assert_eq!(weights::from_bytes("w", &bytes, &letters).unwrap(), init::parameters(&letters, 0));
    let other = Network::new([28, 28], Configuration::TUTORIAL[2]).unwrap();
    let words = "the network's has [64, 128]: it is that of stride 1, valid; choose the stride";
    refused(&weights::to_bytes(&init::parameters(&other, 0), &[]), words);
    refused(
        &changed(|t| (t[4].shape, t[4].data) = (vec![65, 128], vec![0.0; 65 * 128])),
        "the network's has [64, 128]; choose the stride",
    );
}

#[test]
fn files_of_other_programs_are_named() {
    let zip = |name: &str| [b"PK\x03\x04", &[0; 22][..], &[name.len() as u8, 0, 0, 0], name.as_bytes()].concat();
    refused(&zip("archive/data.pkl"), "is a PyTorch checkpoint (.pt), not a weights file in safetensors format");
    refused(&zip("arr_0.npy"), "is NumPy arrays (.npz)");
    refused(&zip("metadata.json"), "is a Keras model (.keras)");
    refused(b"\x89HDF\r\n\x1a\n\0\0\0\0", "is an HDF5 file");
    refused(b"\x93NUMPY\x01\0", "is a NumPy array");
    refused(b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull");
    refused(b"<html>404</html>", "a web page");
    refused(b"stride,padding,seed\n", "is text");
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
    for (dtype, width) in [(Dtype::F16, 2), (Dtype::BF16, 2), (Dtype::F64, 8)] {
        let tensors = init::parameters(&network(), 0);
        let bytes: Vec<Vec<u8>> = tensors.iter().map(|t| vec![0; width * t.data.len()]).collect();
        let view = |(t, bytes): (&Tensor, _)| (t.name.clone(), TensorView::new(dtype, t.shape.clone(), bytes).unwrap());
        let views = tensors.iter().zip(bytes.iter().map(Vec::as_slice)).map(view);
        refused(
            &safetensors::serialize(views, None).unwrap(),
            &format!("conv1.bias is of type {dtype}; convert it to F32"),
        );
    }
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
    refused(b"PK\x03\x04 a zip file of another program's", "is a zip archive, not a weights file");
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
