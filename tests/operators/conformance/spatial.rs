//! Cases of convolution and pooling. The tensors are permuted here to the layouts of the kernels, `[N,H,W,C]` and
//! `[kh,kw,C,O]`.

use pollster::block_on;
use stridelab::backend::Backend;
use stridelab::eager;
use stridelab::model::geometry::{ConvShape, Padding, PoolShape};

use super::case::Case;
use super::tensor::{Tensor, Values};
use super::{Outputs, Result, named};

const IMAGE: &str = "NHWC";
const KERNEL: &str = "HWIO";

fn padding(case: &Case) -> Result<Padding> {
    Ok(Padding::Explicit(crate::common::pads(case.sizes("pads_tlbr")?)))
}

/// The shape of a case whose input has the shape `x`, `[N,H,W,C]`.
fn conv_shape(case: &Case, x: &[usize], w: &Tensor) -> Result<ConvShape> {
    let input = [x[1], x[2]];
    let kernel = [w.shape[0], w.shape[1]];
    if kernel != case.sizes("kernel")? || w.shape[2] != x[3] {
        return Err(format!("weights {:?} do not fit the attributes and an input {x:?}", w.shape).into());
    }
    Ok(ConvShape::new(input, x[3], w.shape[3], kernel, case.sizes("strides")?, padding(case)?)?)
}

fn image(case: &Case, name: &str, layout: &str) -> Result<Tensor> {
    case.input(name)?.relayout(case.text(layout)?, IMAGE)
}

fn weights(case: &Case) -> Result<Tensor> {
    case.input("w")?.relayout(case.text("w_layout")?, KERNEL)
}

pub(super) fn conv2d(backend: &Backend, case: &Case, relu: bool) -> Result<Outputs> {
    let x = image(case, "x", "x_layout")?;
    let w = weights(case)?;
    let shape = conv_shape(case, &x.shape, &w)?;
    let mut y = block_on(eager::conv2d(backend, &shape, x.shape[0], x.floats()?, w.floats()?))?;
    if let Ok(b) = case.input("b") {
        y = block_on(eager::bias(backend, &y, b.floats()?))?;
    }
    if relu {
        y = block_on(eager::relu(backend, &y))?;
    }
    let y = Tensor::float(&[x.shape[0], shape.output[0], shape.output[1], shape.out_channels], y);
    named([("y", y.relayout(IMAGE, case.text("y_layout")?)?)])
}

pub(super) fn conv2d_backward_input(backend: &Backend, case: &Case) -> Result<Outputs> {
    let dy = image(case, "dy", "y_layout")?;
    let w = weights(case)?;
    let layout = case.text("x_layout")?;
    let dx_shape = case.wanted("dx")?.relayout(layout, IMAGE)?.shape;
    let given: [usize; 4] = case.sizes("x_shape")?;
    if given != case.wanted("dx")?.shape[..] {
        return Err(format!("x_shape {given:?} is not the shape of dx").into());
    }
    let shape = conv_shape(case, &dx_shape, &w)?;
    let dx = backward_input(backend, &shape, &dy, &w, &dx_shape)?;
    let unreached = unreached(&shape);
    if case.attrs["uncovered_rows_cols"].is_array() {
        let given: [usize; 2] = case.sizes("uncovered_rows_cols")?;
        if given != [unreached[0].len(), unreached[1].len()] {
            return Err(format!("no window reaches {unreached:?}, the case says {given:?} of rows and columns").into());
        }
    }
    for (i, value) in dx.floats()?.iter().enumerate() {
        let row = i / dx_shape[3] / dx_shape[2] % dx_shape[1];
        let column = i / dx_shape[3] % dx_shape[2];
        if (unreached[0].contains(&row) || unreached[1].contains(&column)) && value.to_bits() != 0 {
            return Err(format!("dx[{row},{column}] is {value:e}, wanted 0: no window reaches it").into());
        }
    }
    named([("dx", dx.relayout(IMAGE, layout)?)])
}

/// The rows and the columns that no window covers.
fn unreached(shape: &ConvShape) -> [Vec<usize>; 2] {
    let before = [shape.pads.top, shape.pads.left];
    [0, 1].map(|a| {
        let windows = || (0..shape.output[a]).map(|o| o * shape.stride[a]..o * shape.stride[a] + shape.kernel[a]);
        (0..shape.input[a]).filter(|n| !windows().any(|window| window.contains(&(n + before[a])))).collect()
    })
}

