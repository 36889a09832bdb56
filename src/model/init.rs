//! Initial weights: Glorot's uniform distribution, with a stream of random numbers for each tensor.
//!
//! A stream depends on the seed and on the name of its tensor alone. Tensors of the same name and shape
//! therefore start with the same values in every configuration, and adding a tensor to a network changes
//! no other one.

use crate::model::Network;
use crate::model::geometry::elements;
use crate::model::tensor::{Tensor, parameter_shapes};
use crate::random::Stream;

/// Weights from the uniform distribution of Glorot and Bengio (2010), which Keras uses by default. The
/// values lie in `[−limit, limit)` with `limit = √(6/(fan_in + fan_out))`.
///
/// `shape` is `[kh, kw, cin, cout]`, with `fan_in = kh·kw·cin` and `fan_out = kh·kw·cout`, or `[in, out]`,
/// with `fan_in = in` and `fan_out = out`. Each element, in row-major order, is `(2u − 1)·limit`, computed
/// in f64 and rounded to f32, where `u` is the next uniform number of the stream `init/<name>`
/// ([`Stream::uniform`]).
///
/// # Panics
/// Where `shape` has fewer than two axes or more than 2³¹ − 1 elements.
pub fn glorot_uniform(shape: &[usize], seed: u64, name: &str) -> Vec<f32> {
    let [window @ .., inputs, outputs] = shape else { panic!("weights of shape {shape:?} have no fans") };
    let fans = window.iter().fold(*inputs as f64 + *outputs as f64, |fans, &side| fans * side as f64);
    let limit = (6.0 / fans).sqrt();
    let length = elements(shape).unwrap_or_else(|error| panic!("weights {name}: {error}"));
    let mut stream = Stream::new(seed, &format!("init/{name}"));
    (0..length).map(|_| ((2.0 * stream.uniform() - 1.0) * limit) as f32).collect()
}

/// The initial parameters of a network, in the order of [`parameter_shapes`]. Weights come from
/// [`glorot_uniform`], and biases are zero.
pub fn parameters(network: &Network, seed: u64) -> Vec<Tensor> {
    parameter_shapes(network)
        .into_iter()
        .map(|(name, shape)| {
            let data = match shape[..] {
                [length] => vec![0.0; length],
                _ => glorot_uniform(&shape, seed, &name),
            };
            Tensor { name, shape, data }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Configuration;

    fn all(seed: u64) -> [Vec<Tensor>; 4] {
        Configuration::TUTORIAL.map(|c| parameters(&Network::new([28, 28], c).unwrap(), seed))
    }

    /// The expected bits come from a Python program that was written from the documentation of `random`.
    #[test]
    fn values_are_those_of_an_independent_program() {
        for (shape, seed, name, first, last) in [
            (&[3, 3, 1, 32][..], 0, "conv1.weight", [0x3b20_b6e8, 0xbde5_6491, 0xbe0d_45dd], 0x3de2_9881),
            (&[256, 128], 7, "dense1.weight", [0xbdf1_cbf4, 0xbdbf_814c, 0x3d92_84c4], 0xbd08_6334),
        ] {
            let bits: Vec<u32> = glorot_uniform(shape, seed, name).into_iter().map(f32::to_bits).collect();
            assert_eq!((&bits[..3], *bits.last().unwrap()), (&first[..], last), "{name}");
        }
    }

    #[test]
    fn tensors_come_in_order_with_their_shapes() {
        let names: Vec<_> = all(0)[0].iter().map(|t| (t.name.clone(), t.view().shape().to_vec())).collect();
        let expected = [
            ("conv1.weight", vec![3, 3, 1, 32]),
            ("conv1.bias", vec![32]),
            ("conv2.weight", vec![3, 3, 32, 64]),
            ("conv2.bias", vec![64]),
            ("dense1.weight", vec![3136, 128]),
            ("dense1.bias", vec![128]),
            ("dense2.weight", vec![128, 10]),
            ("dense2.bias", vec![10]),
        ];
        assert_eq!(names, expected.map(|(name, shape)| (name.to_string(), shape)));
    }

    #[test]
    fn equal_shapes_start_equal_in_all_configurations() {
        let [first, rest @ ..] = all(3);
        for other in rest {
            for (a, b) in first.iter().zip(&other) {
                assert_eq!(a.shape == b.shape, a.data == b.data, "{}", a.name);
                assert_eq!(a.shape == b.shape, a.name != "dense1.weight", "{}", a.name);
            }
        }
    }

    #[test]
    fn seeds_and_tensors_differ() {
        let a = &all(0)[0];
        let b = &all(1)[0];
        for (x, y) in a.iter().zip(b).filter(|(x, _)| x.shape.len() > 1) {
            assert_ne!(x.data, y.data, "{}", x.name);
        }
        assert_ne!(glorot_uniform(&[8, 8], 0, "a"), glorot_uniform(&[8, 8], 0, "b"));
    }

    /// A uniform distribution on [−l, l] has the mean 0 and the variance l²/3.
    #[test]
    fn weights_fill_their_interval_and_biases_are_zero() {
        let fans = |t: &Tensor| match t.shape[..] {
            [kh, kw, cin, cout] => kh * kw * (cin + cout),
            [inputs, outputs] => inputs + outputs,
            _ => unreachable!("{:?}", t.shape),
        };
        for tensor in all(11).iter().flatten() {
            let values: Vec<f64> = tensor.data.iter().map(|&v| f64::from(v)).collect();
            if tensor.shape.len() == 1 {
                assert!(tensor.data.iter().all(|v| v.to_bits() == 0), "{}", tensor.name);
                continue;
            }
            let limit = (6.0 / fans(tensor) as f64).sqrt();
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
            let largest = values.iter().fold(0.0f64, |m, v| m.max(v.abs()));
            assert!(largest <= limit * (1.0 + 1e-7) && largest > 0.95 * limit, "{}: {largest} {limit}", tensor.name);
            // The bounds are five standard errors of each estimate.
            assert!(mean.abs() < 5.0 * limit / (3.0 * n).sqrt(), "{}: mean {mean}", tensor.name);
            let spread = 5.0 * (4.0 / 45.0 / n).sqrt();
            assert!((variance / limit.powi(2) - 1.0 / 3.0).abs() < spread, "{}: variance {variance}", tensor.name);
        }
    }
}
