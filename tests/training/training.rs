//! Training on small parts of MNIST: both backends agree, results repeat bit for bit, replicas equal runs of one seed,
//! epochs continue from one another, and training can end early.

use crate::common::training::{CPU, gpu, mnist, network, part, samples, trainer};
use crate::common::{ok, same_bits};
use stridelab::Error;
use stridelab::backend::Backend;
use stridelab::data::{Dataset, order};
use stridelab::model::Network;
use stridelab::model::tensor::Tensor;
use stridelab::train::{Epoch, ModelState, TrainOptions, Trainer};

/// Batches of 16 samples, and evaluation of 25 samples at a time. The last ones are shorter.
pub(super) fn options(seeds: &[u64]) -> TrainOptions {
    TrainOptions { batch_size: 16, seeds: seeds.to_vec(), evaluate_capacity: 25, ..TrainOptions::default() }
}

/// 54 training samples, which are four steps in an epoch, and 40 test samples.
pub(super) fn small() -> Dataset {
    part(0..54, 40)
}

pub(super) fn epoch(trainer: &mut Trainer) -> Vec<Epoch> {
    ok(trainer.epoch(&mut |_| true))
}

/// The results of a training of two epochs, without the times.
pub(super) struct Run {
    pub(super) epochs: Vec<Epoch>,
    tensors: Vec<Tensor>,
}

impl Run {
    /// The results of replica `r` of a trainer after `epochs`.
    pub(super) fn of(trainer: &Trainer, epochs: &[Vec<Epoch>], r: usize) -> Self {
        let epochs = epochs.iter().map(|epoch| Epoch { seconds: 0.0, ..epoch[r].clone() }).collect();
        let state = ok(trainer.state(r));
        let tensors = [state.weights, ok(trainer.gradients(r)), state.first_moment, state.second_moment];
        Run { epochs, tensors: tensors.concat() }
    }

    /// The results for each seed, trained side by side.
    pub(super) fn together(backend: &Backend, network: &Network, data: &Dataset, options: &TrainOptions) -> Vec<Self> {
        let mut trainer = trainer(backend, network, data, options, None);
        let epochs = [epoch(&mut trainer), epoch(&mut trainer)];
        (0..options.seeds.len()).map(|r| Run::of(&trainer, &epochs, r)).collect()
    }

    /// Panics unless both runs hold the same bits. Losses are sums of the same f32 numbers, so they are equal as well.
    #[track_caller]
    pub(super) fn same(&self, other: &Self) {
        assert_eq!(self.epochs, other.epochs);
        assert_eq!(self.tensors.len(), other.tensors.len());
        for (a, b) in self.tensors.iter().zip(&other.tensors) {
            assert_eq!((&a.name, &a.shape), (&b.name, &b.shape));
            same_bits(&a.name, &a.data, &b.data);
        }
    }
}

/// Compares the losses of the steps of an epoch, of the whole epoch and of the test set, with shuffled samples and a
/// short last batch. The difference measured on a software adapter is 1.2e-7. Where a near-tie in a pooling window is
/// decided differently, ten steps may differ by 1e-5. The specification allows 1e-3.
#[test]
fn the_gpu_follows_the_cpu() {
    let data = part(0..150, 40);
    for (stride, padding) in crate::common::fixtures::CONFIGURATIONS {
        let options = TrainOptions { batch_size: 14, ..options(&[3]) };
        let network = network(stride, padding);
        let [cpu, gpu] = [&CPU, gpu()].map(|b| epoch(&mut trainer(b, &network, &data, &options, None)).remove(0));
        assert_eq!((cpu.step_losses.len(), gpu.step_losses.len()), (11, 11));
        let case = format!("stride {stride}, {padding}");
        let near = |what: &str, cpu: f64, gpu: f64| {
            println!("{case}: {what}: {:.1e}", (cpu - gpu).abs());
            assert!((cpu - gpu).abs() <= 5e-5, "{case}: {what}: {cpu} on the CPU, {gpu} on the GPU");
        };
        for (i, (cpu, gpu)) in cpu.step_losses.iter().zip(&gpu.step_losses).enumerate() {
            near(&format!("loss of step {}", i + 1), *cpu, *gpu);
        }
        near("training loss", cpu.train_loss, gpu.train_loss);
        near("validation loss", cpu.validation.loss, gpu.validation.loss);
        assert_eq!(
            (cpu.train_accuracy, cpu.validation.accuracy),
            (gpu.train_accuracy, gpu.validation.accuracy),
            "{case}"
        );
    }
}

fn bits(backend: &Backend) {
    let network = network(2, "same");
    let data = small();
    let run = |seed| Run::together(backend, &network, &data, &options(&[seed])).remove(0);
    let first = run(5);
    let other = run(6);
    first.same(&run(5));
    assert_ne!(first.epochs, other.epochs);
    for (a, b) in first.tensors.iter().zip(&other.tensors) {
        assert!(a.data != b.data, "{} does not depend on the seed", a.name);
    }
}

#[test]
fn a_seed_gives_the_same_bits_on_the_cpu() {
    bits(&CPU);
}

#[test]
fn a_seed_gives_the_same_bits_on_the_gpu() {
    bits(gpu());
}

fn replicas(backend: &Backend) {
    let data = small();
    for padding in ["same", "valid"] {
        let network = network(2, padding);
        let seeds = [7, 0, u64::MAX];
        let together = Run::together(backend, &network, &data, &options(&seeds));
        for (seed, replica) in seeds.iter().zip(&together) {
            replica.same(&Run::together(backend, &network, &data, &options(&[*seed]))[0]);
        }
    }
}

