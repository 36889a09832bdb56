//! Named tensors on the host: what weights files hold and initialisation makes.

use ndarray::ArrayViewD;

use crate::model::Network;

/// A named `f32` tensor in row-major order.
#[derive(Debug, Clone, PartialEq)]
pub struct Tensor {
    /// `conv1.weight`, `dense2.bias`, …
    pub name: String,
    /// Convolution weights `[kh, kw, cin, cout]` (HWIO), dense weights `[in, out]`, biases `[out]`.
    pub shape: Vec<usize>,
    /// The elements; the last axis varies fastest.
    pub data: Vec<f32>,
}

impl Tensor {
    /// The tensor as an `ndarray` view of its shape.
    ///
    /// # Panics
    /// Where the data are not as many as the shape says.
    pub fn view(&self) -> ArrayViewD<'_, f32> {
        let Tensor { name, shape, data } = self;
        ArrayViewD::from_shape(shape.as_slice(), data)
            .unwrap_or_else(|_| panic!("{name} has {} elements but shape {shape:?}", data.len()))
    }
}

/// Names and shapes of a network's parameters, in the order in which every part of the crate keeps
/// them: `conv1.weight`, `conv1.bias`, `conv2.weight`, …, `dense2.bias`.
pub fn parameter_shapes(network: &Network) -> Vec<(String, Vec<usize>)> {
    let layers = network.layers.iter().filter_map(|layer| Some((layer.name, layer.parameter_shapes()?)));
    layers
        .flat_map(|(name, (weight, bias))| [(format!("{name}.weight"), weight), (format!("{name}.bias"), vec![bias])])
        .collect()
}
