//! One small, uneven case of what takes longest elsewhere, on the GPU without bounds checks: it tells in a second what most
//! faults of a shader change. Networks train for an epoch in which each of two models has its own order of samples.

use std::sync::Arc;

use super::fused::{self, Over, network};
use super::long_loops;
use crate::common::{FORWARD, backends, levels, ok, pads};
use stridelab::backend::Backend;
use stridelab::eager::Product;
use stridelab::model::geometry::{ConvShape, Padding, PoolShape};
use stridelab::model::{Configuration, Network};
use stridelab::train::TrainOptions;

/// The GPU with these choices.
fn gpu(choices: &[(&str, &str)]) -> Backend {
    let mut gpu = ok(stridelab::gpu::open(None, false));
    for (name, value) in choices {
        gpu.tuning_mut().set(name, value).expect("a choice");
    }
    Backend::Gpu(Arc::new(gpu))
}

fn convolution(b: &Backend) {
    let padding = Padding::Explicit(pads([1, 0, 2, 1]));
    let shape = ConvShape::new([10, 9], 5, 19, [3, 2], [2, 1], padding).expect("a shape");
    long_loops::conv2d(b, &shape, 3);
}

#[test]
fn conv2d() {
    convolution(&gpu(&[("naive_conv2d", "0")]));
}

#[test]
fn naive_conv2d() {
    convolution(&gpu(&[("naive_conv2d", "1")]));
}

#[test]
fn matmul() {
    for transpose in [false, true] {
        let product = Product { transpose_a: transpose, transpose_b: transpose, ..Product::new(19, 21, 37) };
        long_loops::matmul(&backends()[2].1, product);
    }
}

#[test]
fn max_pool() {
    let padding = Padding::Explicit(pads([1, 1, 0, 0]));
    let shape = PoolShape::new([7, 8], 3, [3, 2], [2, 1], padding).expect("a shape");
    let x: Vec<f32> = levels("x", 2 * shape.input_len()).iter().map(|v| v - 5.0).collect();
    long_loops::max_pool(&backends()[2].1, &shape, 2, &x);
}

#[test]
fn softmax() {
    long_loops::softmax(&backends()[2].1, 70, 10, FORWARD);
}

/// More classes than one invocation may go over, and than a workgroup has in two rounds.
#[test]
fn softmax_of_many_classes() {
    long_loops::softmax(&gpu(&[("loop_iterations", "100")]), 3, 4100, FORWARD);
}

/// An epoch on the GPU with these choices against the CPU's plain operations.
fn trains(choices: &[(&str, &str)], fuse: bool, network: &Network, size: [usize; 2], [samples, batch]: [usize; 2]) {
    let options = TrainOptions { shuffle: true, fuse, ..fused::options(batch) };
    let mut data = fused::data(samples, size);
    let classes = network.classes as u8;
    data.train.labels.iter_mut().zip(0..).for_each(|(label, i)| *label = (*label + i) % classes);
    let what = format!("{choices:?}, fused: {fuse}, {size:?}, batches of {batch}, {classes} classes");
    fused::agree_with_plain(&gpu(choices), &what, network, &data, &options, Over::AnEpoch);
}

fn small_network(choices: &[(&str, &str)], fuse: bool) {
    trains(choices, fuse, &network([14, 15], [[2, 1], [1, 2]], [Padding::Same; 2]), [14, 15], [7, 5]);
}

/// Several workgroups, a row of tiles that is not full, and 39 slices of the batch, of which eight are added at a time.
fn wide_network(choices: &[(&str, &str)], fuse: bool) {
    let choices = &[choices, &SLICES].concat();
    trains(choices, fuse, &network([20, 18], [[2, 1], [1, 2]], [Padding::Same; 2]), [20, 18], [78, 39]);
}

/// That, and every phase of an uneven stride, over whole cells of pooled pixels.
fn wide_networks(choices: &[(&str, &str)], fuse: bool) {
    wide_network(choices, fuse);
    let choices = &[choices, &SLICES].concat();
    let padding = Padding::Explicit(pads([2, 1, 1, 2]));
    trains(choices, fuse, &network([32, 23], [[1, 1], [3, 2]], [Padding::Valid, padding]), [32, 23], [12, 6]);
}

/// A slice for each image.
const SLICES: [(&str, &str); 2] = [("slices", "64"), ("slice_windows", "1")];

