//! A run under way: what it knows, and what it writes at its beginning.

use std::collections::HashSet;
use std::time::Instant;

use serde_json::json;
use stridelab::Result;
use stridelab::backend::Backend;
use stridelab::data::Dataset;
use stridelab::model::{Configuration, LeftOut, ModelId, Network, weights};
use stridelab::record::{EpochRow, FeatureRecord, LeftOutNetwork, ModelRow, RunRecord, ShapeRow, Status};
use stridelab::store::layout::WEIGHTS;
use stridelab::store::{FinishedModel, RunWriter, weights_name};
use stridelab::study::measure::Questions;
use stridelab::study::{self, Study};
use stridelab::train::Features;

use super::models::PendingModels;
use crate::args::TrainArgs;
use crate::commands::timestamp;
use crate::memory;
use crate::memory::allocator::LastWords;
use crate::progress::Progress;
use crate::terminal::{print, say};

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
    pub(super) fn prepare_for_the_end(&self) {
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

    /// Writes the models that have finished since this was done last: together, or, where that fails, each that can be.
    ///
    /// # Errors
    /// [`stridelab::Error::Failure`] where a file cannot be written, for the first.
    pub(super) fn write_finished(&mut self) -> Result<()> {
        let models = std::mem::take(&mut self.unwritten);
        let Err(error) = self.write_models(&models) else { return Ok(()) };
        // A disk that is nearly full has room for some of them.
        models.iter().take_while(|model| self.write_models(std::slice::from_ref(model)).is_ok()).for_each(drop);
        Err(error)
    }

    fn write_models(&mut self, models: &[FinishedModel]) -> Result<()> {
        if models.is_empty() {
            return Ok(());
        }
        self.writer.finished(models)?;
        self.weights = true;
        self.record.totals.networks += models.len();
        self.models.extend(models.iter().map(|model| model.row.clone()));
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
