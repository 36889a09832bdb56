//! The main command: train, write, show.

mod finish;
mod options;
mod record;

use std::time::Instant;

use stridelab::data::Dataset;
use stridelab::error::one_line;
use stridelab::model::weights;
use stridelab::model::{Configuration, Network};
use stridelab::record::ShapeRow;
use stridelab::report::text::counted;
use stridelab::store::RunWriter;
use stridelab::study::{self, Study};
use stridelab::train::TrainOptions;
use stridelab::{Error, Result};

use super::{configurations, default_out};
use crate::args::{BackendChoice, TrainArgs};
use crate::progress::Progress;
use crate::{device, interrupt, memory};
use record::Run;

/// Trains what the options ask for.
pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    let start = Instant::now();
    let configurations = configurations(&args.stride, &args.padding);
    agree(args, &configurations)?;
    let progress = Progress::new(args.quiet, args.verbose > 0, &configurations, &args.seeds(), args.epochs);
    let notice = progress.clone();
    interrupt::watch(move || notice.line("stopping at the next step; Ctrl-C again to stop at once"))?;

    // Whatever is wrong with the input is found before a file is written.
    // Unpacking the data and opening a device take about as long.
    let (data, opened) = std::thread::scope(|scope| {
        let device = scope.spawn(|| device::open(args.backend, args.adapter.as_deref(), "training"));
        let data = load(args);
        (data, device.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    });
    let data = data?;
    let image = [data.train.height, data.train.width];
    let initial = match &args.init {
        Some(file) => Some(weights::load(file, &Network::new(image, configurations[0])?)?),
        None => None,
    };
    let (backend, why) = opened?;
    progress.line(&why);
    let train = TrainOptions {
        batch_size: args.batch_size,
        learning_rate: args.learning_rate,
        seeds: args.seeds(),
        shuffle: !args.no_shuffle,
        fuse: !args.no_fuse,
        ..TrainOptions::default()
    };
    let study = Study { configurations, epochs: args.epochs, train, weights: initial };
    memory::check(&backend, study.check(&backend, &data)?)?;
    interrupt::check()?;

    let out = args.out.clone().map_or_else(|| default_out(""), Ok)?;
    let writer = RunWriter::create(&out, args.force)?;
    progress.line(&summary(&study, &data, &writer));
    let mut run = Run {
        args,
        writer,
        progress,
        record: options::run_record(args, &out, &backend, &data),
        networks: Vec::new(),
        rows: Vec::new(),
        features: Vec::new(),
        sample: data.test.image(0).to_vec(),
        start,
    };
    let shapes = study.configurations.iter().map(|&c| Ok(ShapeRow::of(c, &Network::new(image, c)?)));
    run.begin(&shapes.collect::<Result<Vec<_>>>()?.concat())?;
    let result = pollster::block_on(study::run(&backend, &data, &study, &mut run));
    device::keep_compiled(&backend);
    run.end(result, &data)
}

/// Options that contradict one another.
fn agree(args: &TrainArgs, configurations: &[Configuration]) -> Result<()> {
    if args.init.is_some() && configurations.len() != 1 {
        let what = format!("--init needs exactly one configuration, {} are selected", configurations.len());
        return Err(Error::usage(what).advice("add --stride 1 --padding same, for example"));
    }
    if args.adapter.is_some() && args.backend == BackendChoice::Cpu {
        return Err(Error::usage("--adapter names a GPU, but --backend is cpu").advice("leave one of the two out"));
    }
    Ok(())
}

fn load(args: &TrainArgs) -> Result<Dataset> {
    let start = Instant::now();
    let mut data = match &args.data {
        Some(directory) => Dataset::open(directory)?,
        None => Dataset::embedded()?,
    };
    if let Some(n) = args.limit {
        data.limit(n).map_err(|error| error.at(format!("--limit {n}")))?;
    }
    log::debug!("{} read and checked in {:.2?}: {:?}, {:?}", data.name, start.elapsed(), data.train, data.test);
    Ok(data)
}

/// `seed 0`, or `seeds 0 to 9`.
fn seeds(seeds: &[u64]) -> String {
    match (seeds.first(), seeds.last()) {
        (Some(first), Some(last)) if first != last => format!("seeds {first} to {last}"),
        (first, _) => format!("seed {}", first.copied().unwrap_or_default()),
    }
}

/// What is about to happen, on two lines.
fn summary(study: &Study, data: &Dataset, writer: &RunWriter) -> String {
    format!(
        "{}: {} and {} of {}×{}\n{} of {}, batch {}, {}; results go to {}",
        data.name,
        counted(data.train.count, "training image"),
        counted(data.test.count, "validation image"),
        data.train.height,
        data.train.width,
        counted(study.configurations.len(), "network"),
        counted(study.epochs as usize, "epoch"),
        study.train.batch_size,
        seeds(&study.train.seeds),
        one_line(writer.dir().display()),
    )
}