fn backward_input(backend: &Backend, shape: &ConvShape, dy: &Tensor, w: &Tensor, dx: &[usize]) -> Result<Tensor> {
    let wanted = [dx[0], shape.output[0], shape.output[1], shape.out_channels];
    if dy.shape != wanted {
        return Err(format!("dy is {:?}, the geometry says {wanted:?}", dy.shape).into());
    }
    let values = block_on(eager::conv2d_backward_input(backend, shape, dx[0], dy.floats()?, w.floats()?))?;
    Ok(Tensor::float(dx, values))
}

pub(super) fn conv2d_backward(backend: &Backend, case: &Case) -> Result<Outputs> {
    let x = image(case, "x", "x_layout")?;
    let w = weights(case)?;
    let dy = image(case, "dy", "y_layout")?;
    let shape = conv_shape(case, &x.shape, &w)?;
    let dx = backward_input(backend, &shape, &dy, &w, &x.shape)?;
    let dw = eager::conv2d_backward_weights(backend, &shape, x.shape[0], x.floats()?, dy.floats()?);
    let dw = Tensor::float(&w.shape, block_on(dw)?).relayout(KERNEL, "OIHW")?;
    let first = &dw.floats()?[..dw.shape[1..].iter().product()];
    let first = Tensor::float(&dw.shape[1..], first.to_vec());
    let db = block_on(eager::bias_backward(backend, shape.out_channels, dy.floats()?))?;
    named([
        ("dx", dx.relayout(IMAGE, case.text("x_layout")?)?),
        ("dw_outch0", first),
        ("dw", dw.relayout("OIHW", case.text("w_layout")?)?),
        ("db", Tensor::float(&[db.len()], db)),
    ])
}

fn pool_shape(case: &Case, x: &[usize]) -> Result<PoolShape> {
    let kernel = case.sizes("kernel")?;
    let stride = case.sizes("strides")?;
    Ok(PoolShape::new([x[1], x[2]], x[3], kernel, stride, padding(case)?)?)
}

pub(super) fn max_pool(backend: &Backend, case: &Case) -> Result<Outputs> {
    let x = image(case, "x", "x_layout")?;
    let shape = pool_shape(case, &x.shape)?;
    let (y, argmax) = block_on(eager::max_pool(backend, &shape, x.shape[0], x.floats()?))?;
    let y_shape = [x.shape[0], shape.output[0], shape.output[1], shape.channels];
    let layout = case.text("y_layout")?;
    let mut outputs = vec![("y".into(), Tensor::float(&y_shape, y).relayout(IMAGE, layout)?)];
    if case.wanted("indices").is_ok() {
        outputs.push(("indices".into(), indices(case, &shape, y_shape, &argmax)?));
    }
    Ok(outputs)
}

/// ONNX' `Indices`: the position of each maximum in the whole of `x`, `[N,C,H,W]`, or `[N,C,W,H]` where the storage
/// order is 1. Cases of other suites state no storage order.
fn indices(
    case: &Case,
    shape: &PoolShape,
    [batch, rows, columns, channels]: [usize; 4],
    argmax: &[u32],
) -> Result<Tensor> {
    let [height, width] = shape.input;
    let column_major = case.integer("storage_order").unwrap_or(0) == 1;
    let mut values = Vec::with_capacity(argmax.len());
    for n in 0..batch {
        for c in 0..channels {
            for oh in 0..rows {
                for ow in 0..columns {
                    let winner = argmax[((n * rows + oh) * columns + ow) * channels + c] as usize;
                    let h = oh * shape.stride[0] + winner / shape.kernel[1] - shape.pads.top;
                    let w = ow * shape.stride[1] + winner % shape.kernel[1] - shape.pads.left;
                    let within = if column_major { w * height + h } else { h * width + w };
                    values.push(((n * channels + c) * height * width + within) as i64);
                }
            }
        }
    }
    Ok(Tensor { shape: vec![batch, channels, rows, columns], values: Values::Integer(values) })
}

pub(super) fn max_pool_backward(backend: &Backend, case: &Case) -> Result<Outputs> {
    let x = image(case, "x", "x_layout")?;
    let dy = image(case, "dy", "y_layout")?;
    let shape = pool_shape(case, &x.shape)?;
    let batch = x.shape[0];
    let (_, argmax) = block_on(eager::max_pool(backend, &shape, batch, x.floats()?))?;
    let dx = block_on(eager::max_pool_backward(backend, &shape, batch, dy.floats()?, &argmax))?;
    named([("dx", Tensor::float(&x.shape, dx).relayout(IMAGE, case.text("x_layout")?)?)])
}
