//! One network at one batch size: the check, then the clock.

use std::fmt;

use super::clock::{Timed, sample_in_turn};
use super::parts::{activation_bytes, bytes, macs, parts};
use super::{BenchOptions, check, peak};
use crate::backend::{Backend, Executor};
use crate::data::{Dataset, order};
use crate::error::Result;
use crate::model::init;
use crate::model::{Configuration, Network};
use crate::ops::Op;
use crate::parity::STEPS;
use crate::plan::{Plan, Program, ProgramId, StepRecord, TrainingPlan, upload};
use crate::record::{Cost, InferenceRow, NetworkCost, Pass};
use crate::train::{TrainOptions, Trainer};

/// Most steps of a sample.
const MOST: usize = 1000;

/// A network and the samples of its steps.
#[derive(Debug, Clone, Copy)]
pub(super) struct NetworkAtBatch {
    pub configuration: Configuration,
    pub batch: usize,
}

impl fmt::Display for NetworkAtBatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, batch {}", self.configuration, self.batch)
    }
}

/// A network to be measured.
pub(super) struct Work {
    name: NetworkAtBatch,
    network: Network,
    /// As many batches as the check takes, for training and inference alike.
    data: Dataset,
    train: TrainOptions,
    /// Bytes of the plan's buffers.
    pub(super) bytes: u64,
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.name.fmt(f)
    }
}

impl Work {
    /// # Errors
    /// [`crate::Error::Usage`] for what makes no network or no plan.
    ///
    /// # Panics
    /// For a batch of 0 or of more samples than there are.
    pub(super) fn new(backend: &Backend, data: &Dataset, name: NetworkAtBatch, options: &BenchOptions) -> Result<Self> {
        let NetworkAtBatch { configuration, batch } = name;
        assert!((1..=data.train.count).contains(&batch), "a batch of {batch} of {} samples", data.train.count);
        let network = Network::new([data.train.height, data.train.width], configuration)?;
        let mut part = data.clone();
        // Whole batches only.
        part.limit(STEPS.min(data.train.count / batch) * batch)?;
        part.test = part.train.clone();
        let train = TrainOptions {
            batch_size: batch,
            evaluate_capacity: batch,
            fuse: options.fuse,
            shuffle: false,
            ..TrainOptions::default()
        };
        let bytes = TrainingPlan::new(&network, &train.plan_options(backend, &part))?.plan.bytes();
        Ok(Work { name, network, data: part, train, bytes })
    }

    pub(super) fn configuration(&self) -> Configuration {
        self.name.configuration
    }

    /// The largest difference of a loss from the plain CPU's.
    ///
    /// # Errors
    /// [`Error::Check`] where it is more than `allowed`.
    pub(super) async fn check(&self, backend: &Backend, allowed: f64) -> Result<f64> {
        let mut ours = Trainer::new(backend, &self.network, &self.data, &self.train, None).await?;
        let options = TrainOptions { fuse: false, ..self.train.clone() };
        let mut plain = Trainer::new(&Backend::Cpu, &self.network, &self.data, &options, None).await?;
        check(&self.to_string(), &mut ours, &mut plain, allowed).await
    }

