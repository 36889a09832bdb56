//! What a run does with what it hears of its study. Epochs are on disk before it goes on, finished models when all that
//! trained beside them are settled.

use std::time::Instant;

use serde_json::json;
use stridelab::Result;
use stridelab::model::tensor::Tensor;
use stridelab::model::{Configuration, ModelId, Network, weights};
use stridelab::report::text::counted;
use stridelab::store::ModelEpoch;
use stridelab::study::Journal;
use stridelab::study::measure::{self, Questions};
use stridelab::train::{Divergence, Epoch, Evaluation, Snapshot, TrainedGroup, TrainedModel};

use super::record::{BegunNetwork, Run};
use super::{checkpoint, features, rows};
use crate::interrupt;
use crate::terminal::print;

/// Finished models are written once their weights take so many bytes, and with the last of those that trained side by
/// side.
const WRITTEN_TOGETHER: usize = 64 << 20;

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
        let before = self.rows.len();
        self.rows.extend(results.iter().map(|&(model, result)| rows::of_epoch(model, epoch, result)));
        results.iter().for_each(|&(model, result)| self.pending.epoch(model, epoch, result));
        self.writer.epoch(self.rows[before..].iter().zip(results).map(|(row, &(model, result))| ModelEpoch {
            row: row.clone(),
            steps: rows::of_steps(model, epoch, result).collect(),
            gradients: rows::of_gradients(model, result).collect(),
        }))?;
        for (row, (_, result)) in self.rows[before..].iter().zip(results) {
            self.record.totals.epochs += u64::from(epoch > 0);
            self.record.totals.steps += result.step_losses.len() as u64;
            self.record.totals.train_seconds += row.seconds;
        }
        self.prepare_for_the_end();
        for row in &self.rows[before..] {
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
        self.writer.weights(id, weights, &weights_metadata(id, epoch))?;
        self.progress.line(&format!("{id}: the weights after epoch {epoch} are kept"));
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
