//! A study that is stopped at every moment there is, and gone on with, tells and leaves what one does that never stops.

use std::collections::HashSet;
use std::num::NonZeroU32;

use super::training::{options, small};
use crate::common::ok;
use crate::common::training::{CPU, gpu, network, trainer};
use stridelab::backend::Backend;
use stridelab::model::tensor::Tensor;
use stridelab::model::{Configuration, ModelId, Network};
use stridelab::study::{self, Journal, Resume, Study};
use stridelab::train::{Divergence, Epoch, Snapshot, TrainOptions, TrainedGroup, TrainedModel};
use stridelab::{Error, Result};

/// An epoch of a model, without its seconds.
type Told = (ModelId, u32, [u64; 4], Vec<u64>, Vec<u64>);

/// Keeps what a run's directory would: rows, the latest checkpoint, finished models. It fails at one of its calls.
#[derive(Default)]
struct Memory {
    epochs: Vec<Told>,
    diverged: Vec<ModelId>,
    finished: Vec<(ModelId, Vec<Tensor>)>,
    checkpoint: Option<(Configuration, Snapshot)>,
    /// Calls until it fails.
    left: Option<usize>,
    calls: usize,
}

impl Memory {
    fn call(&mut self) -> Result<()> {
        self.calls += 1;
        match &mut self.left {
            Some(0) => return Err(Error::failure("stopped")),
            Some(left) => *left -= 1,
            None => {}
        }
        Ok(())
    }

    /// What the next sitting finds: rows after the checkpoint are cut.
    fn next_sitting(&mut self) -> Resume {
        let finished: HashSet<ModelId> = self.finished.iter().map(|(model, _)| *model).collect();
        let models = self.checkpoint.as_ref().map_or(Vec::new(), |(configuration, snapshot)| {
            let model = |&seed: &u64| ModelId { configuration: *configuration, seed };
            snapshot.seeds.iter().map(model).filter(|model| !finished.contains(model)).collect()
        });
        let known = |model: &ModelId| {
            self.checkpoint.as_ref().is_some_and(|(configuration, snapshot)| {
                *configuration == model.configuration && snapshot.diverged.iter().any(|(seed, _)| *seed == model.seed)
            })
        };
        // A divergence that no checkpoint knows of is one of an earlier group, or is found again.
        let unsettled = self.checkpoint.as_ref().map(|(configuration, _)| *configuration);
        self.diverged.retain(|model| known(model) || unsettled.is_none_or(|c| c != model.configuration));
        let diverged: HashSet<ModelId> = self.diverged.iter().copied().collect();
        let epoch = self.checkpoint.as_ref().map_or(0, |(_, snapshot)| snapshot.epoch);
        self.epochs.retain(|(model, number, ..)| {
            finished.contains(model) || diverged.contains(model) || (models.contains(model) && *number <= epoch)
        });
        self.left = None;
        if models.is_empty() {
            self.checkpoint = None;
        }
        Resume { settled: finished.union(&diverged).copied().collect(), checkpoints: vec![models] }
    }
}

impl Journal for Memory {
    fn start(&mut self, _: &Configuration, _: &Network, _: usize) -> Result<()> {
        self.call()
    }
    fn steps(&mut self, _: u32, _: usize) -> bool {
        self.call().is_ok()
    }
    fn epoch(&mut self, epoch: u32, results: &[(ModelId, &Epoch)]) -> Result<()> {
        self.call()?;
        for &(model, result) in results {
            let validation = &result.validation;
            let numbers = [result.train_loss, result.train_accuracy, validation.loss, validation.accuracy];
            let losses = result.step_losses.iter().map(|loss| loss.to_bits()).collect();
            let norms = result.gradient_norms.iter().map(|norm| norm.norm.to_bits()).collect();
            self.epochs.push((model, epoch, numbers.map(f64::to_bits), losses, norms));
        }
        Ok(())
    }
    fn resume(&mut self, models: &[ModelId]) -> Result<Option<Snapshot>> {
        let Some((configuration, snapshot)) = &self.checkpoint else { return Ok(None) };
        let seeds: Vec<u64> = models.iter().map(|model| model.seed).collect();
        let is_of_these = models[0].configuration == *configuration && snapshot.seeds.contains(&seeds[0]);
        if is_of_these { snapshot.clone().of(&seeds).map(Some) } else { Ok(None) }
    }
    fn checkpoint(&mut self, configuration: &Configuration, snapshot: &Snapshot) -> Result<()> {
        self.call()?;
        self.checkpoint = Some((*configuration, snapshot.clone()));
        Ok(())
    }
    async fn measure(&mut self, _: &[ModelId], _: TrainedGroup<'_>) -> Result<()> {
        self.call()
    }
    async fn trained(&mut self, id: ModelId, model: TrainedModel<'_>) -> Result<()> {
        self.call()?;
        self.finished.push((id, model.weights().await?));
        self.call()
    }
    fn settled(&mut self, _: &[ModelId]) -> Result<()> {
        self.call()?;
        self.checkpoint = None;
        Ok(())
    }
    fn unfinished(&mut self, _: ModelId, _: u32, _: &[Tensor]) -> Result<()> {
        Ok(())
    }
    async fn inspect(&mut self, _: ModelId, _: TrainedModel<'_>) -> Result<()> {
        Ok(())
    }
    fn diverged(&mut self, model: ModelId, _: &Divergence) -> Result<()> {
        self.call()?;
        self.diverged.push(model);
        Ok(())
    }
}