#[test]
fn replicas_are_solo_runs_on_the_cpu() {
    replicas(&CPU);
}

#[test]
fn replicas_are_solo_runs_on_the_gpu() {
    replicas(gpu());
}

#[cfg(feature = "parallel")]
#[test]
fn the_number_of_threads_changes_nothing() {
    let data = small();
    for (stride, padding) in [(1, "valid"), (2, "same")] {
        let network = network(stride, padding);
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool of threads");
            pool.install(|| Run::together(&CPU, &network, &data, &options(&[1])).remove(0))
        };
        run(1).same(&run(3));
    }
}

/// With a learning rate of 0, the loss of a sample is the same alone and in a batch, in any order, in the short batch
/// and in validation. The loss of each step therefore shows which samples it was computed from.
fn losses(backend: &Backend) {
    let mut data = small();
    data.test = samples(&data.train, 0..54);
    let network = network(2, "same");
    let still = TrainOptions { learning_rate: 0.0, ..options(&[9]) };
    let single = TrainOptions { batch_size: 1, shuffle: false, ..still.clone() };
    let single = epoch(&mut trainer(backend, &network, &data, &single, None)).remove(0);
    let mean =
        |samples: &[u32]| samples.iter().map(|&i| single.step_losses[i as usize]).sum::<f64>() / samples.len() as f64;
    let mut trainer = trainer(backend, &network, &data, &still, None);
    for number in 1..=2 {
        let epoch = epoch(&mut trainer).remove(0);
        let order = order(9, number, 54, true);
        let want: Vec<f64> = order.chunks(16).map(mean).collect();
        assert_eq!(epoch.step_losses.len(), want.len());
        let whole = [(epoch.train_loss, mean(&order)), (epoch.validation.loss, mean(&order))];
        for (i, (got, want)) in epoch.step_losses.into_iter().zip(want).chain(whole).enumerate() {
            assert!((got - want).abs() <= 5e-7, "epoch {number}, loss {i}: {got}, expected {want}");
        }
        assert_eq!([epoch.train_accuracy, epoch.validation.accuracy], [single.train_accuracy; 2]);
        assert!(0.0 < epoch.validation.accuracy && epoch.validation.accuracy < 1.0);
    }
}

#[test]
fn a_steps_loss_is_the_mean_over_its_samples_on_the_cpu() {
    losses(&CPU);
}

#[test]
fn a_steps_loss_is_the_mean_over_its_samples_on_the_gpu() {
    losses(gpu());
}

/// The second epoch equals the first epoch of a run that starts from the weights, moments and step count at the end of
/// the first one. With another step count it differs.
fn epochs(backend: &Backend) {
    let network = network(2, "valid");
    let data = small();
    let in_order = TrainOptions { shuffle: false, ..options(&[2]) };
    let mut whole = trainer(backend, &network, &data, &in_order, None);
    let first = epoch(&mut whole);
    let state = ok(whole.state(0));
    assert_eq!((state.step, state.epoch), (4, 1));
    let second = [epoch(&mut whole)];
    let second = Run::of(&whole, &second, 0);
    let resumed = |steps| {
        let mut trainer = trainer(backend, &network, &data, &in_order, None);
        trainer.set_state(0, &ModelState { step: steps, ..state.clone() }).expect("a state of this network");
        let epochs = [epoch(&mut trainer)];
        Run::of(&trainer, &epochs, 0)
    };
    assert_eq!(first[0].step_losses.len(), 4);
    second.same(&resumed(4));
    assert_ne!(second.epochs[0].validation.loss, resumed(3).epochs[0].validation.loss);
}

#[test]
fn steps_count_through_the_epochs_on_the_cpu() {
    epochs(&CPU);
}

#[test]
fn steps_count_through_the_epochs_on_the_gpu() {
    epochs(gpu());
}

/// Where the callback returns false, the epoch ends between two steps, and the next epoch runs to its end.
fn interrupted(backend: &Backend) {
    let network = network(2, "valid");
    let data = small();
    let mut trainer = trainer(backend, &network, &data, &options(&[0, 1, 2]), None);
    let mut run = |go_on| {
        let mut asked = Vec::new();
        let ended = pollster::block_on(trainer.epoch(&mut |done| {
            asked.push(done);
            go_on
        }));
        (ended, asked)
    };
    let (ended, asked) = run(false);
    assert_eq!(ended, Err(Error::Interrupted));
    assert!(asked.len() == 1 && (1..=4).contains(&asked[0]), "asked again after a no: {asked:?}");
    let (ended, asked) = run(true);
    assert!(ended.is_ok_and(|epochs| epochs[0].step_losses.len() == 4));
    assert!(asked.is_sorted() && asked.last() == Some(&4), "{asked:?}");
    // Training calls once all steps are done, and then validation calls again.
    let mut complete = 0;
    let ended = pollster::block_on(trainer.epoch(&mut |done| {
        complete += usize::from(done == 4);
        complete < 2
    }));
    assert_eq!((ended, complete), (Err(Error::Interrupted), 2));
}

#[test]
fn no_from_progress_interrupts_the_cpu() {
    interrupted(&CPU);
}

#[test]
fn no_from_progress_interrupts_the_gpu() {
    interrupted(gpu());
}

#[test]
fn a_limit_keeps_the_first_samples() {
    let mut limited = mnist().clone();
    limited.limit(54).expect("54 samples");
    assert!(limited.train == small().train);
}
