//! The kernels by tiles of workgroup memory, which a software adapter does not choose by itself.

use std::sync::Arc;

use super::fused::{agree_on, data, fused_as_plain, network};
use crate::common::training::trainer;
use crate::common::{ok, pads, same_bits};
use stridelab::backend::Backend;
use stridelab::model::geometry::Padding;
use stridelab::model::{Configuration, Network};
use stridelab::train::TrainOptions;

/// A GPU with these kernels and choices, and the shaders' bounds checks.
pub(super) fn tiled(choices: &[(&str, &str)]) -> Backend {
    let mut gpu = ok(stridelab::gpu::open(None, true));
    for (name, value) in [("tiles", "1")].iter().chain(choices) {
        gpu.tuning_mut().set(name, value).expect("a choice");
    }
    Backend::Gpu(Arc::new(gpu))
}

#[test]
fn they_compute_what_plain_kernels_do() {
    let [first, second] = [[2, 0, 1, 2], [1, 2, 0, 1]].map(|sides| Padding::Explicit(pads(sides)));
    for (tile, size, strides, paddings, counts) in [
        ("0", [28, 28], [[2; 2]; 2], [Padding::Valid; 2], [5, 5]),
        ("0", [17, 23], [[1, 2], [2, 1]], [Padding::Same, Padding::Valid], [4, 3]),
        ("0", [22, 22], [[2, 2], [1, 1]], [Padding::Same, second], [3, 3]),
        ("2", [31, 19], [[3, 1], [1, 1]], [first, Padding::Same], [3, 3]),
        ("2", [14, 15], [[1; 2]; 2], [Padding::Same; 2], [5, 3]),
    ] {
        let what = format!("tile {tile}: {size:?} {strides:?}");
        agree_on(&tiled(&[("forward_tile", tile), ("backward_tile", tile)]), &what, size, strides, paddings, counts);
    }
}

/// What the tiles do not serve runs on plain kernels.
#[test]
fn controls() {
    let backend = tiled(&[]);
    for name in [
        "stride 2, same, pool none",
        "stride 2:1, symmetric, head gap",
        "stride 1, valid, kernel 5",
        // A phase of three pixels, of which a kernel of two rows reaches two.
        "stride 1:3, same, kernel 2",
        "stride 2:3, same",
        // Three rows of taps in a phase.
        "stride 1:2, same, kernel 5",
    ] {
        let configuration: Configuration = name.parse().unwrap_or_else(|error| panic!("{error}"));
        let network = Network::new([21, 20], configuration).unwrap_or_else(|error| panic!("{name}: {error}"));
        fused_as_plain(&backend, name, &network, [21, 20], [7, 5]);
    }
}

#[test]
fn as_many_classes_as_there_is_room_for() {
    let network = network([14, 15], [[2, 1], [1, 2]], [Padding::Same; 2]).with_classes(16).expect("a network");
    fused_as_plain(&tiled(&[]), "16 classes", &network, [14, 15], [7, 5]);
}

#[test]
fn validation_and_nan() {
    let backend = tiled(&[]);
    super::fused::validates("tiles", &backend);
    super::fused::shows_nan("tiles", &backend);
}

/// Tiles differ in shape and never in the order of a sum: three steps give equal weights and losses, bit for bit, and
/// those of a replica are its own alone.
#[test]
fn no_tile_changes_a_bit() {
    let size = [20, 18];
    let data = data(8, size);
    let network = network(size, [[1, 1], [2, 1]], [Padding::Same, Padding::Valid]);
    let run = |choices: &[(&str, &str)], seeds: &[u64]| {
        let options = TrainOptions { batch_size: 3, seeds: seeds.to_vec(), ..TrainOptions::default() };
        let mut trainer = trainer(&tiled(choices), &network, &data, &options, None);
        let last = seeds.len() - 1;
        let losses: Vec<f32> = ok(trainer.first_steps(3))[last].iter().map(|&loss| loss as f32).collect();
        let weights = ok(trainer.state(last)).weights.into_iter().flat_map(|tensor| tensor.data).collect();
        [losses, weights]
    };
    let [losses, weights] = run(&[], &[1]);
    for tile in ["1", "2", "5"] {
        let choices = [("forward_tile", tile), ("backward_tile", tile), ("whole_vectors", "1")];
        let [got_losses, got_weights] = run(&choices, &[1]);
        same_bits(&format!("losses of tile {tile} by whole vectors"), &got_losses, &losses);
        same_bits(&format!("weights of tile {tile} by whole vectors"), &got_weights, &weights);
    }
    const NAMES: [&str; 4] = ["forward_tile", "backward_tile", "large_forward_tile", "large_backward_tile"];
    for tile in ["0", "1", "2", "3", "4", "5"] {
        let [got_losses, got_weights] =
            run(&[&NAMES.map(|name| (name, tile))[..], &[("large_from", "1")]].concat(), &[0, 1]);
        same_bits(&format!("losses of tile {tile}"), &got_losses, &losses);
        same_bits(&format!("weights of tile {tile}"), &got_weights, &weights);
    }
}
