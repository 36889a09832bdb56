//! What `run.json` says of a run before it begins.

use std::path::Path;

use serde_json::json;
use stridelab::backend::Backend;
use stridelab::data::Dataset;
use stridelab::gpu;
use stridelab::record::{DataInfo, RunInfo};

use crate::args::TrainArgs;
use crate::commands::timestamp;
use crate::device;
use crate::terminal::threads;

/// Version, device, every option, data, start.
pub fn run_info(args: &TrainArgs, out: &Path, backend: &Backend, data: &Dataset) -> RunInfo {
    let (adapter, driver, software) = match backend {
        Backend::Cpu => (format!("{} CPU, {} threads", std::env::consts::ARCH, threads()), String::new(), false),
        Backend::Gpu(gpu) => (gpu.info.name.clone(), device::driver(&gpu.info), !gpu::is_real(&gpu.info)),
    };
    RunInfo {
        version: env!("CARGO_PKG_VERSION").into(),
        backend: backend.name().into(),
        adapter,
        driver,
        software,
        options: json!({
            "backend": format!("{:?}", args.backend).to_lowercase(),
            "adapter": args.adapter,
            "stride": args.stride,
            "padding": args.padding.iter().map(|p| format!("{p:?}").to_lowercase()).collect::<Vec<_>>(),
            "epochs": args.epochs,
            "batch-size": args.batch_size,
            "learning-rate": args.learning_rate,
            "seed": args.seeds.is_none().then_some(args.seed),
            "seeds": args.seeds.map(Vec::from),
            "limit": args.limit,
            "data": args.data.as_deref().map(Path::to_string_lossy),
            "out": out.to_string_lossy(),
            "force": args.force,
            "init": args.init.as_deref().map(Path::to_string_lossy),
            "no-shuffle": args.no_shuffle,
            "no-fuse": args.no_fuse,
            "json": args.json,
            "quiet": args.quiet,
            "verbose": args.verbose,
        }),
        data: DataInfo { name: data.name.clone(), sha256: data.sha256.iter().cloned().collect() },
        start: timestamp(),
        ..RunInfo::default()
    }
}
