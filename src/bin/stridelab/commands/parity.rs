//! `stridelab parity`: this adapter against the CPU and `f64`.

use stridelab::backend::Backend;
use stridelab::cpu;
use stridelab::data::Dataset;
use stridelab::model::Configuration;
use stridelab::parity::{self, LOSS, STEPS, StepErrors};
use stridelab::{Error, Result};

use crate::args::{BackendChoice, ParityArgs};
use crate::device;
use crate::terminal::{print, say};

/// Prints the largest error by tensor; fails where one is past its bound.
pub(crate) fn run(args: &ParityArgs) -> Result<()> {
    let seed = match args.seed {
        Some(seed) => seed,
        None => getrandom::u64().map_err(|e| Error::failure(format!("no fresh seed ({e})")).advice("give --seed"))?,
    };
    cpu::start_threads()?;
    let (backend, _) = device::open(BackendChoice::Gpu, args.adapter.as_deref(), "checking")?;
    if let Backend::Gpu(gpu) = &backend {
        print(&format!("{} ({:?}) against the CPU, seed {seed}\n\n", gpu.info.name, gpu.info.backend))?;
    }
    let mut failed = Vec::new();
    let mut verdict = |name: &str, holds: bool| {
        if !holds {
            failed.push(name.to_string());
        }
        if holds { "ok" } else { "FAILED" }
    };
    print(&format!("{:<24} {:>10} {:>10} {:>10}\n", "operator, tensor", "error", "CPU's", "bound"))?;
    for c in pollster::block_on(parity::operators(&backend, seed))? {
        let verdict = verdict(&c.name, c.holds());
        print(&format!("{:<24} {:>10.1e} {:>10.1e} {:>10.1e}  {verdict}\n", c.name, c.error, c.cpu, c.bound))?;
    }
    let mut data = Dataset::embedded()?;
    data.limit(64 * STEPS)?;
    let heading = format!("{STEPS} training steps");
    print(&format!("\n{heading:<24} {:>10} {:>10}  weights furthest apart\n", "loss", "bound"))?;
    for configuration in Configuration::TUTORIAL {
        let StepErrors { loss, parameters } = pollster::block_on(parity::steps(&backend, &data, configuration, seed))?;
        let verdict = verdict(&configuration.to_string(), loss <= LOSS);
        let worst = parameters.iter().max_by(|a, b| a.error.total_cmp(&b.error));
        let worst = worst.map_or(String::new(), |worst| format!("{} {:.1e}", worst.name, worst.error));
        let name = configuration.to_string();
        print(&format!("{name:<24} {loss:>10.1e} {LOSS:>10.1e}  {worst:<22}  {verdict}\n"))?;
    }
    if failed.is_empty() {
        return Ok(());
    }
    say(&format!("run stridelab parity --seed {seed} to see it again"));
    Err(Error::check(format!("{} past the bound: {}", failed.len(), failed.join(", "))))
}
