//! `stridelab tune`: what is fastest on an adapter, kept for every later run.

use std::time::Duration;

use stridelab::backend::Backend;
use stridelab::error::one_line;
use stridelab::gpu::{Gpu, KeptTuning};
use stridelab::{Error, Result};

use crate::args::{BackendChoice, TuneArgs, TuningChoice};
use crate::terminal::print;
use crate::{device, tuning};

/// More than it takes on any device on which it matters.
const BUDGET: Duration = Duration::from_secs(60);

/// Measures every candidate, prints what each takes, and keeps the fastest.
pub(crate) fn run(args: &TuneArgs) -> Result<()> {
    let directory = tuning::cache_directory();
    if args.out.is_none() && directory.is_none() {
        return Err(tuning::nowhere());
    }
    if let Some(file) = &args.out {
        KeptTuning::check_place(file).map_err(|error| error.at("--out").advice("choose another --out"))?;
    }
    let (backend, _) = device::open(BackendChoice::Gpu, args.adapter.as_deref(), &TuningChoice::Default, "measuring")?;
    let Backend::Gpu(gpu) = &backend else { unreachable!("a GPU was asked for") };
    let found = tuning::measured(gpu, BUDGET)?;
    if !gpu.tuning().is_complete(&found.measured) {
        let what = format!("{}: a minute was not enough to measure its kernels", gpu.info.name);
        return Err(Error::failure(what).advice("try again when the machine is less busy"));
    }
    let place = match (&args.out, &directory) {
        (Some(file), _) => {
            found.write(file)?;
            format!("written to {}; --tuning {} takes it", one_line(file.display()), one_line(file.display()))
        }
        _ if tuning::is_replaced() => {
            "not kept, as STRIDELAB_TUNING replaces choices; --out writes it to a file".into()
        }
        (None, Some(directory)) => {
            found.keep(directory, &gpu.info, gpu.tuning())?;
            let path = KeptTuning::path(directory, &gpu.info, gpu.tuning());
            format!("kept in {}; every run on this adapter takes it", one_line(path.display()))
        }
        (None, None) => return Err(tuning::nowhere()),
    };
    if args.json {
        let json = serde_json::to_string(&found).map_err(|error| Error::failure(error.to_string()))?;
        return print(&format!("{json}\n"));
    }
    print(&format!("{}\n{place}\n", table(gpu, &found)))
}

/// A row a candidate.
fn table(gpu: &Gpu, found: &KeptTuning) -> String {
    if found.measured.is_empty() {
        return format!("{}: its kernels leave nothing to choose by measurement\n", gpu.info.name);
    }
    let mut text = format!(
        "{} ({:?})\nMicroseconds of the kernels that depend on each choice, in one training step of stride 1, same.\n\
         No choice changes a bit of any result.\n\n{:<20} {:>5} {:>12}\n",
        gpu.info.name, gpu.info.backend, "choice", "value", "µs",
    );
    let mut last = "";
    for row in &found.measured {
        let name = if row.choice == last { "" } else { &row.choice };
        last = &row.choice;
        let chosen = found.choices.get(&row.choice) == Some(&row.value);
        let default = gpu.tuning().choice(&row.choice) == Some(row.value);
        let note = match (chosen, default) {
            (true, true) => "  chosen, as by default",
            (true, false) => "  chosen",
            (false, true) => "  the default",
            (false, false) => "",
        };
        text += &format!("{name:<20} {:>5} {:>12.1}{note}\n", row.value, 1e6 * row.seconds);
    }
    text
}
