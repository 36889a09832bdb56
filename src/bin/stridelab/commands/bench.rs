//! `stridelab bench`: what each layer of each network costs.

use serde::Serialize;
use serde_json::{Value, json};
use stridelab::Result;
use stridelab::analysis::{CostRatio, comparable, compare};
use stridelab::bench::{self, BenchOptions};
use stridelab::data::Dataset;
use stridelab::error::one_line;
use stridelab::model::geometry::Padding;
use stridelab::record::{BenchRecord, FORMAT};
use stridelab::report::figure::{png, step_time};
use stridelab::report::text::{comparison_table, cost_tables, counted};
use stridelab::store::{BenchWriter, read_bench};

use super::{configurations, default_out, timestamp};
use crate::args::BenchArgs;
use crate::device;
use crate::terminal::{colour, print, say, width};

/// Checks, measures, writes, shows.
pub(crate) fn run(args: &BenchArgs) -> Result<()> {
    let mut batch_sizes = args.batch_size.clone();
    batch_sizes.sort_unstable();
    batch_sizes.dedup();
    let options = BenchOptions {
        configurations: configurations(&args.stride, &args.padding),
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
    let (backend, why) = device::open(args.backend, args.adapter.as_deref(), "measuring")?;
    say(&why);
    let data = Dataset::embedded()?;
    let out = args.out.clone().map_or_else(|| default_out("-bench"), Ok)?;
    let writer = BenchWriter::create(&out, args.force)?;
    let start = timestamp();
    let measured = pollster::block_on(bench::run(&backend, &data, &options, &mut |line| say(line)))?;
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
    writer.write(&record, &png(&step_time::step_time(&record))?)?;
    let comparison = other.as_ref().map(|other| compare(&record.measured, &other.measured));
    if args.json {
        return print(&lines(&record, comparison.as_deref().unwrap_or_default(), writer.dir()));
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
    print(&format!("{text}\nresults in {}\n  cost.csv  bench.json  figures/cost.png\n", one_line(out.display())))
}

fn describe(args: &BenchArgs) -> Value {
    json!({
        "backend": format!("{:?}", args.backend).to_lowercase(),
        "adapter": args.adapter,
        "stride": args.stride,
        "padding": args.padding.iter().map(|&p| Padding::from(p)).collect::<Vec<_>>(),
        "batch-size": args.batch_size,
        "no-fuse": args.no_fuse,
        "compare": args.compare,
        "out": args.out,
        "force": args.force,
        "json": args.json,
    })
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

/// One object a line: the machine, every cost, every network, the comparison, the end.
fn lines(record: &BenchRecord, comparison: &[CostRatio], out: &std::path::Path) -> String {
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
    lines.push(json!({ "event": "done", "out": out }));
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
