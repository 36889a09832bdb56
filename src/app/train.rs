//! The main command: train, write, show.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use serde_json::json;
use stridelab::backend::Backend;
use stridelab::data::Dataset;
use stridelab::network::{Configuration, Network};
use stridelab::report::feature_maps::{FeatureMaps, shared_max};
use stridelab::report::table::{RunRow, run_table};
use stridelab::report::{curves, png, sample};
use stridelab::results::{
    DataInfo, EpochRow, RunInfo, ShapeRow, Status, StepRow, Writer, feature_maps_name, timestamp,
};
use stridelab::study::{self, Features, Observer, Study};
use stridelab::tensor::Tensor;
use stridelab::train::{Epoch, TrainOptions};
use stridelab::{Error, Result, gpu, weights};

use super::progress::Progress;
use super::{colour, configurations, print, say, width};
use crate::cli::{BackendChoice, TrainArgs};

/// Set by the first Ctrl-C.
static STOP: AtomicBool = AtomicBool::new(false);

/// Trains what the options ask for.
pub fn run(args: &TrainArgs) -> Result<()> {
    let configurations = configurations(&args.stride, &args.padding);
    if args.init.is_some() && configurations.len() != 1 {
        return Err(Error::Usage(format!(
            "--init needs exactly one configuration, {} are selected: add --stride 1 --padding same, for example",
            configurations.len()
        )));
    }
    let mut data = match &args.data {
        Some(directory) => Dataset::open(directory)?,
        None => Dataset::embedded()?,
    };
    if let Some(n) = args.limit {
        data.limit(n)?;
    }
    let image = [data.train.height, data.train.width];
    let initial = match &args.init {
        Some(file) => Some(weights::load(file, &Network::new(image, configurations[0])?)?),
        None => None,
    };
    let train = TrainOptions {
        batch_size: args.batch_size,
        learning_rate: args.learning_rate,
        seeds: vec![args.seed],
        shuffle: !args.no_shuffle,
        ..TrainOptions::default()
    };
    let study = Study { configurations, epochs: args.epochs, train, weights: initial };
    let (backend, why) = open(args)?;
    // Whatever makes no network or no plan is found before a file is written.
    study.check(&backend, &data)?;
    let out = args.out.clone().unwrap_or_else(default_out);
    let writer = Writer::create(&out, args.force)?;
    let progress = Progress::new(args.quiet, args.epochs);
    progress.line(&why);

    ctrlc::set_handler(|| {
        if STOP.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Error::Interrupted.exit_code()));
        }
        say("stopping at the next step; once more to stop at once");
    })
    .map_err(|e| Error::Failure(format!("cannot watch for Ctrl-C: {e}")))?;

    let info = run_info(args, &backend, &data);
    let mut run = Run {
        args,
        writer,
        progress,
        info,
        networks: Vec::new(),
        rows: Vec::new(),
        features: Vec::new(),
        clock: Instant::now(),
    };
    run.writer.run(&run.info)?;
    let shapes: Vec<_> = study
        .configurations
        .iter()
        .map(|c| Ok(ShapeRow::of(c, &Network::new(image, *c)?)))
        .collect::<Result<Vec<_>>>()?;
    run.writer.shapes(&shapes.concat())?;
    let result = pollster::block_on(study::run(&backend, &data, &study, &mut run));
    run.progress.finish();
    let result = result.and_then(|()| run.figures(&data));
    run.close(&result)?;
    result?;
    run.show()
}

/// The backend that the options choose, and a line that says which and why.
fn open(args: &TrainArgs) -> Result<(Backend, String)> {
    let cpu = |why: &str| {
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        (Backend::Cpu, format!("training on the CPU, {threads} threads: {why}"))
    };
    if args.backend == BackendChoice::Cpu {
        return Ok(cpu("as asked"));
    }
    if args.backend == BackendChoice::Auto && args.adapter.is_none() {
        let infos: Vec<_> = pollster::block_on(gpu::adapters()).into_iter().map(|a| a.info).collect();
        match gpu::choose(&infos, None) {
            Ok(i) if gpu::is_real(&infos[i]) => {}
            Ok(i) => {
                return Ok(cpu(&format!(
                    "the only adapter, {}, is a software one (--backend gpu takes it)",
                    infos[i].name
                )));
            }
            Err(_) => return Ok(cpu("no GPU adapter was found")),
        }
    }
    let backend = pollster::block_on(Backend::gpu(args.adapter.as_deref(), false))?;
    let Backend::Gpu(gpu) = &backend else { return Ok((backend, String::new())) };
    let notice = if gpu::is_real(&gpu.info) { "" } else { ", a software adapter: it computes on the CPU" };
    let line = format!("training on {} ({:?}){notice}", gpu.info.name, gpu.info.backend);
    Ok((backend, line))
}

fn default_out() -> PathBuf {
    PathBuf::from("runs").join(jiff::Zoned::now().strftime("%Y-%m-%d-%H%M%S").to_string())
}

