//! The second of two replicas against the same one alone, with plain and with fused kernels: a kernel that reads or writes
//! another replica's numbers changes a bit.

use crate::common::training::trainer;
use crate::common::{backends, ok, same_bits};
use stridelab::backend::Backend;
use stridelab::data::{Dataset, Split};
use stridelab::model::geometry::Padding;
use stridelab::model::{Configuration, Head, Network, Pooling};
use stridelab::random::Stream;
use stridelab::train::TrainOptions;

/// Losses of three steps, the last of which is short; then gradients, weights and moments of each replica, and its
/// validation.
fn results(
    backend: &Backend,
    network: &Network,
    data: &Dataset,
    options: &TrainOptions,
) -> Vec<Vec<(String, Vec<f32>)>> {
    let mut trainer = trainer(backend, network, data, options, None);
    let losses = ok(trainer.first_steps(3));
    let mut of = |(r, losses): (usize, &Vec<f64>)| {
        let state = ok(trainer.state(r));
        let tensors = [ok(trainer.gradients(r)), state.weights, state.first_moment, state.second_moment].concat();
        let mut results = vec![("losses".to_string(), losses.iter().map(|&loss| loss as f32).collect())];
        results.extend(tensors.into_iter().map(|tensor| (tensor.name, tensor.data)));
        let validation = ok(trainer.evaluate(&data.test, r));
        results.push(("validation".into(), validation.losses));
        results
    };
    losses.iter().enumerate().map(&mut of).collect()
}

#[test]
fn replicas_do_not_mix() {
    let mut stream = Stream::new(3, "replicas");
    let mut split = |count: usize| Split {
        images: (0..count * 14 * 14).map(|_| stream.below(256) as u8).collect(),
        labels: (0..count).map(|_| stream.below(10) as u8).collect(),
        count,
        height: 14,
        width: 14,
    };
    let data = Dataset { train: split(8), test: split(3), name: "random".into(), sha256: Default::default() };
    for (name, backend) in &backends()[..2] {
        let usual = Configuration::new(2, Padding::Same);
        let control = Configuration { pool: Pooling::None, head: Head::GlobalAverage, crop: 1, ..usual };
        for (configuration, fuse) in [(usual, true), (usual, false), (control, true), (control, false)] {
            let network = Network::new([14, 14], configuration).unwrap();
            let options = TrainOptions { batch_size: 3, evaluate_capacity: 2, fuse, ..TrainOptions::default() };
            let of = |seeds: &[u64]| {
                let options = TrainOptions { seeds: seeds.to_vec(), learning_rate: 0.01, ..options.clone() };
                results(backend, &network, &data, &options)
            };
            let (together, alone) = (of(&[7, 0]).remove(1), of(&[0]).remove(0));
            assert_eq!(together.len(), alone.len());
            for ((tensor, got), (_, want)) in together.iter().zip(&alone) {
                same_bits(&format!("{name}, {configuration}, fused {fuse}: {tensor}"), want, got);
            }
        }
    }
}
