//! The main command: train, write, show.

mod checkpoint;
mod features;
mod finish;
mod fitting;
mod journal;
mod models;
mod options;
mod questions;
mod record;
mod resume;
mod rows;

use std::num::NonZeroU32;
use std::path::Path;
use std::time::Instant;

use stridelab::cpu;
use stridelab::data::Dataset;
use stridelab::error::one_line;
use stridelab::model::network::CLASSES;
use stridelab::model::tensor::Tensor;
use stridelab::model::weights;
use stridelab::model::{Configuration, Network};
use stridelab::record::{LeftOutNetwork, RunRecord, ShapeRow};
use stridelab::report::text::counted;
use stridelab::store::RunWriter;
use stridelab::store::layout::{CLAIMS_JSON, REPORT};
use stridelab::study::measure::Questions;
use stridelab::study::{self, Study};
use stridelab::train::TrainOptions;
use stridelab::{Error, Result};

use super::{one_device, output, page};
use crate::args::TrainArgs;
use crate::errors::{Options, say_left_out};
use crate::progress::Progress;
use crate::terminal::print;
use crate::{device, interrupt, memory};
use models::PendingModels;
use record::Run;
use resume::{EarlierRun, Remaining};

/// Trains what the options ask for.
pub(crate) fn run(args: &TrainArgs) -> Result<()> {
    let start = Instant::now();
    // The directory is locked before anything else: whatever is wrong with it is told at once.
    let earlier = args.resume.as_deref().map(|directory| resume::open(directory, args)).transpose()?;
    if earlier.as_ref().is_some_and(EarlierRun::is_finished) {
        return earlier.map_or(Ok(()), finished);
    }
    let of_run = earlier.as_ref().map(|earlier| earlier.args.clone());
    let args = of_run.as_ref().unwrap_or(args);
    let configurations = args.grid.configurations()?;
    agree(args, &configurations)?;
    let mut progress = Progress::new(args.quiet, args.verbose > 0, &configurations, &args.seeds(), args.epochs);
    let notice = progress.clone();
    interrupt::watch(move || notice.line("stopping at the next step; Ctrl-C again to stop at once"))?;

    // Whatever is wrong with the input is found before a file is written.
    // Unpacking the data and opening a device take about as long.
    memory::check_data(args.data.as_deref())?;
    cpu::start_threads()?;
    let (data, opened) = std::thread::scope(|scope| {
        let open = || device::open(args.backend, args.adapter.as_deref(), &args.tuning, "training");
        match std::thread::Builder::new().spawn_scoped(scope, open) {
            Ok(device) => (load(args), device.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))),
            // Without another thread, one after the other.
            Err(_) => (load(args), open()),
        }
    });
    let (mut data, classes) = data?;
    let drawn = features::record(&args.figures, &data)?;
    let initial = match &args.init {
        Some(file) => Some(initial(file, configurations[0], &data, classes)?),
        None => None,
    };
    let (initial, init_sha256) = initial.unzip();
    if let Some(earlier) = &earlier {
        earlier.check_data(&options::data_record(&data, classes), init_sha256.as_deref())?;
        resume::rename(&mut data, &earlier.record);
    }
    let (backend, why) = opened?;
    progress.line(&why);
    let train = TrainOptions {
        batch_size: args.batch_size,
        learning_rate: args.learning_rate,
        seeds: args.seeds(),
        shuffle: !args.no_shuffle,
        fuse: !args.no_fuse,
        log_gradients: args.log_gradients.and_then(NonZeroU32::new),
        ..TrainOptions::default()
    };
    let room = memory::room(&backend).min(study::SIDE_BY_SIDE_BYTES);
    let mut study = Study {
        configurations,
        classes,
        epochs: args.epochs,
        train,
        weights: initial,
        room,
        checkpoint_seconds: args.checkpoint_seconds,
        resume: study::Resume::default(),
    };
    let mut checked = study.check(&backend, &data)?;
    checked.left_out.extend(fitting::leave_out(&mut study, &checked, &backend, &data)?);
    interrupt::check()?;

    let machine = device::machine(&backend);
    let remaining = match earlier {
        Some(earlier) => {
            let differs = earlier.differs(&machine)?;
            earlier.remaining(&study, &machine, differs)?
        }
        None => {
            let writer = RunWriter::new(output(args.out.as_deref(), args.force, "")?)?;
            let record = options::run_record(args, writer.dir(), machine, &data, classes);
            Remaining::all(writer, RunRecord { init_sha256, ..record })
        }
    };
    progress.recall(&remaining.rows);
    let Remaining { writer, record, rows, models, finished, diverged, checkpointed, resume } = remaining;
    study.resume = resume;
    say_left_out(&checked.left_out, Options::Train(args));
    progress.networks(study.configurations.len());
    progress.line(&summary(&study, &data, &writer));
    if args.resume.is_some() {
        progress.line(&still_to_do(&study, finished.len(), diverged.len()));
    }
    let seconds_before = record.totals.seconds;
    let mut run = Run {
        args,
        record: RunRecord { left_out: checked.left_out.iter().map(LeftOutNetwork::from).collect(), ..record },
        writer,
        progress,
        networks: Vec::new(),
        rows,
        models,
        unwritten: Vec::new(),
        features: Vec::new(),
        drawn,
        weights: !finished.is_empty(),
        checkpointed,
        seconds_before,
        unsaved_divergence: false,
        data: &data,
        questions: if args.study { questions::of(&study, &data) } else { Questions::default() },
        pending: PendingModels::default(),
        start,
    };
    run.announce(&checked.left_out)?;
    let shapes = study.configurations.iter().map(|&c| Ok(ShapeRow::of(c, &study.network(c, &data)?)));
    run.begin(&shapes.collect::<Result<Vec<_>>>()?.concat())?;
    if args.study {
        questions::tables(&mut run.writer, &study, &backend, &data)?;
    }
    let trained = async {
        run.recall(&backend, &data, &study, &finished).await?;
        study::run(&backend, &data, &study, &mut run).await
    };
    let result = pollster::block_on(trained).map(|more| diverged.into_iter().chain(more).collect());
    device::keep_compiled(&backend);
    let directory = run.writer.dir().to_owned();
    let ended = run.end(result);
    if args.study {
        let judged = questions::answer(args, &directory);
        return ended.and(judged);
    }
    // What ended by a fault of the machine has one thing to say; `report` makes its page.
    let is_told = matches!(ended, Ok(()) | Err(Error::Interrupted));
    if !is_told || args.no_report { ended } else { ended.and(page::of_run(args, &directory)) }
}

