//! `stridelab bench`: what each layer of each network costs.

use serde::Serialize;
use serde_json::{Value, json};
use stridelab::Result;
use stridelab::analysis::{CostRatio, comparable, compare};
use stridelab::bench::{Bench, BenchOptions};
use stridelab::cpu;
use stridelab::data::Dataset;
use stridelab::error::one_line;
use stridelab::model::Configuration;
use stridelab::record::{BenchRecord, FORMAT};
use stridelab::report::figure::step_time;
use stridelab::report::text::{comparison_table, cost_tables, counted};
use stridelab::store::{BenchWriter, read_bench};

use super::{draw, one_device, output, timestamp};
use crate::args::BenchArgs;
use crate::errors::{Options, say_left_out};
use crate::memory::SmallerPlans;
use crate::terminal::{colour, print, say, width};
use crate::{device, memory};

/// Checks, measures, writes, shows.
pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    one_device(args.backend, args.adapter.as_deref(), &args.tuning)?;
    let mut batch_sizes = args.batch_size.clone();
    batch_sizes.sort_unstable();
    batch_sizes.dedup();
    let options = BenchOptions {
        configurations: args.grid.configurations()?,
        batch_sizes,
        fuse: !args.no_fuse,
        ..BenchOptions::default()
    };
    // A useless file is found before anything takes time.
    let other = args.compare.as_deref().map(read_bench).transpose()?;
    if let Some(other) = &other {
        let known = comparable(&options.configurations, &options.batch_sizes, &other.measured);
        known.map_err(|error| error.at("--compare"))?;
    }
    memory::check_data(None)?;
    cpu::start_threads()?;
    let data = Dataset::embedded()?;
    let (backend, why) = device::open(args.backend, args.adapter.as_deref(), &args.tuning, "measuring")?;
    say(&why);
    let mut bench = Bench::new(&backend, &data, &options)?;
    let check = |who: &str, configurations: &[Configuration], bytes: u64| {
        memory::check(who, &backend, bytes, 0, || {
            let configurations = configurations.to_vec();
            let least = BenchOptions { batch_sizes: vec![1], configurations, ..options.clone() };
            SmallerPlans { batch: Bench::new(&backend, &data, &least).map(|bench| bench.bytes()).ok(), samples: None }
        })
    };
    if let Err(error) = check("the largest network", &options.configurations, bench.bytes()) {
        bench.leave_out(|configuration, bytes| check("it", &[configuration], bytes)).map_err(|_| error)?;
    }
    say_left_out(&bench.left_out, Options::Bench(&args.grid));
    let mut writer = BenchWriter::new(output(args.out.as_deref(), args.force, "-bench")?)?;
    let start = timestamp();
    let measured = pollster::block_on(bench.run(&backend, &mut |line| say(line)))?;
    device::keep_compiled(&backend);
    let record = BenchRecord {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        machine: device::machine(&backend),
        options: describe(args),
        start,
        end: timestamp(),
        measured,
    };
    // Minutes of measuring are shown even where they cannot be written.
    let written = draw(&step_time::step_time(&record)).and_then(|figure| writer.write(&record, &figure));
    let out = written.is_ok().then(|| writer.dir());
    let comparison = other.as_ref().map(|other| compare(&record.measured, &other.measured));
    if args.json {
        return print(&lines(&record, comparison.as_deref().unwrap_or_default(), out)).and(written);
    }
    let mut text = format!("{}\n\n{}\n", heading(&record), cost_tables(&record.measured, colour(), width()));
    if let (Some(other), Some(rows)) = (&other, &comparison) {
        let table = comparison_table(rows, colour());
        let operations = if other.measured.fused { "" } else { ", plain operations only" };
        text += &format!(
            "\nbeside {} ({} backend{operations}), {}\n{table}\n",
            other.machine.adapter, other.machine.backend, other.start
        );
    }
    if let Some(out) = out {
        text += &format!(
            "\nresults in {}\n  cost.csv  bench.json  figures/cost.png  figures/cost.svg\n",
            one_line(out.display())
        );
    }
    print(&text).and(written)
}

fn describe(args: &BenchArgs) -> Value {
    let mut options = args.grid.describe();
    let others = json!({
        "backend": format!("{:?}", args.backend).to_lowercase(),
        "adapter": args.adapter,
        "batch-size": args.batch_size,
        "no-fuse": args.no_fuse,
        "compare": args.compare,
        "out": args.out,
        "force": args.force,
        "json": args.json,
    });
    extend(&mut options, &others);
    options
}

/// What was measured, how, and how fast it can be.
fn heading(record: &BenchRecord) -> String {
    let BenchRecord { machine, measured, .. } = record;
    let software = if machine.software { ", a software adapter: it computes on the CPU" } else { "" };
    let driver = if machine.driver.is_empty() { String::new() } else { format!(", {}", machine.driver) };
    let operations = if measured.fused { "" } else { ", plain operations only" };
    let whole = if measured.device_clock { ", whole steps by the host's" } else { ", and so whole steps" };
    let worst = measured.networks.iter().map(|n| n.loss_difference).fold(0.0, f64::max);
    format!(
        "{}{driver}{software}{operations}\n\
         multiply-add peak {:.1} GFLOP/s, measured now; losses within {worst:.0e} of the plain CPU's\n\
         layers by {}{whole}; medians of {}",
        machine.adapter,
        measured.peak_gflops,
        measured.clock(),
        counted(measured.samples, "sample")
    )
}

/// One object a line: the machine, every cost, every network, the comparison, and where it is, if it is written.
fn lines(record: &BenchRecord, comparison: &[CostRatio], out: Option<&std::path::Path>) -> String {
    let BenchRecord { machine, measured, .. } = record;
    let mut lines = vec![json!({
        "event": "machine", "backend": machine.backend, "adapter": machine.adapter, "driver": machine.driver,
        "software": machine.software, "peak_gflops": measured.peak_gflops, "device_clock": measured.device_clock,
    })];
    for network in &measured.networks {
        let mut place = json!({ "batch_size": network.batch_size });
        extend(&mut place, &network.configuration);
        for cost in network.costs() {
            let mut line = event("cost", &place);
            extend(&mut line, cost);
            lines.push(without(line, &["samples_us"]));
        }
        lines.push(without(event("network", network), &["parts", "train_step", "inference"]));
    }
    lines.extend(comparison.iter().map(|row| event("comparison", row)));
    lines.extend(out.map(|out| json!({ "event": "done", "out": out })));
    lines.iter().map(|line| format!("{line}\n")).collect()
}

fn event(name: &str, fields: &impl Serialize) -> Value {
    let mut line = json!({ "event": name });
    extend(&mut line, fields);
    line
}

fn extend(line: &mut Value, fields: &impl Serialize) {
    if let (Some(line), Ok(Value::Object(fields))) = (line.as_object_mut(), serde_json::to_value(fields)) {
        line.extend(fields);
    }
}

fn without(mut line: Value, names: &[&str]) -> Value {
    if let Some(line) = line.as_object_mut() {
        line.retain(|name, _| !names.contains(&name.as_str()));
    }
    line
}
