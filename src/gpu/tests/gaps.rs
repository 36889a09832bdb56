//! No kernel writes past its tensor. What one replica writes past its own would land in the next one's, which a device that
//! works in order overwrites later; so here the replicas lie apart, and what lies between them must stay as it was.

use std::sync::Arc;

use crate::gpu::{GpuExecutor, open};
use crate::model::Network;
use crate::plan::{Buffer, BufferId, Element, PlanOptions, Samples, State, StepRecord, TrainingPlan, View};
use crate::random::Stream;

/// Elements between two replicas: further than a workgroup past the end writes here.
const GAP: usize = 1 << 15;
const REPLICAS: usize = 3;
/// What lies in gaps of numbers: NaN shows in all that is computed from it.
const NUMBER: u32 = 0x7fc0_5afe;
/// What lies in gaps of whole numbers: a label, a sample or the winner of a pool window.
const INTEGER: u32 = 3;

/// What lies behind a tensor of a model.
struct Gap {
    /// The tensor's name.
    name: String,
    mark: u32,
    view: View,
}

/// Three models that train side by side, `gap` elements apart.
struct Apart {
    executor: GpuExecutor,
    training: TrainingPlan,
    gap: usize,
}

impl Apart {
    fn new(choices: &[(&str, &str)], fuse: bool, network: &Network, gap: usize) -> Self {
        let mut gpu = pollster::block_on(open(None, false)).unwrap();
        choices.iter().for_each(|(name, value)| gpu.tuning_mut().set(name, value).unwrap());
        let options = PlanOptions {
            batch: 5,
            train_samples: 8,
            test_samples: 7,
            replicas: REPLICAS,
            evaluate_capacity: 8,
            max_binding_bytes: u64::MAX,
            adam: Default::default(),
            fuse,
        };
        let training = TrainingPlan::new(network, &options).unwrap();
        let executor = GpuExecutor::allocate(Arc::new(gpu), &training.plan, gap).unwrap();
        let mut apart = Apart { executor, training, gap };
        for samples in [apart.training.train, apart.training.test] {
            apart.upload(samples, network.classes);
        }
        (0..REPLICAS).for_each(|replica| apart.fill(replica));
        apart
    }

    fn write<T: bytemuck::NoUninit>(&mut self, view: View, replica: usize, values: &[T]) {
        self.executor.write(view, replica, bytemuck::cast_slice(values)).unwrap();
    }

    fn read(&self, view: View, replica: usize) -> Vec<u8> {
        pollster::block_on(self.executor.read(view, replica)).unwrap()
    }

    /// Images, labels, and for each model an order of its own.
    fn upload(&mut self, samples: Samples, classes: usize) {
        let images = self.training.plan.whole(samples.images);
        let bytes: Vec<u8> = (0..images.len).map(|i| (i * 31 % 251) as u8).collect();
        self.write(images, 0, &bytes);
        let labels: Vec<u32> = (0..samples.count).map(|i| (i % classes) as u32).collect();
        self.write(self.training.plan.whole(samples.labels), 0, &labels);
        for replica in 0..REPLICAS {
            let order: Vec<u32> = (0..samples.count).map(|i| ((i * 5 + replica) % samples.count) as u32).collect();
            self.write(self.training.plan.whole(samples.order), replica, &order);
        }
    }

    /// Weights, and the mark in all that lies between tensors of gradients and behind those of a model.
    fn fill(&mut self, replica: usize) {
        for Gap { mark, view, .. } in self.gaps() {
            self.write(view, replica, &vec![mark; view.len]);
        }
        let State { parameters, gradients, .. } = self.training.state;
        let mut stream = Stream::new(replica as u64, "weights");
        let mut marked = vec![NUMBER; self.training.plan.parameters_len];
        for tensor in self.training.plan.parameters.clone() {
            let weights: Vec<f32> = (0..tensor.len).map(|_| stream.uniform() as f32 - 0.5).collect();
            self.write(self.training.plan.parameter(&tensor.name, parameters), replica, &weights);
            marked[tensor.offset..][..tensor.len].fill(0);
        }
        self.write(self.training.plan.whole(gradients), replica, &marked);
    }

