//! Reads the golden values in `tests/fixtures`, whose README.md lists the keys.
#![allow(dead_code, reason = "no target uses every reader")]

use std::path::Path;

use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use stridelab::model::geometry::{Padding, Pads};

/// Names of the parameters, in the order of every "by tensor" list.
pub(crate) const TENSORS: [&str; 8] = [
    "conv1.weight",
    "conv1.bias",
    "conv2.weight",
    "conv2.bias",
    "dense1.weight",
    "dense1.bias",
    "dense2.weight",
    "dense2.bias",
];

/// The stride and the padding of the tutorial's four configurations.
pub(crate) const CONFIGURATIONS: [(usize, &str); 4] = [(1, "same"), (2, "same"), (1, "valid"), (2, "valid")];

/// One fixture file.
pub(crate) struct Fixture {
    path: String,
    bytes: Vec<u8>,
    /// What the script wrote about the file: cases, seed, versions.
    pub metadata: serde_json::Value,
}

impl Fixture {
    /// Opens `tests/fixtures/<name>.safetensors`. Panics with the path where that fails.
    pub(crate) fn open(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(format!("{name}.safetensors"));
        let shown = path.display().to_string();
        let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{shown}: {error}"));
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap_or_else(|error| panic!("{shown}: {error}"));
        let text = header.metadata().as_ref().and_then(|map| map.get("fixture"));
        let text = text.unwrap_or_else(|| panic!("{shown}: no metadata `fixture`"));
        let metadata = serde_json::from_str(text).unwrap_or_else(|error| panic!("{shown}: {error}"));
        Fixture { path: shown, bytes, metadata }
    }

    /// Opens the training values of one configuration.
    pub(crate) fn training(stride: usize, padding: &str) -> Self {
        Self::open(&format!("keras/stride{stride}-{padding}"))
    }

    /// All keys, sorted.
    pub(crate) fn keys(&self) -> Vec<String> {
        let mut keys: Vec<_> = self.parsed().names().into_iter().map(str::to_owned).collect();
        keys.sort();
        keys
    }

    /// The shape of a tensor. Like all readers here, this panics where there is no tensor of this name.
    pub(crate) fn shape(&self, key: &str) -> Vec<usize> {
        self.view(key).shape().to_vec()
    }

    /// The values of an F32, BF16 or scaled F8_E5M2 tensor, without rounding.
    pub(crate) fn f32(&self, key: &str) -> Vec<f32> {
        let view = self.view(key);
        let data = view.data();
        match view.dtype() {
            Dtype::F32 => words(data).map(f32::from_le_bytes).collect(),
            Dtype::BF16 => words(data).map(|b| f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16)).collect(),
            Dtype::F8_E5M2 => {
                let scale = self.f64(&format!("{key}.scale"))[0];
                data.iter().map(|&byte| (e5m2(byte) * scale) as f32).collect()
            }
            other => panic!("{}: {key} is {other:?}, not a float of at most 32 bits", self.path),
        }
    }

    /// The values of an F64 tensor.
    pub(crate) fn f64(&self, key: &str) -> Vec<f64> {
        let view = self.view(key);
        assert_eq!(view.dtype(), Dtype::F64, "{}: {key}", self.path);
        words(view.data()).map(f64::from_le_bytes).collect()
    }

    /// The values of an I32 tensor, such as labels or positions.
    pub(crate) fn i32(&self, key: &str) -> Vec<i32> {
        let view = self.view(key);
        assert_eq!(view.dtype(), Dtype::I32, "{}: {key}", self.path);
        words(view.data()).map(i32::from_le_bytes).collect()
    }

    /// The eight tensors under `prefix` (such as `t200/w`), in the order of [`TENSORS`].
    pub(crate) fn all(&self, prefix: &str) -> Vec<Vec<f32>> {
        TENSORS.iter().map(|name| self.f32(&format!("{prefix}/{name}"))).collect()
    }

    /// The cases of an operator: `metadata.cases[op]`.
    pub(crate) fn cases(&self, op: &str) -> &[serde_json::Value] {
        let cases = self.metadata["cases"][op].as_array();
        cases.unwrap_or_else(|| panic!("{}: no cases of {op}", self.path))
    }

    /// The distance between the recorded elements of the tensor with index `tensor` in [`TENSORS`].
    pub(crate) fn sample_stride(&self, tensor: usize) -> usize {
        unsigned(&self.metadata["sample_strides"][tensor])
    }

    /// Picks from a whole tensor the elements that are recorded.
    pub(crate) fn sampled<T: Copy>(&self, tensor: usize, whole: &[T]) -> Vec<T> {
        whole.iter().copied().step_by(self.sample_stride(tensor)).collect()
    }

    fn parsed(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap_or_else(|error| panic!("{}: {error}", self.path))
    }

    fn view(&self, key: &str) -> TensorView<'_> {
        self.parsed().tensor(key).unwrap_or_else(|error| panic!("{}: {key}: {error}", self.path))
    }
}

/// A list of sizes in the metadata of a case, such as its `kernel`, `stride` or `pads`.
pub(crate) fn sizes<const N: usize>(case: &serde_json::Value, name: &str) -> [usize; N] {
    let list = case[name].as_array().unwrap_or_else(|| panic!("no {name} in {case}"));
    assert_eq!(list.len(), N, "{name} of {case}");
    std::array::from_fn(|i| unsigned(&list[i]))
}

/// The pads by side of an operator's case.
pub(crate) fn pads(case: &serde_json::Value) -> Pads {
    super::pads(sizes(case, "pads"))
}

/// The padding of an operator's case; it is given by side where the case names neither `same` nor `valid`.
pub(crate) fn padding(case: &serde_json::Value) -> Padding {
    match case["padding"].as_str() {
        Some("same") => Padding::Same,
        Some("valid") => Padding::Valid,
        _ => Padding::Explicit(pads(case)),
    }
}

fn unsigned(value: &serde_json::Value) -> usize {
    value.as_u64().and_then(|v| usize::try_from(v).ok()).unwrap_or_else(|| panic!("{value} is no size"))
}

fn words<const N: usize>(data: &[u8]) -> impl Iterator<Item = [u8; N]> + '_ {
    assert_eq!(data.len() % N, 0);
    data.chunks_exact(N).map(|chunk| chunk.try_into().expect("chunks of N"))
}

/// The value of an 8-bit float with one sign bit, five exponent bits (bias 15) and two mantissa bits. It is the upper
/// byte of a number in half precision.
pub(crate) fn e5m2(byte: u8) -> f64 {
    let exponent = i32::from(byte >> 2 & 31);
    let mantissa = f64::from(byte & 3) / 4.0;
    assert!(exponent < 31, "infinity or NaN in a fixture");
    let magnitude = if exponent == 0 { mantissa * 2f64.powi(-14) } else { (1.0 + mantissa) * 2f64.powi(exponent - 15) };
    if byte >> 7 == 1 { -magnitude } else { magnitude }
}
