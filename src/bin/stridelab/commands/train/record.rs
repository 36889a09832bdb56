//! A run under way: everything it hears is on disk before it goes on.

use std::time::Instant;

use serde_json::json;
use stridelab::Result;
use stridelab::model::network::{Configuration, Network};
use stridelab::model::tensor::Tensor;
use stridelab::model::weights;
use stridelab::record::{EpochRow, RunInfo, ShapeRow, StepRow};
use stridelab::store::Writer;
use stridelab::study::{Features, Observer};
use stridelab::train::Epoch;

use crate::args::TrainArgs;
use crate::interrupt;
use crate::progress::Progress;
use crate::terminal::print;

/// A run under way.
pub struct Run<'a> {
    pub(super) args: &'a TrainArgs,
    pub(super) writer: Writer,
    pub(super) progress: Progress,
    pub(super) info: RunInfo,
    /// Networks begun, with their steps an epoch.
    pub(super) networks: Vec<(Configuration, Network, u64)>,
    pub(super) rows: Vec<EpochRow>,
    pub(super) features: Vec<(Configuration, Features)>,
    /// When the command began.
    pub(super) start: Instant,
}

impl<'a> Run<'a> {
    /// A run that has not begun.
    pub fn new(args: &'a TrainArgs, writer: Writer, progress: Progress, info: RunInfo, start: Instant) -> Self {
        let (networks, rows, features) = Default::default();
        Run { args, writer, progress, info, networks, rows, features, start }
    }

    /// Writes what is known before training.
    ///
    /// # Errors
    /// [`stridelab::Error::Failure`] where a file cannot be written, as for all that follow.
    pub fn begin(&self, shapes: &[ShapeRow]) -> Result<()> {
        self.writer.run(&self.info)?;
        self.writer.shapes(shapes)
    }
}

impl Observer for Run<'_> {
    fn start(&mut self, configuration: &Configuration, network: &Network, steps: usize) -> Result<()> {
        log::debug!("{configuration}: ready after {:.2?}, {steps} steps an epoch", self.start.elapsed());
        // Seeds that do not fit one plan make several of the same network.
        let again = self.networks.last().is_some_and(|(last, ..)| last == configuration);
        if !again {
            self.networks.push((*configuration, network.clone(), steps as u64));
        }
        self.progress.start(configuration, steps, again);
        Ok(())
    }

    fn steps(&mut self, epoch: u32, done: usize) -> bool {
        if self.info.totals.startup_seconds == 0.0 {
            self.info.totals.startup_seconds = self.start.elapsed().as_secs_f64();
            log::debug!("{done} training steps done after {:.2?}", self.start.elapsed());
        }
        self.progress.steps(epoch, done);
        !interrupt::asked()
    }

    fn epoch(&mut self, configuration: &Configuration, seed: u64, epoch: u32, result: &Epoch) -> Result<()> {
        let (stride, padding) = (configuration.stride, configuration.padding_name());
        let row = EpochRow {
            stride,
            padding: padding.clone(),
            seed,
            epoch,
            train_loss: result.train_loss,
            train_accuracy: result.train_accuracy,
            val_loss: result.val_loss,
            val_accuracy: result.val_accuracy,
            seconds: result.seconds,
        };
        let before = (epoch - 1) * result.step_losses.len() as u32;
        let steps = result.step_losses.iter().zip(before + 1..);
        let steps = steps.map(|(&loss, step)| StepRow { stride, padding: padding.clone(), seed, step, loss });
        self.writer.append_steps(&steps.collect::<Vec<_>>())?;
        self.writer.append_epoch(&row)?;
        self.info.totals.epochs += 1;
        self.info.totals.steps += result.step_losses.len() as u64;
        self.info.totals.train_seconds += row.seconds;
        self.progress.epoch(configuration, &row);
        if self.args.json {
            let mut object = json!({ "event": "epoch" });
            merge(&mut object, &row);
            print(&format!("{object}\n"))?;
        }
        self.rows.push(row);
        Ok(())
    }

    fn trained(
        &mut self,
        configuration: &Configuration,
        seed: u64,
        tensors: &[Tensor],
        conv1: &Features,
    ) -> Result<()> {
        let metadata = [
            ("stride".to_string(), configuration.stride.to_string()),
            ("padding".to_string(), configuration.padding_name()),
            ("seed".to_string(), seed.to_string()),
        ];
        weights::save(&self.writer.weights_path(configuration, seed), tensors, &metadata)?;
        // One figure a configuration: of several seeds, the first.
        if self.features.iter().all(|(c, _)| c != configuration) {
            self.features.push((*configuration, conv1.clone()));
        }
        self.info.totals.networks += 1;
        Ok(())
    }
}

fn merge(object: &mut serde_json::Value, row: &EpochRow) {
    if let (Some(object), Ok(serde_json::Value::Object(row))) = (object.as_object_mut(), serde_json::to_value(row)) {
        object.extend(row);
    }
}
