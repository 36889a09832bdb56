//! Predictions on disk: a safetensors file a model, with the tensors `class` and `confidence`, a byte an image each.

use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::error::{Error, Result, one_line};
use crate::record::Predictions;

const CLASS: &str = "class";
const CONFIDENCE: &str = "confidence";
const LABEL: &str = "label";

/// The bytes of a model's predictions.
pub(super) fn to_bytes(predictions: &Predictions) -> Result<Vec<u8>> {
    write(&[(CLASS, &predictions.classes), (CONFIDENCE, &predictions.confidences)])
}

/// The bytes of the labels of the test images.
pub(super) fn labels_to_bytes(labels: &[u8]) -> Result<Vec<u8>> {
    write(&[(LABEL, labels)])
}

fn write(tensors: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let failed = |e: safetensors::SafeTensorError| Error::failure(one_line(e));
    let views = tensors.iter().map(|&(name, bytes)| Ok((name, TensorView::new(Dtype::U8, vec![bytes.len()], bytes)?)));
    let views = views.collect::<Result<Vec<_>, safetensors::SafeTensorError>>().map_err(failed)?;
    // Without metadata the library writes equal bytes for equal tensors.
    safetensors::serialize(views, None).map_err(failed)
}

/// Reads a model's predictions. Messages call the file `name`.
///
/// # Errors
/// [`Error::Data`] where the bytes are no predictions.
pub fn predictions_from_bytes(name: &str, bytes: &[u8]) -> Result<Predictions> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| Error::data(format!("{name}: {}", one_line(e))))?;
    let classes = tensor(name, &file, CLASS)?;
    let confidences = tensor(name, &file, CONFIDENCE)?;
    if classes.len() != confidences.len() {
        let what = format!("{name}: has {} classes and {} confidences", classes.len(), confidences.len());
        return Err(Error::data(what));
    }
    Ok(Predictions { classes, confidences })
}

/// Reads the labels of the test images. Messages call the file `name`.
///
/// # Errors
/// [`Error::Data`] where the bytes are no labels.
pub fn labels_from_bytes(name: &str, bytes: &[u8]) -> Result<Vec<u8>> {
    let file = SafeTensors::deserialize(bytes).map_err(|e| Error::data(format!("{name}: {}", one_line(e))))?;
    tensor(name, &file, LABEL)
}

fn tensor(name: &str, file: &SafeTensors, tensor: &str) -> Result<Vec<u8>> {
    let view = file.tensor(tensor).map_err(|_| Error::data(format!("{name}: has no tensor {tensor}")))?;
    match (view.dtype(), view.shape()) {
        (Dtype::U8, [_]) => Ok(view.data().to_vec()),
        (dtype, shape) => {
            Err(Error::data(format!("{name}: {tensor} is {dtype:?} of shape {shape:?}, not U8 in a row")))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predictions_are_read_as_they_were_written_and_take_two_bytes_an_image() {
        let predictions = Predictions { classes: vec![7; 10_000], confidences: (0..10_000).map(|i| i as u8).collect() };
        let bytes = to_bytes(&predictions).unwrap();
        assert!(bytes.len() <= 20_200, "{}", bytes.len());
        assert_eq!(bytes, to_bytes(&predictions).unwrap());
        assert_eq!(predictions_from_bytes("x", &bytes), Ok(predictions));
        let labels = labels_to_bytes(&[1, 2, 3]).unwrap();
        assert_eq!(labels_from_bytes("x", &labels), Ok(vec![1, 2, 3]));
    }

    #[test]
    fn damaged_files_are_refused_by_name() {
        let bytes = to_bytes(&Predictions { classes: vec![1, 2], confidences: vec![3, 4] }).unwrap();
        for cut in 0..bytes.len() {
            assert!(predictions_from_bytes("p", &bytes[..cut]).is_err_and(|e| e.to_string().starts_with("p: ")));
        }
        let labels = labels_to_bytes(&[1]).unwrap();
        assert!(predictions_from_bytes("p", &labels).unwrap_err().to_string().contains("no tensor class"));
        let uneven = write(&[(CLASS, &[1, 2]), (CONFIDENCE, &[1])]).unwrap();
        assert!(predictions_from_bytes("p", &uneven).unwrap_err().to_string().contains("2 classes and 1"));
    }
}