fn resumes(backend: &Backend, every: usize, learning_rate: f64, checkpoint_seconds: Option<f64>) {
    let data = small();
    let mut study = Study {
        configurations: vec![Configuration::TUTORIAL[3], Configuration::TUTORIAL[1]],
        classes: 10,
        epochs: 2,
        // Of the four steps of the first epoch the third, of the second the second.
        train: TrainOptions { learning_rate, log_gradients: NonZeroU32::new(3), ..options(&[3, 4]) },
        weights: None,
        room: u64::MAX,
        checkpoint_seconds,
        resume: Resume::default(),
    };
    let mut whole = Memory::default();
    ok(study::run(backend, &data, &study, &mut whole));
    assert!(whole.calls > 15 && whole.finished.len() + whole.diverged.len() == 4, "{}", whole.calls);
    let mut stopped = 0;
    for call in (0..whole.calls).step_by(every) {
        study.resume = Resume::default();
        let mut memory = Memory { left: Some(call), ..Memory::default() };
        stopped += usize::from(pollster::block_on(study::run(backend, &data, &study, &mut memory)).is_err());
        study.resume = memory.next_sitting();
        let what = format!("stopped at call {call}, goes on with {:?}", study.resume);
        ok(study::run(backend, &data, &study, &mut memory));
        assert!(memory.epochs == whole.epochs, "{what}: rows differ");
        assert!(memory.finished == whole.finished, "{what}: weights differ");
        assert_eq!(memory.diverged, whole.diverged, "{what}");
        assert!(memory.checkpoint.is_none(), "{what}");
    }
    // The number of calls varies with the time of steps.
    assert!(stopped * every > 10, "{stopped} sittings were stopped");
}

#[test]
fn a_stopped_study_ends_as_one_that_never_stopped_on_the_cpu() {
    resumes(&CPU, 1, 1e-3, None);
    resumes(&CPU, 1, 1e-3, Some(1e-9));
}

#[test]
fn a_stopped_study_ends_as_one_that_never_stopped_on_the_gpu() {
    resumes(gpu(), 11, 1e-3, Some(1e-9));
}

/// All models diverge in their first epoch.
#[test]
fn models_that_diverge_are_settled() {
    resumes(&CPU, 1, 1e30, None);
}

/// A snapshot at every step, put into another trainer, gives the same bits, of one model or of both.
fn every_step(backend: &Backend) {
    let network = network(2, "valid");
    let data = small();
    let options = TrainOptions { log_gradients: NonZeroU32::new(2), ..options(&[3, 4]) };
    let whole = ok(trainer(backend, &network, &data, &options, None).epoch(&mut |_| true));
    let mut stopped = trainer(backend, &network, &data, &options, None);
    stopped.begin_epoch().unwrap();
    let steps = stopped.steps_per_epoch();
    for step in 1..=steps {
        ok(stopped.advance(step, &mut |_| true));
        let snapshot = ok(stopped.snapshot());
        assert_eq!(
            (snapshot.step, snapshot.epoch, snapshot.begun.as_ref().unwrap().steps),
            (step as u32, 0, step as u32)
        );
        for seeds in [&[3, 4][..], &[4]] {
            let options = TrainOptions { seeds: seeds.to_vec(), ..options.clone() };
            let mut other = trainer(backend, &network, &data, &options, None);
            other.restore(&snapshot.clone().of(seeds).unwrap()).unwrap();
            let epochs = ok(other.epoch(&mut |_| true));
            for (epoch, expected) in epochs.iter().rev().zip(whole.iter().rev()) {
                assert_eq!(epoch.step_losses, expected.step_losses, "step {step}, seeds {seeds:?}");
                assert_eq!(epoch.validation, expected.validation, "step {step}, seeds {seeds:?}");
                assert_eq!(epoch.train_accuracy, expected.train_accuracy);
                assert_eq!(epoch.gradient_norms, expected.gradient_norms, "step {step}, seeds {seeds:?}");
                assert_eq!(epoch.gradient_norms.len(), 2 * 8);
            }
        }
    }
}

#[test]
fn a_snapshot_within_an_epoch_is_exact_on_the_cpu() {
    every_step(&CPU);
}

#[test]
fn a_snapshot_within_an_epoch_is_exact_on_the_gpu() {
    every_step(gpu());
}

#[test]
fn what_is_no_snapshot_of_this_training_is_refused() {
    let data = small();
    let make = |stride, seeds: &[u64]| trainer(&CPU, &network(stride, "valid"), &data, &options(seeds), None);
    let mut trainer = make(2, &[3, 4]);
    ok(trainer.epoch(&mut |_| true));
    let snapshot = ok(trainer.snapshot());
    let refused = |trainer: &mut stridelab::train::Trainer, snapshot: &Snapshot| {
        assert!(matches!(trainer.restore(snapshot), Err(Error::Data(_))));
    };
    refused(&mut make(1, &[3, 4]), &snapshot);
    refused(&mut make(2, &[3, 5]), &snapshot);
    refused(&mut make(2, &[3]), &snapshot);
    refused(&mut make(2, &[3, 4]), &Snapshot { step: snapshot.step + 1, ..snapshot.clone() });
    refused(&mut make(2, &[3, 4]), &Snapshot { first_losses: vec![None], ..snapshot.clone() });
    assert!(snapshot.clone().of(&[5]).is_err());
    // Of steps whose gradients were not measured.
    trainer.begin_epoch().unwrap();
    ok(trainer.advance(1, &mut |_| true));
    let within = ok(trainer.snapshot());
    let measured = TrainOptions { log_gradients: NonZeroU32::new(1), ..options(&[3, 4]) };
    refused(&mut crate::common::training::trainer(&CPU, &network(2, "valid"), &data, &measured, None), &within);
    make(2, &[3, 4]).restore(&snapshot).unwrap();
}
