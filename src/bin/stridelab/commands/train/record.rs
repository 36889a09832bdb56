//! A run under way: everything it hears is on disk before it goes on.

use std::collections::HashSet;
use std::time::Instant;

use serde_json::json;
use stridelab::Result;
use stridelab::backend::Backend;
use stridelab::data::Dataset;
use stridelab::model::tensor::Tensor;
use stridelab::model::{Configuration, LeftOut, ModelId, Network, weights};
use stridelab::record::{
    EpochRow, FeatureRecord, GradientRow, LeftOutNetwork, ModelRow, RunRecord, ShapeRow, Status, StepRow,
};
use stridelab::report::text::counted;
use stridelab::store::layout::WEIGHTS;
use stridelab::store::{RunWriter, weights_name};
use stridelab::study::measure::{self, Questions};
use stridelab::study::{self, Journal, Study};
use stridelab::train::{Divergence, Epoch, Evaluation, Features, Snapshot, TrainedGroup, TrainedModel};

use super::models::PendingModels;
use super::{checkpoint, features};
use crate::args::TrainArgs;
use crate::commands::timestamp;
use crate::memory::allocator::LastWords;
use crate::progress::Progress;
use crate::terminal::{print, say};
use crate::{interrupt, memory};

/// A run under way.
pub(super) struct Run<'a> {
    pub(super) args: &'a TrainArgs,
    pub(super) writer: RunWriter,
    pub(super) progress: Progress,
    pub(super) record: RunRecord,
    /// Networks begun.
    pub(super) networks: Vec<BegunNetwork>,
    pub(super) rows: Vec<EpochRow>,
    /// Of finished models.
    pub(super) models: Vec<ModelRow>,
    pub(super) features: Vec<(Configuration, Features)>,
    /// The features that one figure shows of all configurations.
    pub(super) drawn: FeatureRecord,
    /// Whether there are weights of any model.
    pub(super) weights: bool,
    /// Models of which there is a checkpoint of an earlier sitting.
    pub(super) checkpointed: HashSet<ModelId>,
    /// Whether `run.json` lacks a model that has diverged.
    pub(super) unsaved_divergence: bool,
    /// Of earlier sittings.
    pub(super) seconds_before: f64,
    pub(super) data: &'a Dataset,
    /// What finished models are asked.
    pub(super) questions: Questions,
    pub(super) pending: PendingModels,
    /// When the command began.
    pub(super) start: Instant,
}

/// A network of which at least one model has begun.
pub(super) struct BegunNetwork {
    pub configuration: Configuration,
    pub network: Network,
    pub steps_per_epoch: u64,
}

impl Run<'_> {
    /// Writes what is known before training.
    ///
    /// # Errors
    /// [`stridelab::Error::Failure`] where a file cannot be written, as for all that follow.
    pub(super) fn begin(&mut self, shapes: &[ShapeRow]) -> Result<()> {
        self.writer.shapes(shapes)?;
        self.writer.labels(&self.data.test.labels)?;
        self.writer.run(&self.record)?;
        self.prepare_for_the_end();
        Ok(())
    }

    /// Keeps at hand what `run.json` is to say if the run ends at once: memory runs short, or a GPU does not answer.
    fn prepare_for_the_end(&self) {
        let mut record = self.record.clone();
        record.end = Some(timestamp());
        record.totals.seconds = self.seconds();
        let mut word = |status| {
            record.status = status;
            self.writer.prepared(&record)
        };
        // An earlier word is better than none.
        if let (Ok(failed), Ok(interrupted)) = (word(Status::Failed), word(Status::Interrupted)) {
            memory::allocator::prepare(Some(LastWords { failed, interrupted }));
        }
    }

    /// Seconds of all sittings.
    pub(super) fn seconds(&self) -> f64 {
        self.seconds_before + self.start.elapsed().as_secs_f64()
    }

    /// What is not on disk of models that an earlier sitting finished: their networks, and what is drawn of them.
    ///
    /// # Errors
    /// [`stridelab::Error::Failure`] where the backend fails.
    pub(super) async fn recall(
        &mut self,
        backend: &Backend,
        data: &Dataset,
        study: &Study,
        finished: &[ModelId],
    ) -> Result<()> {
        for &configuration in &study.configurations {
            let network = study.network(configuration, data)?;
            if self.rows.iter().any(|row| row.model.configuration == configuration) {
                self.networks.push(BegunNetwork {
                    configuration,
                    network: network.clone(),
                    steps_per_epoch: self.record.steps_per_epoch,
                });
            }
            let Some(&first) = finished.iter().find(|model| model.configuration == configuration) else { continue };
            let path = self.writer.dir().join(WEIGHTS).join(weights_name(first));
            match weights::load(&path, &network) {
                Ok(weights) => study::inspect(backend, data, study, first, &weights, self).await?,
                // Nothing but a figure is lost.
                Err(error) => say(&format!("warning: nothing is drawn of {first}: {error}")),
            }
        }
        self.progress.begun(self.networks.len());
        Ok(())
    }

    fn save(&mut self, id: ModelId, epoch: u32, tensors: &[Tensor]) -> Result<()> {
        let Configuration { strides, padding, kernel, pool, head, crop } = id.configuration;
        let metadata = [
            ("stride".to_string(), strides.to_string()),
            ("padding".to_string(), padding.to_string()),
            ("kernel".to_string(), kernel.to_string()),
            ("pool".to_string(), pool.to_string()),
            ("head".to_string(), head.to_string()),
            ("crop".to_string(), crop.to_string()),
            ("seed".to_string(), id.seed.to_string()),
            ("epoch".to_string(), epoch.to_string()),
        ];
        self.writer.weights(id, tensors, &metadata)?;
        self.weights = true;
        Ok(())
    }

    /// Prints the networks that are left out as JSON lines, where those are asked for.
    ///
    /// # Errors
    /// [`stridelab::Error::Failure`] where stdout cannot be written.
    pub(super) fn announce(&self, left_out: &[LeftOut]) -> Result<()> {
        for left_out in left_out.iter().map(LeftOutNetwork::from).filter(|_| self.args.json) {
            let LeftOutNetwork { network, reason } = left_out;
            print(&format!("{}\n", json!({ "event": "left_out", "network": network, "reason": reason })))?;
        }
        Ok(())
    }
}