#[test]
fn plain_operations() {
    for naive in ["0", "1"] {
        small_network(&[("naive_conv2d", naive)], false);
    }
}

#[test]
fn fused_apart() {
    small_network(&[("merge", "0"), ("tiles", "0")], true);
}

#[test]
fn fused_merged() {
    small_network(&[("merge", "1"), ("tiles", "0")], true);
}

#[test]
fn tiled() {
    small_network(&[("tiles", "1"), ("forward_tile", "0"), ("backward_tile", "0")], true);
}

/// Tiles of every shape, their factors along the terms and across them; batches with every rest of a block of four rows;
/// many slices of the first dense layer's sum, and a last one that is shorter; all windows in one slice of the batch.
#[test]
fn every_tile() {
    let tiles = |tile, whole_vectors| {
        let names = ["forward_tile", "backward_tile", "large_forward_tile", "large_backward_tile"];
        [&names.map(|name| (name, tile))[..], &[("tiles", "1"), ("whole_vectors", whole_vectors)]].concat()
    };
    wide_network(&tiles("3", "1"), true);
    wide_network(&tiles("3", "0"), true);
    let small = network([14, 15], [[2, 1], [1, 2]], [Padding::Same; 2]);
    let dense = network([14, 15], [[1, 1], [1, 1]], [Padding::Same; 2]);
    for (tile, whole_vectors, network, batch, choice) in [
        ("1", "1", &small, 6, ("slices", "1")),
        ("5", "1", &small, 5, ("slices", "1")),
        ("4", "1", &dense, 8, ("split_k_workgroups", "10")),
        ("2", "1", &dense, 4, ("slices", "1")),
    ] {
        trains(&[tiles(tile, whole_vectors), vec![choice]].concat(), true, network, [14, 15], [batch + 2, batch]);
    }
}

#[test]
fn wide_apart() {
    wide_networks(&[("merge", "0"), ("tiles", "0")], true);
}

#[test]
fn wide_merged() {
    wide_networks(&[("merge", "1"), ("tiles", "0")], true);
}

#[test]
fn wide_tiled() {
    wide_networks(&[("tiles", "1")], true);
}

#[test]
fn wide_plain_operations() {
    wide_networks(&[], false);
}

/// Where an adapter can share numbers among eight lanes, it can do so among four.
#[test]
fn wide_four_lanes() {
    let Backend::Gpu(usual) = &backends()[2].1 else { unreachable!("the backend is a GPU") };
    let lanes = usual.tuning().choice("lanes").unwrap_or(0).min(4).to_string();
    let choices = [("lanes", &*lanes), ("tiles", "0")];
    wide_networks(&choices, true);
    // Each lane has as many classes as it can have.
    let network = network([14, 15], [[2, 1], [1, 2]], [Padding::Same; 2]).with_classes(14).expect("a network");
    trains(&choices, true, &network, [14, 15], [7, 5]);
}

/// Grids of several rows, which other cases would need more than 65,535 workgroups for.
#[test]
fn rows_of_workgroups() {
    // Workgroups past the end: of some kernels with rows of three, of the others with rows of five.
    for row in ["3", "5"] {
        let row = ("row_workgroups", row);
        wide_network(&[row, ("merge", "0"), ("tiles", "0")], true);
        wide_network(&[row, ("tiles", "1")], true);
    }
    wide_network(&[("row_workgroups", "5"), ("merge", "1"), ("tiles", "0")], true);
    for naive in ["0", "1"] {
        wide_network(&[("row_workgroups", "3"), ("naive_conv2d", naive)], false);
    }
}

/// Kernels of networks that differ: global average pooling, convolutions without a pool, more classes than the last
/// layers' kernel has room for.
#[test]
fn control() {
    let usual: Configuration = "stride 2:1, same".parse().expect("a configuration");
    let control: Configuration = "stride 2:1, same, pool none, head gap".parse().expect("a configuration");
    for (configuration, classes) in [(control, 10), (usual, 20)] {
        let network = Network::new([13, 12], configuration).and_then(|network| network.with_classes(classes));
        let network = network.expect("a network");
        for tiles in ["0", "1"] {
            trains(&[("tiles", tiles)], true, &network, [13, 12], [7, 5]);
        }
    }
}
