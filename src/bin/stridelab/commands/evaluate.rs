//! `stridelab evaluate`: what the trained weights of a run come to on a set of images, without training.

use serde_json::{Value, json};
use stridelab::analysis::comparison::Spread;
use stridelab::analysis::{TableSink, class_accuracy, confusion};
use stridelab::backend::Backend;
use stridelab::cpu;
use stridelab::data::Dataset;
use stridelab::error::one_line;
use stridelab::model::Configuration;
use stridelab::record::answers::{CLASS_ACCURACY, CONFUSION};
use stridelab::record::{
    ClassAccuracyRow, ConfusionRow, DataRecord, EvaluationRow, ModelPredictions, Predictions, RunRecord, StudyRecords,
};
use stridelab::report::text::{Evaluated, counted, evaluation_tables};
use stridelab::store::ReportWriter;
use stridelab::store::layout::{EVALUATION, RUN};
use stridelab::train::Trainer;
use stridelab::{Error, Result};

use super::trained::{self, StoredModel, TrainedRun};
use super::{one_device, output};
use crate::args::{EvaluateArgs, TuningChoice};
use crate::device;
use crate::terminal::{colour, print, say, width};

/// Reads, evaluates, writes, shows.
pub(crate) fn run(args: &EvaluateArgs) -> Result<()> {
    one_device(args.backend, args.adapter.as_deref(), &TuningChoice::Kept)?;
    let run = trained::open(&args.run, args.seed)?;
    let data = run.data(args.data.as_deref())?;
    let labels = data.test.check(run.size, run.classes);
    labels.map_err(|error| error.at(one_line(&data.name)))?;
    let out = args.out.as_deref().map(|out| output(Some(out), args.force, "")).transpose()?;
    cpu::start_threads()?;
    let (backend, why) = device::open(args.backend, args.adapter.as_deref(), &TuningChoice::Kept, "evaluating")?;
    if !args.quiet {
        say(&format!("{why}\n{}: {}", one_line(&data.name), counted(data.test.count, "test image")));
    }
    let (rows, predictions) = evaluate(&run, &backend, &data)?;
    device::keep_compiled(&backend);
    if rows.is_empty() {
        return Err(run.nothing());
    }
    let records = StudyRecords {
        run: RunRecord { data: DataRecord { classes: run.classes, ..DataRecord::default() }, ..RunRecord::default() },
        labels: data.test.labels.clone(),
        predictions,
        ..StudyRecords::default()
    };
    let (classes, confused) = (class_accuracy(&records), confusion(&records));
    if let Some(out) = out {
        if out.path().join(RUN).exists() {
            let what = format!("{} is a run, whose own tables these would replace", one_line(out.path().display()));
            return Err(Error::usage(what).advice("name another directory with --out"));
        }
        let mut writer = ReportWriter::new(out)?;
        writer.table(EVALUATION, &rows)?;
        writer.table(CLASS_ACCURACY, &classes)?;
        writer.table(CONFUSION, &confused)?;
    }
    if args.json {
        return print(&lines(args, &data, &rows, &classes, &confused));
    }
    let evaluated = Evaluated { models: &rows, classes: &classes, confusion: &confused };
    let place = args.out.as_ref().map_or_else(String::new, |out| {
        format!("\n{EVALUATION}, {CLASS_ACCURACY} and {CONFUSION} are in {}\n", one_line(out.display()))
    });
    print(&format!("{}\n{place}", evaluation_tables(evaluated, colour(), width())))
}

/// A row and the predictions of every model with whole weights.
fn evaluate(
    run: &TrainedRun,
    backend: &Backend,
    data: &Dataset,
) -> Result<(Vec<EvaluationRow>, Vec<ModelPredictions>)> {
    let (mut rows, mut predictions) = (Vec::new(), Vec::new());
    for group in &run.groups {
        // A network of which no model is whole is not made ready.
        let mut trainer: Option<Trainer> = None;
        run.each(group, |StoredModel { id, weights }| {
            if trainer.is_none() {
                let made = Trainer::to_ask(backend, &group.network, &data.test, run.fuse);
                trainer = Some(pollster::block_on(made)?);
            }
            let Some(trainer) = &mut trainer else { return Ok(()) };
            trainer.set_weights(0, &weights.tensors)?;
            let of = pollster::block_on(trainer.evaluate(&data.test, 0)).map_err(|error| error.at(id))?;
            let images = u32::try_from(of.predicted.len()).unwrap_or(u32::MAX);
            rows.push(EvaluationRow { model: id, images, loss: of.loss, accuracy: of.accuracy });
            let predictions_of = Predictions::new(&of.predicted, &of.losses);
            predictions.push(ModelPredictions { model: id, predictions: predictions_of });
            Ok(())
        })?;
    }
    Ok((rows, predictions))
}

/// A JSON line for each model, one for each configuration, and a last one.
fn lines(
    args: &EvaluateArgs,
    data: &Dataset,
    rows: &[EvaluationRow],
    classes: &[ClassAccuracyRow],
    confused: &[ConfusionRow],
) -> String {
    let mut all: Vec<Configuration> = rows.iter().map(|row| row.model.configuration).collect();
    all.dedup();
    let model = |row: &EvaluationRow| {
        let of = classes.iter().filter(|class| class.model == row.model);
        let of = of.map(|class| json!({ "class": class.class, "images": class.images, "right": class.right }));
        json!({
            "event": "model",
            "model": row.model.to_string(),
            "configuration": row.model.configuration.to_string(),
            "seed": row.model.seed,
            "images": row.images,
            "loss": finite(row.loss),
            "accuracy": row.accuracy,
            "classes": of.collect::<Vec<_>>(),
        })
    };
    let configuration = |&configuration: &Configuration| {
        let spread = |value: fn(&EvaluationRow) -> f64| {
            let samples = rows.iter().filter(|row| row.model.configuration == configuration).map(value);
            let spread = Spread::of(&samples.collect::<Vec<_>>());
            spread.map(|Spread { n, mean, sd, .. }| json!({ "n": n, "mean": mean, "sd": sd }))
        };
        let cells = confused.iter().filter(|row| row.configuration == configuration && row.count > 0);
        let cells = cells.map(|row| json!({ "label": row.label, "predicted": row.predicted, "count": row.count }));
        json!({
            "event": "configuration",
            "configuration": configuration.to_string(),
            "accuracy": spread(|row| row.accuracy),
            "loss": spread(|row| row.loss),
            "confusion": cells.collect::<Vec<_>>(),
        })
    };
    let done = json!({
        "event": "done",
        "data": data.name,
        "images": data.test.count,
        "models": rows.len(),
        "out": args.out.as_ref().map(|out| out.to_string_lossy()),
    });
    let lines = rows.iter().map(model).chain(all.iter().map(configuration)).chain([done]);
    lines.map(|line| format!("{line}\n")).collect()
}

/// JSON has no infinities.
fn finite(value: f64) -> Value {
    if value.is_finite() { value.into() } else { value.to_string().into() }
}
