//! Training on small parts of MNIST: both backends agree, results repeat bit for bit, replicas equal runs of one seed,
//! epochs continue from one another, and training can end early.

use crate::common::training::{CPU, gpu, mnist, network, part, samples, trainer};
use crate::common::{ok, same_bits};
use stridelab::Error;
use stridelab::backend::Backend;
use stridelab::data::{Dataset, Split, order};
use stridelab::model::Network;
use stridelab::model::tensor::Tensor;
use stridelab::train::{Divergence, Epoch, ModelState, TrainOptions, Trainer};

/// Batches of 16 samples, and evaluation of 25 samples at a time. The last ones are shorter.
fn options(seeds: &[u64]) -> TrainOptions {
    TrainOptions { batch_size: 16, seeds: seeds.to_vec(), evaluate_capacity: 25, ..TrainOptions::default() }
}

/// 54 training samples, which are four steps in an epoch, and 40 test samples.
fn small() -> Dataset {
    part(0..54, 40)
}

fn epoch(trainer: &mut Trainer) -> Vec<Epoch> {
    ok(trainer.epoch(&mut |_| true))
}

/// The results of a training of two epochs, without the times.
struct Run {
    epochs: Vec<Epoch>,
    tensors: Vec<Tensor>,
}

impl Run {
    /// The results of replica `r` of a trainer after `epochs`.
    fn of(trainer: &Trainer, epochs: &[Vec<Epoch>], r: usize) -> Self {
        let epochs = epochs.iter().map(|epoch| Epoch { seconds: 0.0, ..epoch[r].clone() }).collect();
        let state = ok(trainer.state(r));
        let tensors = [state.weights, ok(trainer.gradients(r)), state.first_moment, state.second_moment];
        Run { epochs, tensors: tensors.concat() }
    }

    /// The results for each seed, trained side by side.
    fn together(backend: &Backend, network: &Network, data: &Dataset, options: &TrainOptions) -> Vec<Self> {
        let mut trainer = trainer(backend, network, data, options, None);
        let epochs = [epoch(&mut trainer), epoch(&mut trainer)];
        (0..options.seeds.len()).map(|r| Run::of(&trainer, &epochs, r)).collect()
    }