fn run_info(args: &TrainArgs, backend: &Backend, data: &Dataset) -> RunInfo {
    let (adapter, driver, software) = match backend {
        Backend::Cpu => {
            let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
            (format!("{} CPU, {threads} threads", std::env::consts::ARCH), String::new(), false)
        }
        Backend::Gpu(gpu) => {
            (gpu.info.name.clone(), format!("{} {}", gpu.info.driver, gpu.info.driver_info), !gpu::is_real(&gpu.info))
        }
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
            "seed": args.seed,
            "limit": args.limit,
            "data": args.data,
            "out": args.out,
            "force": args.force,
            "init": args.init,
            "no-shuffle": args.no_shuffle,
            "json": args.json,
            "quiet": args.quiet,
            "verbose": args.verbose,
        }),
        data: DataInfo { name: data.name.clone(), sha256: data.sha256.iter().cloned().collect() },
        start: timestamp(),
        ..RunInfo::default()
    }
}

/// A run under way: writes what it hears.
struct Run<'a> {
    args: &'a TrainArgs,
    writer: Writer,
    progress: Progress,
    info: RunInfo,
    networks: Vec<(Configuration, Network, u64)>,
    rows: Vec<EpochRow>,
    features: Vec<(Configuration, Features)>,
    clock: Instant,
}

impl Observer for Run<'_> {
    fn start(&mut self, configuration: &Configuration, network: &Network, steps: usize) -> Result<()> {
        self.networks.push((*configuration, network.clone(), steps as u64));
        self.progress.start(configuration, steps);
        Ok(())
    }

    fn steps(&mut self, epoch: u32, done: usize) -> bool {
        self.progress.steps(epoch, done);
        !STOP.load(Ordering::Relaxed)
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
        let before = u64::from(epoch - 1) * result.step_losses.len() as u64;
        let steps: Vec<_> = result
            .step_losses
            .iter()
            .zip(before + 1..)
            .map(|(&loss, step)| StepRow { stride, padding: padding.clone(), seed, step: step as u32, loss })
            .collect();
        self.writer.append_steps(&steps)?;
        self.writer.append_epoch(&row)?;
        self.info.totals.epochs += 1;
        self.info.totals.steps += steps.len() as u64;
        self.info.totals.train_seconds += row.seconds;
        self.progress.line(&format!(
            "{configuration}, epoch {epoch}/{}: loss {:.4}, accuracy {:.2} %; validation loss {:.4}, accuracy {:.2} %; {:.1} s",
            self.args.epochs,
            row.train_loss,
            100.0 * row.train_accuracy,
            row.val_loss,
            100.0 * row.val_accuracy,
            row.seconds
        ));
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
        self.features.push((*configuration, conv1.clone()));
        self.info.totals.networks += 1;
        Ok(())
    }
}

fn merge(object: &mut serde_json::Value, row: &EpochRow) {
    if let (Some(object), Ok(serde_json::Value::Object(row))) = (object.as_object_mut(), serde_json::to_value(row)) {
        object.extend(row);
    }
}

impl Run<'_> {
    fn figures(&self, data: &Dataset) -> Result<()> {
        let caption = format!("{}, seed {}, {} backend", data.name, self.args.seed, self.info.backend);
        self.writer.figure("accuracy.png", &png(&curves::accuracy(&self.rows, &caption))?)?;
        self.writer.figure("loss.png", &png(&curves::loss(&self.rows, &caption))?)?;
        let (pixels, side) = (data.test.height * data.test.width, [data.test.height, data.test.width]);
        let image = sample::sample(&data.test.images[..pixels], side, 0, data.test.labels[0])?;
        self.writer.figure("sample.png", &png(&image)?)?;
        let maps = self.features.iter().map(|(c, f)| Ok((c, FeatureMaps::new(*c, f.shape, &f.data)?)));
        let (configurations, maps): (Vec<_>, Vec<_>) = maps.collect::<Result<Vec<_>>>()?.into_iter().unzip();
        let max = shared_max(&maps);
        for (configuration, maps) in configurations.into_iter().zip(&maps) {
            self.writer.figure(&feature_maps_name(configuration), &png(&maps.svg(max))?)?;
        }
        Ok(())
    }

    /// Writes how the run ended.
    fn close(&mut self, result: &Result<()>) -> Result<()> {
        self.info.end = Some(timestamp());
        self.info.totals.seconds = self.clock.elapsed().as_secs_f64();
        self.info.status = match result {
            Ok(()) => Status::Finished,
            Err(Error::Interrupted) => Status::Interrupted,
            Err(_) => Status::Failed,
        };
        self.writer.run(&self.info)
    }

    /// The table, or the last JSON line.
    fn show(&self) -> Result<()> {
        let out = self.writer.dir().display();
        if self.args.json {
            let done = json!({
                "event": "done",
                "out": self.writer.dir(),
                "networks": self.info.totals.networks,
                "epochs": self.info.totals.epochs,
                "train_seconds": self.info.totals.train_seconds,
                "seconds": self.info.totals.seconds,
            });
            return print(&format!("{done}\n"));
        }
        let rows: Vec<_> = self
            .networks
            .iter()
            .map(|(configuration, network, steps)| {
                let matches =
                    |row: &&EpochRow| row.stride == configuration.stride && row.padding == configuration.padding_name();
                let epochs: Vec<_> = self.rows.iter().filter(matches).cloned().collect();
                RunRow::new(configuration, network, &epochs, *steps)
            })
            .collect();
        let table = run_table(&rows, colour(), width());
        print(&format!(
            "{table}\n\nresults in {out}: metrics.csv, steps.csv, shapes.csv, run.json, weights/, figures/\n"
        ))
    }
}
