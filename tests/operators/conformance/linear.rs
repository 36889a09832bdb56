//! Matrix products and dense layers.

use pollster::block_on;
use stridelab::backend::Backend;
use stridelab::eager::{self, Product};

use super::case::Case;
use super::tensor::Tensor;
use super::{Outputs, Result, named};

/// The `[rows, columns]` of a matrix, swapped where it is stored transposed.
fn matrix(tensor: &Tensor, transposed: bool) -> Result<[usize; 2]> {
    match tensor.shape[..] {
        [rows, columns] => Ok(if transposed { [columns, rows] } else { [rows, columns] }),
        _ => Err(format!("{:?} is no matrix", tensor.shape).into()),
    }
}

/// A matrix, and whether it is stored transposed.
#[derive(Clone, Copy)]
struct Factor<'a> {
    tensor: &'a Tensor,
    transposed: bool,
}

fn plain(tensor: &Tensor) -> Factor<'_> {
    Factor { tensor, transposed: false }
}

fn transposed(tensor: &Tensor) -> Factor<'_> {
    Factor { tensor, transposed: true }
}

fn product(backend: &Backend, a: Factor, b: Factor) -> Result<Tensor> {
    let [rows, inner] = matrix(a.tensor, a.transposed)?;
    let [other, columns] = matrix(b.tensor, b.transposed)?;
    if inner != other {
        let shapes = [&a.tensor.shape, &b.tensor.shape];
        return Err(format!("no product of {shapes:?}, transposed {:?}", [a.transposed, b.transposed]).into());
    }
    let product = Product { rows, columns, inner, transpose_a: a.transposed, transpose_b: b.transposed };
    let y = block_on(eager::matmul(backend, product, a.tensor.floats()?, b.tensor.floats()?))?;
    Ok(Tensor::float(&[rows, columns], y))
}

/// `alpha·a·b + beta·c`. The kernels multiply and add the bias; this function scales.
pub(super) fn gemm(backend: &Backend, case: &Case) -> Result<Outputs> {
    let a = Factor { tensor: case.input("a")?, transposed: case.integer("transA")? != 0 };
    let b = Factor { tensor: case.input("b")?, transposed: case.integer("transB")? != 0 };
    let alpha = case.number("alpha")? as f32;
    let beta = case.number("beta")? as f32;
    let mut y = product(backend, a, b)?;
    let mut values: Vec<f32> = y.floats()?.iter().map(|v| alpha * v).collect();
    if let Ok(c) = case.input("c") {
        let [rows, columns] = matrix(&y, false)?;
        let scaled: Vec<f32> = c.floats()?.iter().map(|v| beta * v).collect();
        let (c_rows, c_columns) = match c.shape[..] {
            [columns] => (1, columns),
            [rows, columns] => (rows, columns),
            _ => return Err(format!("c is {:?}", c.shape).into()),
        };
        if (c_rows, c_columns) == (1, columns) {
            values = block_on(eager::bias(backend, &values, &scaled))?;
        } else if [1, rows].contains(&c_rows) && [1, columns].contains(&c_columns) {
            for (i, value) in values.iter_mut().enumerate() {
                *value += scaled[i / columns % c_rows * c_columns + i % columns % c_columns];
            }
        } else {
            return Err(format!("c {:?} does not spread over {:?}", c.shape, y.shape).into());
        }
    }
    y = Tensor::float(&y.shape, values);
    named([("y", y)])
}

/// NumPy's `matmul`: the last two axes are matrices, and the other axes are broadcast. A vector is a row on the left
/// and a column on the right.
pub(super) fn matmul(backend: &Backend, case: &Case) -> Result<Outputs> {
    let a = case.input("a")?;
    let b = case.input("b")?;
    let vector_a = a.shape.len() == 1;
    let vector_b = b.shape.len() == 1;
    let a_shape = if vector_a { vec![1, a.shape[0]] } else { a.shape.clone() };
    let b_shape = if vector_b { vec![b.shape[0], 1] } else { b.shape.clone() };
    let (a_batch, a_matrix) = a_shape.split_at(a_shape.len() - 2);
    let (b_batch, b_matrix) = b_shape.split_at(b_shape.len() - 2);
    let rank = a_batch.len().max(b_batch.len());
    let size = |batch: &[usize], axis: usize| (axis + batch.len()).checked_sub(rank).map_or(1, |i| batch[i]);
    let batch: Vec<usize> = (0..rank).map(|axis| size(a_batch, axis).max(size(b_batch, axis))).collect();
    let pick = |own: &[usize], mut flat: usize| {
        let mut at = 0;
        let mut stride = 1;
        for axis in (0..rank).rev() {
            at += flat % batch[axis] % size(own, axis) * stride;
            stride *= size(own, axis);
            flat /= batch[axis];
        }
        at
    };
    let slice = |tensor: &Tensor, matrix: &[usize], i: usize| -> Result<Tensor> {
        let len = matrix[0] * matrix[1];
        Ok(Tensor::float(matrix, tensor.floats()?[i * len..(i + 1) * len].to_vec()))
    };
    let mut values = Vec::new();
    for flat in 0..batch.iter().product() {
        let left = slice(a, a_matrix, pick(a_batch, flat))?;
        let right = slice(b, b_matrix, pick(b_batch, flat))?;
        values.extend_from_slice(product(backend, plain(&left), plain(&right))?.floats()?);
    }
    let mut shape = batch.clone();
    shape.extend((!vector_a).then_some(a_matrix[0]));
    shape.extend((!vector_b).then_some(b_matrix[1]));
    if shape.is_empty() {
        shape.push(1);
    }
    named([("y", Tensor::float(&shape, values))])
}

pub(super) fn matmul_backward(backend: &Backend, case: &Case) -> Result<Outputs> {
    let a = case.input("a")?;
    let b = case.input("b")?;
    let dy = case.input("dy")?;
    named([
        ("y", product(backend, plain(a), plain(b))?),
        ("da", product(backend, plain(dy), transposed(b))?),
        ("db", product(backend, transposed(a), plain(dy))?),
    ])
}

pub(super) fn dense_backward(backend: &Backend, case: &Case) -> Result<Outputs> {
    if case.text("w_layout")? != "IO" {
        return Err("weights in another layout than [in, out]".into());
    }
    let x = case.input("x")?;
    let w = case.input("w")?;
    let dy = case.input("dy")?;
    let db = block_on(eager::bias_backward(backend, dy.shape[1], dy.floats()?))?;
    named([
        ("dx", product(backend, plain(dy), transposed(w))?),
        ("dw", product(backend, transposed(x), plain(dy))?),
        ("db", Tensor::float(&[db.len()], db)),
    ])
}
