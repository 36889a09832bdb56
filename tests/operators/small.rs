//! One small, uneven case of what takes longest elsewhere, on the GPU without bounds checks: it tells in a second what most
//! faults of a shader change.

use std::sync::Arc;

use super::fused::{agree_on, fused_as_plain, network};
use super::{fused, long_loops};
use crate::common::{FORWARD, backends, ok};
use stridelab::backend::Backend;
use stridelab::eager::Product;
use stridelab::model::Configuration;
use stridelab::model::Network;
use stridelab::model::geometry::{ConvShape, Padding, Pads, PoolShape};

/// The GPU with these choices.
fn gpu(choices: &[(&str, &str)]) -> Backend {
    let mut gpu = ok(stridelab::gpu::open(None, false));
    for (name, value) in choices {
        gpu.tuning_mut().set(name, value).expect("a choice");
    }
    Backend::Gpu(Arc::new(gpu))
}

fn convolution(b: &Backend) {
    let padding = Padding::Explicit(Pads { top: 1, left: 0, bottom: 2, right: 1 });
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
    let padding = Padding::Explicit(Pads { top: 1, left: 1, bottom: 0, right: 0 });
    let shape = PoolShape::new([7, 8], 3, [3, 2], [2, 1], padding).expect("a shape");
    let x: Vec<f32> = crate::common::levels("x", 2 * shape.input_len()).iter().map(|v| v - 5.0).collect();
    long_loops::max_pool(&backends()[2].1, &shape, 2, &x);
}

#[test]
fn softmax() {
    for (rows, classes) in [(70, 10), (3, 700)] {
        long_loops::softmax(&backends()[2].1, rows, classes, FORWARD);
    }
}

/// The plain operations of a network as a whole, for two models.
#[test]
fn plain_operations() {
    let pads = Padding::Explicit(crate::common::pads([2, 0, 1, 2]));
    let network = network([17, 22], [[2, 1], [1, 2]], [pads, Padding::Same]);
    for naive in ["0", "1"] {
        let backend = gpu(&[("naive_conv2d", naive)]);
        fused::plain_agrees(&backend, &format!("naive {naive}, plain"), &network, [17, 22], [7, 5]);
    }
}

#[test]
fn fused_apart() {
    for_both_layers(&gpu(&[("merge", "0")]), "apart");
}

#[test]
fn fused_merged() {
    for_both_layers(&gpu(&[("merge", "1")]), "merged");
}

#[test]
fn tiled() {
    for_both_layers(&gpu(&[("tiles", "1"), ("forward_tile", "0"), ("backward_tile", "0")]), "tiled");
}

fn for_both_layers(backend: &Backend, what: &str) {
    agree_on(backend, what, [14, 15], [[2, 1], [1, 2]], [Padding::Same; 2], [7, 5]);
}

/// Several workgroups, and eleven slices of the batch, of which eight are added at a time.
fn for_many_slices(backend: &Backend, what: &str) {
    agree_on(backend, what, [20, 18], [[2, 1], [1, 2]], [Padding::Same; 2], [13, 11]);
}

const SLICES: [(&str, &str); 2] = [("slices", "64"), ("slice_windows", "1")];

#[test]
fn wide_apart() {
    let [slices, windows] = SLICES;
    for_many_slices(&gpu(&[slices, windows, ("merge", "0")]), "wide, apart");
}

#[test]
fn wide_merged() {
    let [slices, windows] = SLICES;
    for_many_slices(&gpu(&[slices, windows, ("merge", "1")]), "wide, merged");
}

/// Grids of several rows, which other cases would need more than 65,535 workgroups for.
#[test]
fn rows_of_workgroups() {
    for (what, choices) in [
        ("apart", [("merge", "0"), ("tiles", "0")]),
        ("merged", [("merge", "1"), ("tiles", "0")]),
        ("tiles", [("merge", "1"), ("tiles", "1")]),
    ] {
        for_many_slices(&gpu(&[&choices[..], &[("row_workgroups", "3")]].concat()), &format!("rows, {what}"));
    }
    let network = network([20, 18], [[2, 1], [1, 2]], [Padding::Same; 2]);
    for naive in ["0", "1"] {
        let backend = gpu(&[("naive_conv2d", naive), ("row_workgroups", "3")]);
        fused::plain_agrees(&backend, &format!("rows, naive {naive}, plain"), &network, [20, 18], [13, 11]);
    }
}

/// Where an adapter can share numbers among eight lanes, it can do so among four.
#[test]
fn wide_four_lanes() {
    let [slices, windows] = SLICES;
    let Backend::Gpu(usual) = &backends()[2].1 else { unreachable!("the backend is a GPU") };
    let lanes = usual.tuning().choice("lanes").unwrap_or(0).min(4).to_string();
    for_many_slices(&gpu(&[slices, windows, ("lanes", &lanes)]), "wide, four lanes");
}

/// Global average pooling and convolutions without a pool.
#[test]
fn control() {
    let configuration: Configuration = "stride 2:1, same, pool none, head gap".parse().expect("a configuration");
    let network = Network::new([13, 12], configuration).expect("a network");
    fused_as_plain(&gpu(&[]), "control", &network, [13, 12], [7, 5]);
}
