//! Which operations fused kernels replace, and which stay plain.

use super::*;
use crate::gpu::shaders::constant;
use crate::model::geometry::{ConvShape, PoolShape};
use crate::model::{Configuration, Network};
use crate::plan::{PlanOptions, TrainingPlan, patterns};

/// The tuning of an adapter that can run every kernel.
fn tuning(merge: bool) -> Tuning {
    let real = wgpu::AdapterInfo::new(wgpu::DeviceType::DiscreteGpu, wgpu::Backend::Vulkan);
    let info = wgpu::AdapterInfo { subgroup_min_size: 32, subgroup_max_size: 32, ..real };
    let mut tuning = Tuning::for_adapter(&info, wgpu::Features::SUBGROUP, &wgpu::Limits::default());
    assert!(tuning.lanes > 0 && tuning.tiles);
    tuning.tiles = false;
    tuning.merge = merge;
    tuning
}

fn plan(network: &Network, batch: usize) -> TrainingPlan {
    let options = PlanOptions {
        batch,
        train_samples: batch,
        test_samples: 8,
        replicas: 1,
        evaluate_capacity: 8,
        max_binding_bytes: u64::MAX,
        adam: Default::default(),
        fuse: true,
    };
    TrainingPlan::new(network, &options).unwrap()
}

/// How many kernels of a training step come from each of the fused shaders.
fn count(fused: &Fused, training: &TrainingPlan, shader: &str) -> usize {
    fused.programs[training.train_step.0].iter().filter(|kernel| kernel.shader == shader).count()
}

/// An invocation computes four elements of a tile's axis, and the lanes that share numbers are all there.
#[test]
fn constants_of_shaders_fit_together() {
    for (stem, tile) in [
        ("fused/conv2d", "TILE_PIXELS"),
        ("fused/conv_pool_backward", "TILE_ROWS"),
        ("fused/first_layer", "TILE_CHANNELS"),
        ("fused/head_gradients", "TILE_UNITS"),
        ("fused/matmul", "TILE_COLUMNS"),
    ] {
        let workgroup = constant(stem, "WORKGROUP");
        assert_eq!(constant(stem, tile), 4 * workgroup, "{stem}: {tile}");
        assert!(workgroup.is_multiple_of(8), "{stem}: {workgroup} invocations are no whole subgroups");
    }
    let subgroups = constant("fused/head", "MOST_SUBGROUPS");
    assert_eq!(constant("fused/head", "WORKGROUP"), 4 * subgroups, "as many as there are with four lanes each");
    let [workgroup, parts, part, classes] =
        ["WORKGROUP", "PARTS", "PART", "MOST_CLASSES"].map(|name| constant("tiled/head", name));
    assert_eq!([parts * classes, parts * part], [workgroup; 2], "an invocation computes a part of a logit's sum");
    let [workgroup, lanes, parts, taps, sums] =
        ["WORKGROUP_WEIGHTS", "LANES", "PARTS", "MOST_TAPS", "SUMS"].map(|name| constant("tiled/first_layer", name));
    assert_eq!([lanes * parts, (taps + 1) * workgroup], [workgroup, sums], "sums of nine taps and of the bias");
    assert_eq!(taps, 9, "as many as structure Taps has");
}

#[test]
fn the_tutorials_networks_are_fused() {
    for (configuration, merges) in Configuration::TUTORIAL.into_iter().flat_map(|c| [(c, true), (c, false)]) {
        let tuning = tuning(merges);
        let training = plan(&Network::new([28, 28], configuration).unwrap(), 64);
        let fused = fuse(&training.plan, &tuning, u64::MAX);
        let stems = ["conv_pool", "matmul", "head", "head_gradients", "conv_pool_backward", "conv2d", "first_layer"];
        let counts = stems.map(|stem| count(&fused, &training, &format!("fused/{stem}")));
        // Both convolutions forward; dense1 forward and its two gradients; the rest of the dense layers, and its
        // gradients; conv2's gradients, of which the input's has a kernel of its own; conv1's gradients.
        assert_eq!(counts, [2, 3, 1, 1, if merges { 1 } else { 2 }, 1, 1], "{configuration}");
        let all = ["plain/gather", "fused/adam", "plain/adam", "fused/partial"]
            .map(|shader| count(&fused, &training, shader));
        assert_eq!(all, if merges { [1, 1, 0, 0] } else { [1, 0, 1, 2] }, "{configuration}");
        let dispatches = fused.programs[training.train_step.0].len();
        assert_eq!(dispatches, if merges { 12 } else { 15 }, "{configuration}");
        assert_eq!(fused.programs[training.evaluate.0].len(), 5, "{configuration}");
        let plain = fuse(&Plan { fuse: false, ..training.plan.clone() }, &tuning, u64::MAX);
        assert!(plain.scratch.is_empty());
        assert_eq!(plain.programs[training.features.0], fused.programs[training.features.0], "features stay plain");
        assert_eq!(count(&plain, &training, "plain/conv2d"), 5, "{configuration}");
    }
}

