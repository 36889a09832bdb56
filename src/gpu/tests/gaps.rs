//! No kernel writes past its tensor. What one replica writes past its own would land in the next one's, which a device that
//! works in order overwrites later; so here the replicas lie apart, and what lies between them must stay as it was.

use std::sync::Arc;

use crate::gpu::{GpuExecutor, open};
use crate::model::Network;
use crate::plan::{BufferId, PlanOptions, StepRecord, TrainingPlan, View};
use crate::random::Stream;

/// Elements between two replicas: further than a workgroup past the end writes here.
const GAP: usize = 1 << 15;
const REPLICAS: usize = 3;
/// What lies in the gaps, a NaN: what reads it shows it.
const UNTOUCHED: u32 = 0x7fc0_5afe;

/// Two steps of training, the second of a smaller batch, and one of evaluation, with `gap` elements between replicas: the
/// parameters, losses and classes. It panics where something was written into a gap.
fn results(choices: &[(&str, &str)], fuse: bool, network: &Network, gap: usize) -> Vec<Vec<u8>> {
    let mut gpu = pollster::block_on(open(None, false)).unwrap();
    choices.iter().for_each(|(name, value)| gpu.tuning_mut().set(name, value).unwrap());
    let (batch, train_samples, test_samples) = (5, 8, 7);
    let options = PlanOptions {
        batch,
        train_samples,
        test_samples,
        replicas: REPLICAS,
        evaluate_capacity: 8,
        max_binding_bytes: u64::MAX,
        adam: Default::default(),
        fuse,
    };
    let training = TrainingPlan::new(network, &options).unwrap();
    let (plan, state) = (&training.plan, training.state);
    let mut executor = GpuExecutor::allocate(Arc::new(gpu), plan, gap).unwrap();
    let specs = executor.specs().to_vec();
    let between = |len: usize| View { offset: len - gap, len: gap, buffer: BufferId(0) };
    for (buffer, spec) in specs.iter().enumerate().filter(|(_, spec)| spec.replicas > 1) {
        let view = View { buffer: BufferId(buffer), ..between(spec.len) };
        for replica in 0..REPLICAS {
            executor.write(view, replica, bytemuck::cast_slice(&vec![UNTOUCHED; gap])).unwrap();
        }
    }
    let whole = |buffer| plan.whole(buffer);
    for (samples, count) in [(training.train, train_samples), (training.test, test_samples)] {
        let images = whole(samples.images);
        let bytes: Vec<u8> = (0..images.len).map(|i| (i * 31 % 251) as u8).collect();
        executor.write(images, 0, &bytes).unwrap();
        let labels: Vec<u32> = (0..count).map(|i| (i % network.classes) as u32).collect();
        executor.write(whole(samples.labels), 0, bytemuck::cast_slice(&labels)).unwrap();
        for replica in 0..REPLICAS {
            let order: Vec<u32> = (0..count).map(|i| ((i * 5 + replica) % count) as u32).collect();
            executor.write(whole(samples.order), replica, bytemuck::cast_slice(&order)).unwrap();
        }
    }
    for replica in 0..REPLICAS {
        let mut stream = Stream::new(replica as u64, "weights");
        // What lies between the tensors of one replica must stay as it was, too.
        let mut gradients = vec![UNTOUCHED; plan.parameters_len];
        for tensor in &plan.parameters {
            let weights: Vec<f32> = (0..tensor.len).map(|_| stream.uniform() as f32 - 0.5).collect();
            let view = plan.parameter(&tensor.name, state.parameters);
            executor.write(view, replica, bytemuck::cast_slice(&weights)).unwrap();
            gradients[tensor.offset..][..tensor.len].fill(0);
        }
        executor.write(whole(state.gradients), replica, bytemuck::cast_slice(&gradients)).unwrap();
    }
    let step = |start: usize, n: usize| StepRecord { start: start as u32, n: n as u32, alpha: 1e-3, out: start as u32 };
    let steps = [step(0, batch), step(batch, train_samples - batch)];
    for (program, steps) in [(training.train_step, &steps[..]), (training.evaluate, &[step(0, test_samples)])] {
        executor.set_records(program, steps).unwrap();
        pollster::block_on(executor.run(program, 0..steps.len(), &mut |_| true)).unwrap();
    }
    let read = |view, replica| pollster::block_on(executor.read(view, replica)).unwrap();
    let touched = |bytes: &[u8]| bytes.chunks_exact(4).position(|word| word != UNTOUCHED.to_le_bytes());
    for (buffer, spec) in specs.iter().enumerate().filter(|(_, spec)| gap > 0 && spec.replicas > 1) {
        for replica in 0..REPLICAS {
            let view = View { buffer: BufferId(buffer), ..between(spec.len) };
            let found = touched(&read(view, replica));
            assert_eq!(found, None, "{choices:?}: {} of replica {replica}, so far past its end", spec.name);
        }
    }
    for replica in 0..REPLICAS {
        let gradients = read(whole(state.gradients), replica);
        let ends = plan.parameters[1..].iter().map(|next| next.offset).chain([plan.parameters_len]);
        for (tensor, end) in plan.parameters.iter().zip(ends) {
            let found = touched(&gradients[4 * (tensor.offset + tensor.len)..4 * end]);
            assert_eq!(found, None, "{choices:?}: gradient of {}, so far past its end", tensor.name);
        }
    }
    let [train, test] = [training.train, training.test];
    let kept = [train.losses, train.predicted, test.losses, test.predicted].map(whole);
    let parameters = plan.parameters.iter().map(|tensor| plan.parameter(&tensor.name, state.parameters));
    let kept: Vec<View> = parameters.chain(kept).collect();
    (0..REPLICAS).flat_map(|replica| kept.iter().map(move |&view| (view, replica))).map(|(v, r)| read(v, r)).collect()
}

