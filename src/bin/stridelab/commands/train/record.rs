//! A run under way: everything it hears is on disk before it goes on.

use std::collections::HashSet;
use std::time::Instant;

use serde_json::json;
use stridelab::Result;
use stridelab::backend::Backend;
use stridelab::data::Dataset;
use stridelab::model::tensor::Tensor;
use stridelab::model::{Configuration, LeftOut, ModelId, Network, weights};
use stridelab::record::{EpochRow, FeatureRecord, LeftOutNetwork, ModelRow, RunRecord, ShapeRow, Status};
use stridelab::report::text::counted;
use stridelab::store::layout::WEIGHTS;
use stridelab::store::{FinishedModel, RunWriter, weights_name};
use stridelab::study::measure::{self, Questions};
use stridelab::study::{self, Journal, Study};
use stridelab::train::{Divergence, Epoch, Evaluation, Features, Snapshot, TrainedGroup, TrainedModel};

use super::models::PendingModels;
use super::{checkpoint, features, rows};
use crate::args::TrainArgs;
use crate::commands::timestamp;
use crate::memory::allocator::LastWords;
use crate::progress::Progress;
use crate::terminal::{print, say};
use crate::{interrupt, memory};

/// Finished models are written once their weights take so many bytes, and with the last of those that trained side by
/// side.
const WRITTEN_TOGETHER: usize = 64 << 20;

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
    /// Finished models that are still to be written.
    pub(super) unwritten: Vec<FinishedModel>,
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

    /// Writes the models that have finished since this was done last.
    ///
    /// # Errors
    /// [`stridelab::Error::Failure`] where a file cannot be written; all of them are still to be written then.
    pub(super) fn write_finished(&mut self) -> Result<()> {
        if self.unwritten.is_empty() {
            return Ok(());
        }
        self.writer.finished(&self.unwritten)?;
        self.weights = true;
        self.record.totals.networks += self.unwritten.len();
        self.models.extend(self.unwritten.drain(..).map(|model| model.row));
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

    fn epoch(&mut self, epoch: u32, results: &[(ModelId, &Epoch)]) -> Result<()> {
        let (mut rows, mut steps, mut gradients) = (Vec::new(), Vec::new(), Vec::new());
        for &(model, result) in results {
            self.pending.epoch(model, epoch, result);
            rows.push(rows::of_epoch(model, epoch, result));
            steps.extend(rows::of_steps(model, epoch, result));
            gradients.extend(rows::of_gradients(model, result));
        }
        self.rows.extend_from_slice(&rows);
        self.writer.epoch(&rows, &steps, &gradients)?;
        self.record.totals.epochs += if epoch > 0 { rows.len() as u64 } else { 0 };
        self.record.totals.steps += steps.len() as u64;
        self.record.totals.train_seconds += rows.iter().map(|row| row.seconds).sum::<f64>();
        self.prepare_for_the_end();
        for row in &rows {
            self.progress.epoch(row);
            if self.args.json {
                print(&format!("{}\n", rows::event(row)))?;
            }
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
        self.write_finished()?;
        self.writer.settle(models)
    }

    async fn trained(&mut self, id: ModelId, model: TrainedModel<'_>) -> Result<()> {
        let weights = weights::to_bytes(&model.weights().await?, &weights_metadata(id, self.args.epochs));
        self.inspect(id, model).await?;
        let questions = self.questions.of(id.configuration);
        self.unwritten.extend(self.pending.take(id, weights, self.data, &questions));
        let bytes: usize = self.unwritten.iter().map(|model| model.weights.len()).sum();
        if bytes >= WRITTEN_TOGETHER { self.write_finished() } else { Ok(()) }
    }

    fn unfinished(&mut self, id: ModelId, epoch: u32, weights: &[Tensor]) -> Result<()> {
        interrupt::finish();
        self.progress.line(&format!("{id}: the weights after epoch {epoch} are kept"));
        self.writer.weights(id, weights, &weights_metadata(id, epoch))?;
        self.weights = true;
        Ok(())
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

/// What a file of weights says of its model.
fn weights_metadata(id: ModelId, epoch: u32) -> [(String, String); 8] {
    let Configuration { strides, padding, kernel, pool, head, crop } = id.configuration;
    [
        ("stride".into(), strides.to_string()),
        ("padding".into(), padding.to_string()),
        ("kernel".into(), kernel.to_string()),
        ("pool".into(), pool.to_string()),
        ("head".into(), head.to_string()),
        ("crop".into(), crop.to_string()),
        ("seed".into(), id.seed.to_string()),
        ("epoch".into(), epoch.to_string()),
    ]
}