    /// Panics unless both runs hold the same bits. Losses are sums of the same f32 numbers, so they are equal as well.
    #[track_caller]
    fn same(&self, other: &Self) {
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

/// Weights of 1e29 make a loss that is not finite. It is found in the next step or, after an epoch of one step, in
/// validation, and what is reported later is the first loss that was found.
fn diverges(backend: &Backend) {
    for (learning_rate, batch_size, step) in [(1e30, 16, Some(2)), (1e300, 16, Some(2)), (1e30, 54, None)] {
        for seeds in [&[0][..], &[0, 1]] {
            let options = TrainOptions { learning_rate, batch_size, ..options(seeds) };
            let mut trainer = trainer(backend, &network(2, "valid"), &small(), &options, None);
            let first = epoch(&mut trainer);
            for replica in &first {
                let divergence = replica.divergence.expect("a learning rate that no training survives");
                let Divergence { epoch, step: found, loss } = divergence;
                assert_eq!((epoch, found, loss.is_finite()), (1, step, false), "{divergence}");
                let error = divergence.error();
                assert!(error.to_string().contains("diverged") && error.exit_code() == 1, "{error}");
            }
            let second = epoch(&mut trainer);
            let first_found = |epoch: &Epoch| epoch.divergence.map(|d| (d.epoch, d.step));
            assert!(second.iter().all(|epoch| first_found(epoch) == Some((1, step))));
        }
    }
}

/// A replica that starts from an infinite weight is marked as diverged, and the replica beside it is bit for bit equal
/// to that of a run alone.
fn others_go_on(backend: &Backend) {
    let network = network(2, "valid");
    let data = small();
    let mut both = trainer(backend, &network, &data, &options(&[3, 4]), None);
    let mut broken = ok(both.state(0));
    broken.weights[6].data[0] = f32::INFINITY;
    both.set_state(0, &broken).expect("a state of this network");
    let epochs = [epoch(&mut both), epoch(&mut both)];
    assert!(epochs.iter().all(|epoch| epoch[0].divergence.is_some() && epoch[1].divergence.is_none()));
    let alone = Run::together(backend, &network, &data, &options(&[4])).remove(0);
    alone.same(&Run::of(&both, &epochs, 1));
}

#[test]
fn a_model_that_diverges_stops_no_other_on_the_cpu() {
    others_go_on(&CPU);
}

#[test]
fn a_model_that_diverges_stops_no_other_on_the_gpu() {
    others_go_on(gpu());
}

/// Any set of images can be evaluated, also in several steps. Evaluating the test set gives the result of validation.
fn evaluates(backend: &Backend) {
    let network = network(1, "valid");
    let data = small();
    let mut trainer = trainer(backend, &network, &data, &options(&[0, 1]), None);
    let epochs = epoch(&mut trainer);
    for (replica, epoch) in epochs.iter().enumerate() {
        assert_eq!(ok(trainer.evaluate(&data.test, replica)), epoch.validation);
        let of_training = ok(trainer.model(replica).evaluate(&data.train));
        assert_eq!(of_training.predicted.len(), 54);
        let single = ok(trainer.evaluate(&data.train.range(53..54), replica));
        assert_eq!(single.losses[0].to_bits(), of_training.losses[53].to_bits(), "the same sample in another batch");
    }
    assert_ne!(epochs[0].validation.losses, epochs[1].validation.losses, "two seeds");
    let wrong = samples(&data.test, 0..2);
    let wrong = Split { height: 14, width: 56, ..wrong };
    assert!(matches!(pollster::block_on(trainer.evaluate(&wrong, 0)), Err(Error::Data(_))));
    // Evaluation has not changed the model: training goes on as in a run without it.
    let asked = [epochs, epoch(&mut trainer)];
    let unasked = Run::together(backend, &network, &data, &options(&[0, 1]));
    unasked[1].same(&Run::of(&trainer, &asked, 1));
}

#[test]
fn any_images_are_evaluated_on_the_cpu() {
    evaluates(&CPU);
}

#[test]
fn any_images_are_evaluated_on_the_gpu() {
    evaluates(gpu());
}

/// The features of a layer belong to the given image, whichever image was asked about before.
fn shows_features(backend: &Backend) {
    let data = small();
    let mut trainer = trainer(backend, &network(2, "same"), &data, &options(&[5]), None);
    let first = data.train.image(7);
    let second = data.test.image(39);
    let conv1 = ok(trainer.features("conv1", first, 0));
    assert_eq!((conv1.shape, conv1.data.len()), ([14, 14, 32], 14 * 14 * 32));
    assert!(conv1.data.iter().all(|value| *value >= 0.0) && conv1.data.iter().any(|value| *value > 0.0));
    let logits = ok(trainer.features("dense2", second, 0));
    assert_eq!(logits.shape, [1, 1, 10]);
    assert_ne!(ok(trainer.features("conv1", second, 0)), conv1);
    assert_eq!(ok(trainer.model(0).features("conv1", first)), conv1);
    for (layer, image) in [("conv3", first), ("conv1", &first[1..])] {
        assert!(matches!(pollster::block_on(trainer.features(layer, image, 0)), Err(Error::Usage(_))), "{layer}");
    }
}

#[test]
fn features_of_any_image_are_shown_by_the_cpu() {
    shows_features(&CPU);
}

#[test]
fn features_of_any_image_are_shown_by_the_gpu() {
    shows_features(gpu());
}

#[test]
fn divergence_is_reported_by_the_cpu() {
    diverges(&CPU);
}

#[test]
fn divergence_is_reported_by_the_gpu() {
    diverges(gpu());
}

#[test]
fn a_limit_keeps_the_first_samples() {
    let mut limited = mnist().clone();
    limited.limit(54).expect("54 samples");
    assert!(limited.train == small().train);
}
