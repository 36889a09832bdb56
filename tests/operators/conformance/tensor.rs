//! The tensors of the cases: a reader of `.npy` files and permutations of axes.

use std::path::Path;

use super::Result;

/// A C-ordered array.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tensor {
    pub shape: Vec<usize>,
    pub values: Values,
}

/// The element types that the cases use.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Values {
    Float(Vec<f32>),
    Integer(Vec<i64>),
}

impl Tensor {
    pub(super) fn float(shape: &[usize], values: Vec<f32>) -> Self {
        Tensor { shape: shape.to_vec(), values: Values::Float(values) }
    }

    pub(super) fn floats(&self) -> Result<&[f32]> {
        match &self.values {
            Values::Float(values) => Ok(values),
            Values::Integer(_) => Err("integers where floats belong".into()),
        }
    }

    pub(super) fn integers(&self) -> Result<&[i64]> {
        match &self.values {
            Values::Integer(values) => Ok(values),
            Values::Float(_) => Err("floats where integers belong".into()),
        }
    }

    /// Permutes the axes: axis `i` of the result is axis `order[i]` of this tensor.
    pub(super) fn permute(&self, order: &[usize]) -> Result<Tensor> {
        let source = self.floats()?;
        let mut strides = vec![1; self.shape.len()];
        for axis in (1..strides.len()).rev() {
            strides[axis - 1] = strides[axis] * self.shape[axis];
        }
        let shape: Vec<usize> = order.iter().map(|&axis| self.shape[axis]).collect();
        let values = (0..source.len()).map(|mut flat| {
            let mut at = 0;
            for (&size, &axis) in shape.iter().zip(order).rev() {
                at += flat % size * strides[axis];
                flat /= size;
            }
            source[at]
        });
        Ok(Tensor::float(&shape, values.collect()))
    }

    /// Permutes the axes from one named layout to another, such as `NCHW` to `NHWC`.
    pub(super) fn relayout(&self, from: &str, to: &str) -> Result<Tensor> {
        let axes: Option<Vec<usize>> = to.chars().map(|axis| from.find(axis)).collect();
        let axes = axes.filter(|axes| axes.len() == self.shape.len());
        self.permute(&axes.ok_or_else(|| format!("no way from layout {from} of {:?} to {to}", self.shape))?)
    }

    /// The order of axes that moves `axis` to the end. A negative `axis` counts from the end.
    pub(super) fn axis_last(&self, axis: i64) -> Vec<usize> {
        let rank = self.shape.len();
        let axis = if axis < 0 { rank - axis.unsigned_abs() as usize } else { axis as usize };
        (0..rank).filter(|&a| a != axis).chain([axis]).collect()
    }
}

/// The order of axes that undoes `order`.
pub(super) fn inverse(order: &[usize]) -> Vec<usize> {
    let mut inverse = vec![0; order.len()];
    for (i, &axis) in order.iter().enumerate() {
        inverse[axis] = i;
    }
    inverse
}

pub(super) fn read(path: &Path) -> Result<Tensor> {
    let bytes = std::fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    parse(&bytes).map_err(|error| format!("{}: {error}", path.display()).into())
}

/// Reads versions 1 to 3 of the format: the magic bytes, the version, the length of the header, the header and the
/// values.
fn parse(bytes: &[u8]) -> Result<Tensor> {
    let prefix = bytes.get(..12).filter(|prefix| prefix.starts_with(b"\x93NUMPY")).ok_or("no .npy file")?;
    let (start, length) = match prefix[6] {
        1 => (10, usize::from(u16::from_le_bytes([prefix[8], prefix[9]]))),
        _ => (12, u32::from_le_bytes([prefix[8], prefix[9], prefix[10], prefix[11]]) as usize),
    };
    let header = std::str::from_utf8(bytes.get(start..start + length).ok_or("the header is cut off")?)?;
    if !header.contains("'fortran_order': False") {
        return Err("not in C order".into());
    }
    let shape = header.split_once("'shape': (").and_then(|(_, rest)| rest.split_once(')')).ok_or("no shape")?.0;
    let sizes = shape.split(',').map(str::trim).filter(|size| !size.is_empty());
    let shape = sizes.map(str::parse).collect::<std::result::Result<Vec<usize>, _>>()?;
    let body = &bytes[start + length..];
    let values = if header.contains("'descr': '<f4'") {
        Values::Float(body.as_chunks().0.iter().map(|&word| f32::from_le_bytes(word)).collect())
    } else if header.contains("'descr': '<i8'") {
        Values::Integer(body.as_chunks().0.iter().map(|&word| i64::from_le_bytes(word)).collect())
    } else {
        return Err(format!("an element type this reader does not know: {header}").into());
    };
    let width = if matches!(values, Values::Float(_)) { 4 } else { 8 };
    if body.len() != shape.iter().product::<usize>() * width {
        return Err(format!("{} bytes of values do not make a {shape:?}", body.len()).into());
    }
    Ok(Tensor { shape, values })
}