impl Journal for Run<'_> {
    fn start(&mut self, configuration: &Configuration, network: &Network, steps: usize) -> Result<()> {
        log::debug!("{configuration}: ready after {:.2?}, {steps} steps an epoch", self.start.elapsed());
        // Seeds that do not fit one plan make several of the same network.
        let again = self.networks.iter().any(|begun| begun.configuration == *configuration);
        if !again {
            self.networks.push(BegunNetwork {
                configuration: *configuration,
                network: network.clone(),
                steps_per_epoch: steps as u64,
            });
        }
        self.progress.start(configuration, steps, again);
        Ok(())
    }

    fn ready(&mut self, configuration: &Configuration, setup_seconds: f64) {
        // Each group of seeds is made ready anew.
        *self.record.setup_seconds.entry(configuration.to_string()).or_default() += setup_seconds;
    }

    fn steps(&mut self, epoch: u32, done: usize) -> bool {
        if self.record.totals.startup_seconds == 0.0 {
            self.record.totals.startup_seconds = self.start.elapsed().as_secs_f64();
            log::debug!("{done} training steps done after {:.2?}", self.start.elapsed());
        }
        self.progress.steps(epoch, done);
        !interrupt::asked()
    }

    fn epoch(&mut self, model: ModelId, epoch: u32, result: &Epoch) -> Result<()> {
        let row = EpochRow {
            model,
            epoch,
            train_loss: result.train_loss,
            train_accuracy: result.train_accuracy,
            val_loss: result.validation.loss,
            val_accuracy: result.validation.accuracy,
            seconds: result.seconds,
        };
        let before = epoch.saturating_sub(1) * result.step_losses.len() as u32;
        let steps = result.step_losses.iter().zip(before + 1..);
        let steps: Vec<_> = steps.map(|(&loss, step)| StepRow { model, step, loss }).collect();
        self.pending.epoch(model, epoch, result);
        self.rows.push(row.clone());
        let gradients = result.gradient_norms.iter().map(|gradient| GradientRow {
            model,
            step: gradient.step,
            tensor: gradient.tensor.clone(),
            norm: gradient.norm,
        });
        self.writer.epoch(&row, &steps, &gradients.collect::<Vec<_>>())?;
        self.record.totals.epochs += u64::from(epoch > 0);
        self.record.totals.steps += result.step_losses.len() as u64;
        self.record.totals.train_seconds += row.seconds;
        self.prepare_for_the_end();
        self.progress.epoch(&row);
        if self.args.json {
            let mut object = json!({ "event": "epoch" });
            merge(&mut object, &row);
            print(&format!("{object}\n"))?;
        }
        Ok(())
    }

    fn resume(&mut self, models: &[ModelId]) -> Result<Option<Snapshot>> {
        if !models.iter().all(|model| self.checkpointed.contains(model)) {
            return Ok(None);
        }
        let checkpoint = self.writer.load_checkpoint(models)?;
        let steps = checkpoint.head.begun.as_ref().map_or(0, |begun| begun.steps);
        let place = match (checkpoint.head.epoch, steps) {
            (epoch, 0) => format!("after epoch {epoch}"),
            (epoch, steps) => format!("after {} of epoch {}", counted(steps as usize, "step"), epoch + 1),
        };
        self.progress.line(&format!("{}: going on {place}", checkpoint.head.configuration));
        for &model in models {
            let rows = self.rows.iter().filter(|row| row.model == model);
            self.pending.recall(model, checkpoint.head.epoch, rows.map(|row| row.seconds).sum());
        }
        let seeds: Vec<u64> = models.iter().map(|model| model.seed).collect();
        checkpoint::snapshot(checkpoint).of(&seeds).map(Some)
    }

    fn validated(&mut self, model: ModelId, validation: &Evaluation) {
        self.pending.validated(model, validation);
    }

    fn checkpoint(&mut self, configuration: &Configuration, snapshot: &Snapshot) -> Result<()> {
        if !self.args.no_checkpoints && !snapshot.seeds.is_empty() {
            let start = Instant::now();
            self.writer.checkpoint(&checkpoint::recorded(configuration, snapshot))?;
            log::debug!("checkpoint of step {} written in {:.1?}", snapshot.step, start.elapsed());
        }
        // After the checkpoint, which knows the model as one that has diverged: without it all begin anew.
        if self.unsaved_divergence {
            self.writer.run(&self.record)?;
            self.unsaved_divergence = false;
            self.prepare_for_the_end();
        }
        Ok(())
    }

    async fn measure(&mut self, models: &[ModelId], mut group: TrainedGroup<'_>) -> Result<()> {
        let questions = models.first().map_or_else(Questions::default, |model| self.questions.of(model.configuration));
        let answers = measure::ask(&mut group, self.data, &questions, &mut || !interrupt::asked()).await?;
        for (&model, answers) in models.iter().zip(answers) {
            self.pending.answered(model, answers);
        }
        Ok(())
    }

    fn settled(&mut self, models: &[ModelId]) -> Result<()> {
        self.writer.settle(models)
    }

    async fn trained(&mut self, id: ModelId, model: TrainedModel<'_>) -> Result<()> {
        let tensors = model.weights().await?;
        self.save(id, self.args.epochs, &tensors)?;
        self.inspect(id, model).await?;
        let questions = self.questions.of(id.configuration);
        self.models.extend(self.pending.write(id, self.data, &questions, &mut self.writer)?);
        self.record.totals.networks += 1;
        Ok(())
    }

    fn unfinished(&mut self, id: ModelId, epoch: u32, weights: &[Tensor]) -> Result<()> {
        interrupt::finish();
        self.progress.line(&format!("{id}: the weights after epoch {epoch} are kept"));
        self.save(id, epoch, weights)
    }

    async fn inspect(&mut self, id: ModelId, mut model: TrainedModel<'_>) -> Result<()> {
        // One figure a configuration: of several seeds, the first.
        if self.features.iter().all(|(c, _)| *c != id.configuration) {
            let (args, data) = (&self.args.figures, self.data);
            let features = model.features("conv1", data.test.image(args.image)).await?;
            self.features.push((id.configuration, features));
            let epoch = self.rows.iter().filter(|row| row.model == id).map(|row| row.epoch).max().unwrap_or_default();
            let drawn = features::of_model(args, data, id, epoch, &mut model).await?;
            self.drawn.models.push(drawn);
            self.writer.features(&self.drawn)?;
        }
        Ok(())
    }

    fn diverged(&mut self, model: ModelId, divergence: &Divergence) -> Result<()> {
        self.progress.line(&format!("{model}: training diverged, {divergence}"));
        self.record.diverged.push(model.to_string());
        self.unsaved_divergence = true;
        // Those of an earlier epoch, where a sitting before this one was interrupted.
        self.writer.remove_weights(model)?;
        self.pending.forget(model);
        if self.args.json {
            let object = json!({ "event": "diverged", "model": model.to_string(), "epoch": divergence.epoch });
            print(&format!("{object}\n"))?;
        }
        Ok(())
    }
}

fn merge(object: &mut serde_json::Value, row: &EpochRow) {
    if let (Some(object), Ok(serde_json::Value::Object(row))) = (object.as_object_mut(), serde_json::to_value(row)) {
        object.extend(row);
    }
}
