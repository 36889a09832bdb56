//! Named tensors in host memory: what weights files hold and what initialisation computes.

use ndarray::ArrayViewD;

use crate::model::Network;

/// A named `f32` tensor in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// The name, such as `conv1.weight` or `dense2.bias`.
    pub name: String,
    /// The shape: convolution weights are `[kh, kw, cin, cout]` (HWIO), dense weights `[in, out]`, biases `[out]`.
    pub shape: Vec<usize>,
    /// The elements in row-major order: the last axis varies fastest.
    pub data: Vec<f32>,
}

impl Tensor {
    /// The tensor as an `ndarray` view of its shape.
    ///
    /// # Panics
    /// Where the number of elements is not that of the shape.
    pub fn view(&self) -> ArrayViewD<'_, f32> {
        let Tensor { name, shape, data } = self;
        ArrayViewD::from_shape(shape.as_slice(), data)
            .unwrap_or_else(|_| panic!("{name} has {} elements but shape {shape:?}", data.len()))
    }
}

/// The names and shapes of a network's parameters, `conv1.weight`, `conv1.bias`, `conv2.weight`, …,
/// `dense2.bias`. Every part of the crate keeps them in this order.
pub fn parameter_shapes(network: &Network) -> Vec<(String, Vec<usize>)> {
    let layers = network.layers.iter().filter_map(|layer| Some((layer.name, layer.parameter_shapes()?)));
    layers
        .flat_map(|(name, (weight, bias))| [(format!("{name}.weight"), weight), (format!("{name}.bias"), vec![bias])])
        .collect()
}
