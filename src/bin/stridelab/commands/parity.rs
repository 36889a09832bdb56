//! `stridelab parity`: this adapter against the CPU and `f64`.

use stridelab::backend::Backend;
use stridelab::cpu;
use stridelab::data::Dataset;
use stridelab::model::Configuration;
use stridelab::parity::{self, TensorError};
use stridelab::{Error, Result};

use crate::args::{BackendChoice, ParityArgs};
use crate::device;
use crate::terminal::{print, say};

/// A network of the operations that the tutorial's do without. A mean over four positions is exact.
const CONTROL: &str = "stride 2, symmetric, pool none, head gap, crop 10";

/// Characters of the first column, so that all tables are aligned.
const WIDTH: usize = 26;

/// Prints the largest error by tensor and, at the end, whether all are within their bounds; fails where one is not.
pub(crate) fn run(args: &ParityArgs) -> Result<()> {
    cpu::start_threads()?;
    let (backend, _) = device::open(BackendChoice::Gpu, args.adapter.as_deref(), &args.tuning, "checking")?;
    if let Backend::Gpu(gpu) = &backend {
        print(&format!("{} ({:?}) against the CPU, seed {}\n\n", gpu.info.name, gpu.info.backend, args.seed))?;
    }
    let mut checks = pollster::block_on(parity::operators(&backend, args.seed))?;
    print(&table("operator, tensor", &checks, true))?;
    let data = Dataset::embedded()?;
    let control: Configuration = CONTROL.parse()?;
    for configuration in Configuration::TUTORIAL.into_iter().chain([control]) {
        let steps = pollster::block_on(parity::steps(&backend, &data, configuration, args.seed))?;
        let name = configuration.to_string();
        print(&format!("\n{}", table(&format!("{name}: training"), &steps, false)))?;
        checks.extend(steps.into_iter().map(|check| TensorError { name: format!("{name}: {}", check.name), ..check }));
    }
    let (line, failed) = verdict(&checks);
    if failed == 0 {
        return print(&format!("\n{line}\n"));
    }
    say(&format!("run stridelab parity --seed {} to see it again", args.seed));
    Err(Error::check(line))
}

/// A row a tensor. The CPU has errors of its own where both are compared with `f64`.
fn table(header: &str, checks: &[TensorError], judged: bool) -> String {
    let width = checks.iter().map(|check| check.name.chars().count()).chain([header.len(), WIDTH]).max().unwrap_or(0);
    let own = if judged { "CPU's" } else { "" };
    let mut text = format!("{header:<width$} {:>10} {own:>10} {:>10}\n", "error", "bound");
    for check in checks {
        let TensorError { name, error, cpu, bound } = check;
        let own = if judged { format!("{cpu:.1e}") } else { String::new() };
        // `width` counts characters, as the formatter does.
        text += &format!("{name:<width$} {error:>10.1e} {own:>10} {bound:>10.1e}  ");
        text += if check.holds() { "ok\n" } else { "FAILED\n" };
    }
    text
}

/// The last line, and how many checks failed.
fn verdict(checks: &[TensorError]) -> (String, usize) {
    let failed: Vec<_> = checks.iter().filter(|check| !check.holds()).map(|check| check.name.as_str()).collect();
    let worst = checks.iter().max_by(|a, b| a.share_of_bound().total_cmp(&b.share_of_bound()));
    let Some(worst) = worst else { return ("nothing was compared".into(), 1) };
    let TensorError { name, error, bound, .. } = worst;
    let line = if failed.is_empty() {
        format!(
            "GPU and CPU agree: of {} errors the worst is {error:.1e} of {bound:.1e} allowed ({name})",
            checks.len()
        )
    } else {
        let names = failed.join("; ");
        format!("GPU and CPU disagree: {} of {} errors are past their bounds ({names})", failed.len(), checks.len())
    };
    (line, failed.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(name: &str, error: f64) -> TensorError {
        TensorError { name: name.into(), error, cpu: 1e-8, bound: 1e-6 }
    }

    #[test]
    fn the_verdict_names_the_worst_or_what_failed() {
        let good = [check("a", 2e-8), check("b", 5e-7), check("c", 0.0)];
        assert_eq!(
            verdict(&good),
            ("GPU and CPU agree: of 3 errors the worst is 5.0e-7 of 1.0e-6 allowed (b)".into(), 0)
        );
        let bad = [check("a", 2e-8), check("b", f64::NAN), check("c", 1e-5)];
        let (line, failed) = verdict(&bad);
        assert_eq!((line.as_str(), failed), ("GPU and CPU disagree: 2 of 3 errors are past their bounds (b; c)", 2));
    }

    #[test]
    fn columns_are_aligned() {
        let checks = [check("matmul aᵀbᵀ", 1e-7), check("negative log-likelihood", f64::NAN)];
        for judged in [true, false] {
            let text = table("stride 1, valid: training", &checks, judged);
            let lines: Vec<&str> = text.lines().collect();
            let bound = |line: &str| line.find("1.0e-6").map(|at| line[..at].chars().count());
            assert_eq!(bound(lines[1]), bound(lines[2]), "{text}");
            assert_eq!(lines[0].chars().count(), WIDTH + 33, "{text}");
            assert!(lines[1].ends_with("1.0e-6  ok") && lines[2].ends_with("1.0e-6  FAILED"), "{text}");
        }
    }
}
