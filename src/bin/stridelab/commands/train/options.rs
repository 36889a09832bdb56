//! What `run.json` says of a run before it begins.

use std::path::Path;

use serde_json::{Value, json};
use stridelab::data::Dataset;
use stridelab::record::{DataRecord, Machine, RunRecord};

use crate::args::TrainArgs;
use crate::commands::timestamp;

/// Version, device, every option, data, start.
pub(super) fn run_record(args: &TrainArgs, out: &Path, machine: Machine, data: &Dataset, classes: usize) -> RunRecord {
    RunRecord {
        version: env!("CARGO_PKG_VERSION").into(),
        machine,
        options: options(args, out),
        data: data_record(data, classes),
        steps_per_epoch: data.train.count.div_ceil(args.batch_size) as u64,
        start: timestamp(),
        ..RunRecord::default()
    }
}

/// What is recorded of the data.
pub(super) fn data_record(data: &Dataset, classes: usize) -> DataRecord {
    DataRecord {
        name: data.name.clone(),
        classes,
        image: [data.test.height, data.test.width],
        train_images: data.train.count,
        test_images: data.test.count,
        sha256: data.sha256.iter().cloned().collect(),
    }
}

/// Every option by its long name, each value as the option takes it: a resumed run reads them from here.
pub(super) fn options(args: &TrainArgs, out: &Path) -> Value {
    let others = json!({
        "backend": format!("{:?}", args.backend).to_lowercase(),
        "adapter": args.adapter,
        "epochs": args.epochs,
        "batch-size": args.batch_size,
        "learning-rate": args.learning_rate,
        "seed": args.seeds.is_none().then_some(args.seed),
        "seeds": args.seeds.as_ref().map(|seeds| &seeds.0),
        "classes": args.classes,
        "limit": args.limit,
        "data": args.data.as_deref().map(Path::to_string_lossy),
        "out": out.to_string_lossy(),
        "force": args.force,
        "init": args.init.as_deref().map(Path::to_string_lossy),
        "checkpoint-seconds": args.checkpoint_seconds,
        "no-checkpoints": args.no_checkpoints,
        "log-gradients": args.log_gradients,
        "no-shuffle": args.no_shuffle,
        "no-fuse": args.no_fuse,
        "image": args.figures.image,
        "layer": args.figures.layer.iter().map(|layer| layer.name()).collect::<Vec<_>>(),
        "filters": args.figures.filters.0.iter().map(|filter| filter + 1).collect::<Vec<_>>(),
        "study": args.study,
        "json": args.json,
        "quiet": args.quiet,
        "verbose": args.verbose,
    });
    let mut options = args.grid.describe();
    if let (Some(options), Value::Object(others)) = (options.as_object_mut(), others) {
        options.extend(others);
    }
    options
}