/// By tiles, a step takes a dispatch for each convolution forward and backward, three for the dense layers, and two for
/// gather and Adam.
#[test]
fn tiles_take_nine_dispatches() {
    let mut tuning = tuning(true);
    tuning.tiles = true;
    for (configuration, replicas) in Configuration::TUTORIAL.into_iter().flat_map(|c| [(c, 1), (c, 100)]) {
        let network = Network::new([28, 28], configuration).unwrap();
        let mut training = plan(&network, 64);
        training.plan.replicas = replicas;
        let fused = fuse(&training.plan, &tuning, u64::MAX);
        let step: Vec<_> = fused.programs[training.train_step.0].iter().map(Kernel::name).collect();
        let expected = [
            "plain/gather.forward",
            "tiled/first_layer.forward",
            "tiled/conv_pool.forward",
            "tiled/dense.forward",
            "tiled/head.forward_backward",
            "tiled/dense_backward.backward",
            "tiled/conv_pool_backward.backward",
            "tiled/first_layer.backward_weights",
            "fused/adam.update",
        ];
        assert_eq!(step, expected, "{configuration}");
        assert_eq!(fused.programs[training.evaluate.0].len(), 5, "{configuration}");
    }
}

/// The kernel of products adds four terms at a time, and a sum over 13 samples is no multiple of four.
#[test]
fn what_does_not_fit_stays_plain() {
    let tuning = tuning(false);
    let training = plan(&Network::new([14, 14], Configuration::TUTORIAL[0]).unwrap(), 13);
    let fused = fuse(&training.plan, &tuning, u64::MAX);
    assert_eq!(count(&fused, &training, "fused/matmul"), 2);
    let (run, _) = ConvPool::at(&training.plan.programs[training.train_step.0].ops[1..]).unwrap();
    let with = |conv: ConvShape| conv_pool::fits(&tuning, &ConvPool { conv, ..run });
    let conv = run.conv;
    assert!(with(conv));
    assert!(!with(ConvShape { kernel: [5, 5], ..conv }));
    assert!(with(ConvShape { kernel: [5, 5], in_channels: 32, ..conv }));
    assert!(!with(ConvShape { in_channels: 3, ..conv }));
    assert!(!with(ConvShape { out_channels: 48, ..conv }));
    let ops = &training.plan.programs[training.train_step.0].ops;
    let (head, _) = ops.iter().enumerate().find_map(|(i, _)| patterns::DenseHead::at(&ops[i..])).unwrap();
    let with = |units, classes| {
        let mut other = head;
        other.first.product.columns = units;
        other.last.product.columns = classes;
        head::fits(&tuning, &other)
    };
    assert!(with(128, 10) && with(32, 16));
    assert!(!with(160, 10) && !with(128, 17) && !with(100, 10));
    assert!(!conv_pool::fits(&tuning, &ConvPool { pool: PoolShape { stride: [1, 2], ..run.pool }, ..run }));
}

/// Adam's kernel adds up the sums of two convolutions in its own buffer of gradients; kernels of their own add
/// up all others.
#[test]
fn sums_are_added_with_adam_or_alone() {
    let tuning = tuning(true);
    let training = plan(&Network::new([28, 28], Configuration::TUTORIAL[0]).unwrap(), 64);
    let fused = |ops: &[Op]| {
        let mut scratch = Scratch { buffers: Vec::new(), first: 100, replicas: 1 };
        let kernels = fuse_program(&tuning, ops, &mut Vec::new(), &mut scratch);
        kernels
            .iter()
            .map(|kernel| kernel.shader)
            .filter(|stem| stem.contains("partial") || stem.contains("adam"))
            .collect::<Vec<_>>()
    };
    let ops = &training.plan.programs[training.train_step.0].ops;
    let Some((Op::Adam(adam), rest)) = ops.split_last() else { panic!("{:?}", ops.last()) };
    assert_eq!(fused(ops), ["fused/adam"]);
    assert_eq!(fused(rest), ["fused/partial"; 2]);
    let elsewhere = crate::ops::Adam { g: adam.m, ..*adam };
    assert_eq!(fused(&[rest, &[Op::Adam(elsewhere)]].concat()), ["fused/partial", "fused/partial", "plain/adam"]);
}

/// Partial sums are added up before Adam or at the program's end. Until then no other run may overwrite them,
/// not even one of the same shapes. After Adam their buffers are free again.
#[test]
fn sums_that_wait_have_buffers_of_their_own() {
    let tuning = tuning(false);
    let training = plan(&Network::new([28, 28], Configuration::TUTORIAL[0]).unwrap(), 64);
    let fused = |ops: &[Op]| {
        let mut scratch = Scratch { buffers: Vec::new(), first: 100, replicas: 1 };
        let kernels = fuse_program(&tuning, ops, &mut Vec::new(), &mut scratch);
        (kernels, scratch.buffers.len())
    };
    let ops = &training.plan.programs[training.train_step.0].ops;
    let (kernels, _) = fused(&[&ops[..ops.len() - 1]; 2].concat());
    let partial = |shaders: &[&str]| -> Vec<View> {
        let of = kernels.iter().filter(|kernel| shaders.contains(&kernel.shader));
        of.flat_map(|kernel| &kernel.arguments).filter(|o| o.name == "partial").map(|o| o.view).collect()
    };
    let written = partial(&["fused/conv_pool_backward", "fused/first_layer"]);
    let added = partial(&["fused/partial"]);
    assert_eq!(written, added, "each sum is added up from the buffer that it was written to");
    assert_eq!(written.iter().map(|view| view.buffer).collect::<std::collections::HashSet<_>>().len(), 4);
    assert_eq!(written.iter().map(|view| view.len).collect::<std::collections::HashSet<_>>().len(), 2);
    assert_eq!(fused(ops).1, fused(&[ops.as_slice(); 2].concat()).1);
}