fn stays_inside(choices: &[(&str, &str)], fuse: bool, network: &Network) {
    stays_inside_in_rows(choices, fuse, network, &["65535"]);
}

/// Grids whose rows are so long, of which the results are the same, too.
fn stays_inside_in_rows(choices: &[(&str, &str)], fuse: bool, network: &Network, rows: &[&str]) {
    let expected = results(choices, fuse, network, 0);
    for row in rows {
        let choices = [choices, &[("row_workgroups", *row)]].concat();
        let apart = results(&choices, fuse, network, GAP);
        assert!(apart == expected, "{choices:?}: results depend on what lies between replicas");
    }
}

fn network(configuration: &str) -> Network {
    Network::new([15, 14], configuration.parse().unwrap()).unwrap()
}

/// Uneven images and strides.
fn small() -> Network {
    network("stride 2x1:1x2, same")
}

/// Global average pooling, and convolutions without a pool.
fn control() -> Network {
    network("stride 2:1, same, pool none, head gap")
}

/// The usual grids, and grids of several rows.
fn with_rows(choices: &[(&str, &str)], fuse: bool) {
    stays_inside_in_rows(choices, fuse, &small(), &["65535", "3", "5"]);
}

#[test]
fn plain_operations() {
    for naive in ["0", "1"] {
        with_rows(&[("naive_conv2d", naive)], false);
    }
}

/// Sums of several parts, and softmax of a row by a workgroup.
#[test]
fn plain_operations_in_parts() {
    let control = control();
    for network in [small(), control.clone().with_classes(120).unwrap(), control] {
        stays_inside(&[("loop_iterations", "100")], false, &network);
    }
}

#[test]
fn fused_apart() {
    with_rows(&[("tiles", "0"), ("merge", "0")], true);
}

#[test]
fn fused_merged() {
    with_rows(&[("tiles", "0"), ("merge", "1")], true);
}

#[test]
fn tiled() {
    with_rows(&[("tiles", "1")], true);
}

#[test]
fn control_networks() {
    for (tiles, classes) in [("0", 10), ("1", 10), ("0", 20), ("1", 20)] {
        stays_inside(&[("tiles", tiles)], true, &control().with_classes(classes).unwrap());
    }
}