/// Tells that nothing is left to train. The answers of a study are made where it was stopped before they were.
///
/// # Errors
/// [`Error::Failure`] where a file cannot be written.
fn finished(earlier: EarlierRun) -> Result<()> {
    print(&resume::nothing_left(&earlier))?;
    let EarlierRun { mut directory, args, .. } = earlier;
    RunWriter::tidy(&mut directory)?;
    let path = directory.path().to_owned();
    // Whoever writes the answers takes the directory for itself.
    drop(directory);
    let has = |file| questions::has(&path, file);
    match () {
        () if args.study && !(has(CLAIMS_JSON) && (args.no_report || has(REPORT))) => questions::answer(&args, &path),
        () if args.no_report || has(REPORT) => Ok(()),
        () => page::of_run(&args, &path),
    }
}

/// Options that contradict one another.
fn agree(args: &TrainArgs, configurations: &[Configuration]) -> Result<()> {
    if args.init.is_some() && configurations.len() != 1 {
        let what = format!("--init needs exactly one configuration, {} are selected", configurations.len());
        return Err(Error::usage(what).advice("add --stride 1 --padding same, for example"));
    }
    one_device(args.backend, args.adapter.as_deref(), &args.tuning)
}

/// The weights of `--init`, and the file's SHA-256.
fn initial(file: &Path, configuration: Configuration, data: &Dataset, classes: usize) -> Result<(Vec<Tensor>, String)> {
    let network = Network::new([data.train.height, data.train.width], configuration);
    let network = network.and_then(|network| network.with_classes(classes)).map_err(|error| error.at(configuration))?;
    weights::load_hashed(file, &network)
}

/// The data, and the number of its classes.
fn load(args: &TrainArgs) -> Result<(Dataset, usize)> {
    let start = Instant::now();
    let mut data = match &args.data {
        Some(directory) => Dataset::open(directory)?,
        None => Dataset::embedded()?,
    };
    // Of the whole set, whatever part of it is trained on.
    let classes = match args.classes {
        Some(classes) => data.check_classes(classes).map(|()| classes),
        None => data.classes(),
    };
    let classes = classes.map_err(|error| match &args.data {
        Some(directory) => error.at(one_line(directory.display())),
        None => error,
    })?;
    if let Some(n) = args.limit {
        data.limit(n).map_err(|error| error.at(format!("--limit {n}")))?;
    }
    log::debug!("{} read and checked in {:.2?}: {:?}, {:?}", data.name, start.elapsed(), data.train, data.test);
    Ok((data, classes))
}

/// `seed 0`, `seeds 0 to 9`, `seeds 1, 5, 7`, or `12 seeds`.
fn seeds(seeds: &[u64]) -> String {
    match seeds {
        [] => "no seed".into(),
        [only] => format!("seed {only}"),
        [first, .., last] if seeds.windows(2).all(|pair| pair[0].checked_add(1) == Some(pair[1])) => {
            format!("seeds {first} to {last}")
        }
        _ if seeds.len() <= 6 => {
            let numbers: Vec<String> = seeds.iter().map(u64::to_string).collect();
            format!("seeds {}", numbers.join(", "))
        }
        _ => format!("{} seeds", seeds.len()),
    }
}

/// What there is of a run that is gone on with.
fn still_to_do(study: &Study, finished: usize, diverged: usize) -> String {
    let all = study.configurations.len() * study.train.seeds.len();
    let diverged = if diverged == 0 { String::new() } else { format!(", {diverged} diverged") };
    format!("going on: {finished} of {} finished{diverged}", counted(all, "model"))
}

/// What is about to happen, on two lines.
fn summary(study: &Study, data: &Dataset, writer: &RunWriter) -> String {
    let classes = match study.classes {
        CLASSES => String::new(),
        classes => format!(" in {classes} classes"),
    };
    let epochs = match study.epochs {
        0 => "the initial weights".into(),
        epochs => counted(epochs as usize, "epoch"),
    };
    format!(
        "{}: {} and {} of {}×{}{classes}\n{} of {epochs}, batch {}, {}; results go to {}",
        data.name,
        counted(data.train.count, "training image"),
        counted(data.test.count, "validation image"),
        data.train.height,
        data.train.width,
        counted(study.configurations.len(), "network"),
        study.train.batch_size,
        seeds(&study.train.seeds),
        one_line(writer.dir().display()),
    )
}
