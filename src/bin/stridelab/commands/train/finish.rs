//! How a run ends: figures, `run.json`, the table.

use serde_json::{Value, json};
use stridelab::analysis::{StudySummary, evaluated, outcomes, summarise};
use stridelab::error::one_line;
use stridelab::model::ModelId;
use stridelab::record::{FeatureRecord, Status};
use stridelab::report::figure::feature_maps::{FeatureMaps, shared_max};
use stridelab::report::figure::{curves, features, sample};
use stridelab::report::text::{RunRow, counted, run_table, seconds as write_seconds, seeds_table};
use stridelab::store::feature_maps_name;
use stridelab::store::layout::{GRADIENTS, METRICS, RUN, SHAPES, STEPS};
use stridelab::study::DivergedModel;
use stridelab::{Error, Result};

use super::record::Run;
use super::seeds;
use crate::commands::{draw, timestamp};
use crate::memory;
use crate::terminal::{colour, print, width};

impl Run<'_> {
    /// Draws the figures of a finished run, writes how the run ended, and shows what there is of it.
    ///
    /// # Errors
    /// `result`'s own, or the first model that diverged; else where a file or stdout cannot be written.
    pub(super) fn end(mut self, result: Result<Vec<DivergedModel>>) -> Result<()> {
        self.progress.finish();
        let result = result.and_then(|diverged| self.writer.check().map(|()| diverged));
        if result.is_err() {
            self.writer.rescue(&self.rows);
        }
        // Drawn of whatever is finished, however the run ends.
        let drawn = if self.rows.is_empty() { Ok(false) } else { self.figures().map(|()| true) };
        let (result, figures) = match drawn {
            Err(error) => (result.and(Err(error)), false),
            Ok(figures) => (result, figures),
        };
        self.record.end = Some(timestamp());
        self.record.totals.seconds = self.seconds();
        self.record.status = match &result {
            Ok(diverged) if diverged.is_empty() => Status::Finished,
            Ok(_) => Status::Failed,
            Err(Error::Interrupted) => Status::Interrupted,
            Err(_) => Status::Failed,
        };
        memory::allocator::prepare(None);
        let closed = self.writer.run(&self.record);
        // The first error is the one to tell; a table is shown of what an interrupted run finished.
        let shown = match &result {
            Ok(diverged) => self.show(if diverged.is_empty() { "done" } else { "failed" }, figures),
            Err(Error::Interrupted) if !self.rows.is_empty() => self.show("interrupted", figures),
            Err(_) => Ok(()),
        };
        let diverged = result?;
        closed.and(shown)?;
        match &diverged[..] {
            [] => Ok(()),
            [only] => Err(only.divergence.error().at(only.model)),
            [first, others @ ..] => {
                let more = match others {
                    [other] => format!(", and so did {}", other.model),
                    _ => format!(", and so did {} other models", others.len()),
                };
                Err(first.divergence.error().at(first.model).and(&more))
            }
        }
    }

    fn figures(&mut self) -> Result<()> {
        let data = self.data;
        let (seeds, batch, images) = (seeds(&self.args.seeds()), self.args.batch_size, data.train.count);
        let backend = self.record.machine.backend.to_uppercase();
        let images = counted(images, "training image");
        let caption = format!("{}, {images}, batch {batch}, {seeds}, {backend}", data.name);
        // Where nothing was trained there are no curves.
        if self.args.epochs > 0 {
            self.writer.figure("accuracy", &draw(&curves::accuracy(&self.rows, &caption))?)?;
            self.writer.figure("loss", &draw(&curves::loss(&self.rows, &caption))?)?;
        }
        let FeatureRecord { image, label, size, pixels, models } = &self.drawn;
        self.writer.figure("sample", &draw(&sample::sample(pixels, *size, *image, *label)?)?)?;
        if !models.is_empty() {
            self.writer.figure("features", &draw(&features::features(&self.drawn, &caption)?)?)?;
        }
        let maps = self.features.iter().map(|(c, features)| FeatureMaps::new(*c, features.shape, &features.data));
        let maps: Vec<_> = maps.collect::<Result<_>>()?;
        let max = shared_max(&maps);
        for ((configuration, _), maps) in self.features.iter().zip(&maps) {
            self.writer.figure(&feature_maps_name(*configuration), &draw(&maps.svg(max))?)?;
        }
        Ok(())
    }

    /// The table, or the last JSON line, and where the files are.
    fn show(&self, event: &str, figures: bool) -> Result<()> {
        let data = self.data;
        let totals = &self.record.totals;
        // A sum of nothing is −0.
        let setup_seconds = self.record.setup_seconds.values().fold(0.0, |sum, seconds| sum + seconds);
        if self.args.json {
            let last = json!({
                "event": event,
                "out": self.writer.dir().to_string_lossy(),
                "networks": totals.networks,
                "epochs": totals.epochs,
                "steps": totals.steps,
                "startup_seconds": totals.startup_seconds,
                "setup_seconds": setup_seconds,
                "train_seconds": totals.train_seconds,
                "seconds": totals.seconds,
            });
            let summary = self.summary().map(|summary| summary_lines(&summary)).unwrap_or_default();
            return print(&format!("{summary}{last}\n"));
        }
        let summary = self.summary();
        // Of several seeds, the shapes of the first.
        let seeds = self.args.seeds();
        let seeds = if summary.is_some() { &seeds[..1] } else { &seeds[..] };
        let all = self.networks.iter().flat_map(|network| seeds.iter().map(move |&seed| (network, seed)));
        let rows = all.map(|(begun, seed)| {
            let model = ModelId { configuration: begun.configuration, seed };
            let epochs: Vec<_> = self.rows.iter().filter(|row| row.model == model).cloned().collect();
            let row = RunRow::new(model, &begun.network, &epochs, begun.steps_per_epoch);
            let finished = self.models.iter().find(|row| row.model == model);
            row.of_run(self.args.epochs, data.train.count, data.test.count).evaluated(finished)
        });
        let rows: Vec<RunRow> = rows.collect();
        let table = match summary {
            Some(summary) => seeds_table(&summary, &rows, colour(), width()),
            None => run_table(&rows, colour(), width()),
        };
        let mut files = vec![METRICS, STEPS];
        files.extend(self.writer.dir().join(GRADIENTS).exists().then_some(GRADIENTS));
        files.extend([SHAPES, RUN]);
        files.extend((!self.drawn.models.is_empty()).then_some("features.safetensors"));
        files.extend(self.weights.then_some("weights/"));
        files.extend(figures.then_some("figures/"));
        let dir = one_line(self.writer.dir().display());
        let setup = format!("set-up took {} s, which no time above contains", write_seconds(setup_seconds));
        print(&format!("{table}\n{setup}\n\nresults in {dir}\n  {}\n", files.join("  ")))
    }

    /// What several seeds come to; `None` of a single one.
    fn summary(&self) -> Option<StudySummary> {
        let (first, seeds) = (self.networks.first()?, self.args.seeds());
        let configurations: Vec<_> = self.networks.iter().map(|begun| begun.configuration).collect();
        let outcomes = evaluated(outcomes(&self.rows, &configurations, &seeds, self.args.epochs), &self.models);
        (seeds.len() > 1).then(|| summarise(&outcomes, first.steps_per_epoch))
    }
}

/// A JSON line for each configuration, then one for each pair.
fn summary_lines(summary: &StudySummary) -> String {
    let name = |i: usize| summary.configurations[i].configuration.to_string();
    let line = |own: Value, more: serde_json::Result<Value>| {
        let mut object = more.unwrap_or_default();
        if let (Some(object), Value::Object(own)) = (object.as_object_mut(), own) {
            object.extend(own);
        }
        format!("{object}\n")
    };
    let configurations = summary.configurations.iter().map(|configuration| {
        let own = json!({ "event": "configuration", "configuration": configuration.configuration.to_string() });
        line(own, serde_json::to_value(configuration))
    });
    let pairs = summary.pairs.iter().map(|pair| {
        let own = json!({ "event": "pair", "first": name(pair.first), "second": name(pair.second) });
        line(own, serde_json::to_value(pair.comparison))
    });
    configurations.chain(pairs).collect()
}