    /// The gaps behind the tensors of a model.
    fn gaps(&self) -> Vec<Gap> {
        let own = self.executor.specs().iter().enumerate().filter(|(_, spec)| self.gap > 0 && spec.replicas > 1);
        let behind = |(i, spec): (usize, &Buffer)| {
            let mark = if spec.element == Element::F32 { NUMBER } else { INTEGER };
            let view = View { buffer: BufferId(i), offset: spec.len - self.gap, len: self.gap };
            Gap { name: spec.name.clone(), mark, view }
        };
        own.map(behind).collect()
    }

    /// Two steps, the second of a smaller batch, and a validation pass.
    fn run(&mut self) {
        let step = |start: u32, n: u32| StepRecord { start, n, alpha: 1e-3, out: start };
        let TrainingPlan { train_step, evaluate, .. } = self.training;
        for (program, steps) in [(train_step, &[step(0, 5), step(5, 3)][..]), (evaluate, &[step(0, 7)])] {
            self.executor.set_records(program, steps).unwrap();
            pollster::block_on(self.executor.run(program, 0..steps.len(), &mut |_| true)).unwrap();
        }
    }

    /// Panics where a mark is gone.
    fn check(&self, what: &str) {
        let touched = |bytes: &[u8], mark: u32| bytes.chunks_exact(4).position(|word| word != mark.to_le_bytes());
        let plan = &self.training.plan;
        for replica in 0..REPLICAS {
            for Gap { name, mark, view } in self.gaps() {
                let found = touched(&self.read(view, replica), mark);
                assert_eq!(found, None, "{what}: {name} of replica {replica}, so far past its end");
            }
            let gradients = self.read(plan.whole(self.training.state.gradients), replica);
            let ends = plan.parameters[1..].iter().map(|next| next.offset).chain([plan.parameters_len]);
            for (tensor, end) in plan.parameters.iter().zip(ends) {
                let found = touched(&gradients[4 * (tensor.offset + tensor.len)..4 * end], NUMBER);
                assert_eq!(found, None, "{what}: gradient of {}, so far past its end", tensor.name);
            }
        }
    }

    /// The parameters, losses and classes of all models.
    fn results(&self) -> Vec<Vec<u8>> {
        let TrainingPlan { plan, state, train, test, .. } = &self.training;
        let samples = [train.losses, train.predicted, test.losses, test.predicted].map(|buffer| plan.whole(buffer));
        let parameters = plan.parameters.iter().map(|tensor| plan.parameter(&tensor.name, state.parameters));
        let views: Vec<View> = parameters.chain(samples).collect();
        (0..REPLICAS).flat_map(|replica| views.iter().map(move |&view| self.read(view, replica))).collect()
    }
}

/// What models that lie `gap` elements apart compute.
fn results(choices: &[(&str, &str)], fuse: bool, network: &Network, gap: usize) -> Vec<Vec<u8>> {
    let mut apart = Apart::new(choices, fuse, network, gap);
    apart.run();
    apart.check(&format!("{choices:?}"));
    apart.results()
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

fn network(size: [usize; 2], configuration: &str) -> Network {
    Network::new(size, configuration.parse().unwrap()).unwrap()
}

/// Uneven images and strides. Hardly a tensor fills whole workgroups.
fn small() -> Network {
    network([13, 11], "stride 2x1:1x2, same")
}

/// The same, with a sum of several slices in the first dense layer.
fn larger() -> Network {
    network([15, 14], "stride 2x1:1x2, same")
}

/// Global average pooling, and convolutions without a pool.
fn control() -> Network {
    network([13, 11], "stride 2:1, same, pool none, head gap")
}

/// The usual grids, and grids of several rows.
fn with_rows(choices: &[(&str, &str)], fuse: bool) {
    stays_inside_in_rows(choices, fuse, &small(), &["65535", "3"]);
    stays_inside_in_rows(choices, fuse, &larger(), &["3", "5"]);
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
    let large = [("tiles", "1"), ("forward_tile", "3"), ("backward_tile", "3")];
    stays_inside_in_rows(&large, true, &small(), &["65535", "3"]);
    // A last slice of the dense layer's sum that is shorter than the others.
    stays_inside(&[("tiles", "1"), ("split_k_workgroups", "6")], true, &larger());
}

#[test]
fn control_networks() {
    for (tiles, classes) in [("0", 10), ("1", 10), ("0", 20), ("1", 20)] {
        stays_inside(&[("tiles", tiles)], true, &control().with_classes(classes).unwrap());
    }
}
