//! What `run.json` says of a run before it begins.

use std::path::Path;

use serde_json::json;
use stridelab::backend::Backend;
use stridelab::data::Dataset;
use stridelab::model::geometry::Padding;
use stridelab::record::{DataRecord, RunRecord};

use crate::args::TrainArgs;
use crate::commands::timestamp;
use crate::device;

/// Version, device, every option, data, start.
pub(super) fn run_record(args: &TrainArgs, out: &Path, backend: &Backend, data: &Dataset, classes: usize) -> RunRecord {
    RunRecord {
        version: env!("CARGO_PKG_VERSION").into(),
        machine: device::machine(backend),
        options: json!({
            "backend": format!("{:?}", args.backend).to_lowercase(),
            "adapter": args.adapter,
            "stride": args.stride,
            "padding": args.padding.iter().map(|&p| Padding::from(p)).collect::<Vec<_>>(),
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
            "no-shuffle": args.no_shuffle,
            "no-fuse": args.no_fuse,
            "image": args.figures.image,
            "layer": args.figures.layer.iter().map(|layer| layer.name()).collect::<Vec<_>>(),
            "filters": args.figures.filters.0.iter().map(|filter| filter + 1).collect::<Vec<_>>(),
            "json": args.json,
            "quiet": args.quiet,
            "verbose": args.verbose,
        }),
        data: DataRecord { name: data.name.clone(), classes, sha256: data.sha256.iter().cloned().collect() },
        steps_per_epoch: data.train.count.div_ceil(args.batch_size) as u64,
        start: timestamp(),
        ..RunRecord::default()
    }
}