    /// Times every part, then the whole.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub(super) async fn measure(
        &self,
        backend: &Backend,
        options: &BenchOptions,
        loss_difference: f64,
    ) -> Result<NetworkCost> {
        let training = TrainingPlan::new(&self.network, &self.train.plan_options(backend, &self.data))?;
        let (train_step, evaluate) = (training.train_step, training.evaluate);
        let mut plan = training.plan.clone();
        plan.programs.iter_mut().for_each(|program| program.max_steps = MOST);
        let parts = parts(&training);
        let alone = |ops: &[_]| Program {
            name: "part",
            capacity: self.name.batch,
            max_steps: MOST,
            ops: ops.to_vec(),
            readable: false,
            activations: Vec::new(),
        };
        let programs: Vec<ProgramId> = parts.iter().map(|part| plan.program(alone(&part.ops))).collect();
        let mut executor = backend.prepare(&plan).await?;
        self.upload(&mut executor, &plan, &training)?;
        for &program in programs.iter().chain([&train_step, &evaluate]) {
            executor.set_records(program, &self.records())?;
        }
        // The parts work on what a real step leaves behind.
        executor.run(train_step, 0..1, &mut |_| true).await?;

        // Of whole steps a user waits for the host's time; beside it, how long of that the device works.
        let whole = [(train_step, Pass::TrainStep), (evaluate, Pass::Inference)];
        let timed = programs.iter().map(|&program| Timed { program, host: false });
        let mut timed: Vec<_> = timed.chain(whole.map(|(program, _)| Timed { program, host: true })).collect();
        timed.extend(executor.has_clock().then_some(Timed { program: train_step, host: false }));
        let mut samples = sample_in_turn(options, MOST, &mut executor, &timed).await?.into_iter();
        let mut cost = |layer: &str, pass, ops: &[Op]| {
            let seconds = samples.next().unwrap_or_default();
            Cost::new(layer, pass, macs(ops), bytes(&plan, ops), &seconds)
        };
        let parts = parts.iter().map(|part| cost(&part.layer, part.pass, &part.ops)).collect();
        let [train, inference] = whole.map(|(program, pass)| cost("network", pass, &plan.programs[program.0].ops));
        let whole_step = samples.next().map(|seconds| Cost::new("network", Pass::TrainStep, 0, 0, &seconds).median_us);
        let dispatches = executor.dispatches(train_step);
        let empty_dispatches_us = match dispatches {
            Some(n) => peak::nothing(backend, options, n).await?,
            None => None,
        };
        let rate = |cost: &Cost| 1e6 * self.name.batch as f64 / cost.median_us;
        Ok(NetworkCost {
            batch_size: self.name.batch,
            configuration: self.name.configuration,
            macs: self.network.macs(),
            loss_difference,
            activation_bytes: activation_bytes(&training, &plan.programs[train_step.0].ops),
            inference_activation_bytes: activation_bytes(&training, &plan.programs[evaluate.0].ops),
            train_images_per_second: rate(&train),
            inference_images_per_second: rate(&inference),
            dispatches,
            empty_dispatches_us,
            train_step_device_us: whole_step,
            device_clock: executor.has_clock(),
            parts,
            train_step: train,
            inference,
        })
    }

    /// Times inference, by the host's clock.
    ///
    /// # Errors
    /// [`Error::Failure`] where the backend fails.
    pub(super) async fn inference(&self, backend: &Backend, options: &BenchOptions) -> Result<InferenceRow> {
        let mut training = TrainingPlan::new(&self.network, &self.train.plan_options(backend, &self.data))?;
        training.plan.programs.iter_mut().for_each(|program| program.max_steps = MOST);
        let (plan, evaluate) = (&training.plan, training.evaluate);
        let mut executor = backend.prepare(plan).await?;
        self.upload(&mut executor, plan, &training)?;
        executor.set_records(evaluate, &self.records())?;
        let timed = [Timed { program: evaluate, host: true }];
        let samples = sample_in_turn(options, MOST, &mut executor, &timed).await?;
        let ops = &plan.programs[evaluate.0].ops;
        let seconds = samples.into_iter().next().unwrap_or_default();
        let median_us = Cost::new("network", Pass::Inference, macs(ops), bytes(plan, ops), &seconds).median_us;
        Ok(InferenceRow {
            configuration: self.name.configuration,
            batch_size: self.name.batch as u32,
            images_per_second: 1e6 * self.name.batch as f64 / median_us,
            activation_bytes: activation_bytes(&training, ops),
        })
    }

    fn upload(&self, executor: &mut Executor, plan: &Plan, training: &TrainingPlan) -> Result<()> {
        let split = self.data.train.crop(self.network.crop)?;
        for samples in [training.train, training.test] {
            upload::samples(plan, samples, &split, |view, bytes| executor.write(view, 0, bytes))?;
            executor.write(plan.whole(samples.order), 0, &order(0, 1, samples.count, false))?;
        }
        for tensor in init::parameters(&self.network, self.train.seeds[0]) {
            executor.write(plan.parameter(&tensor.name, training.state.parameters), 0, &tensor.data)?;
        }
        Ok(())
    }

    /// One batch after the other, and again. α is 0: the same work, but thousands of updates move
    /// nothing, so that all steps, and all runs of a part, find what the first one found.
    fn records(&self) -> Vec<StepRecord> {
        let batches = self.data.train.count / self.name.batch;
        let start = |step: usize| (step % batches * self.name.batch) as u32;
        let record = |step| StepRecord { start: start(step), n: self.name.batch as u32, alpha: 0.0, out: start(step) };
        (0..MOST).map(record).collect()
    }
}
