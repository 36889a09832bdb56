//! `stridelab bench`: what each layer of each network costs.

use serde::Serialize;
use serde_json::{Value, json};
use stridelab::Result;
use stridelab::analysis::{Comparison, comparable, compare};
use stridelab::bench::{self, Options};
use stridelab::data::Dataset;
use stridelab::error::one_line;
use stridelab::record::Bench;
use stridelab::report::figure::{png, step_time};
use stridelab::report::text::{comparison_table, cost_tables};
use stridelab::store::{CostWriter, read_bench};

use super::{configurations, default_out, timestamp};
use crate::args::BenchArgs;
use crate::device;
use crate::terminal::{colour, print, say, width};

/// Checks, measures, writes, shows.
pub fn run(args: &BenchArgs) -> Result<()> {
    let mut batch_sizes = args.batch_size.clone();
    batch_sizes.sort_unstable();
    batch_sizes.dedup();
    let options = Options {
        configurations: configurations(&args.stride, &args.padding),
        batch_sizes,
        fuse: !args.no_fuse,
        ..Options::default()
    };
    // A useless file is found before anything takes time.
    let other = args.compare.as_deref().map(read_bench).transpose()?;
    other.iter().try_for_each(|other| comparable(&options, other))?;
    let (backend, why) = device::open(args.backend, args.adapter.as_deref(), "measuring")?;
    say(&why);
    let data = Dataset::embedded()?;
    let out = args.out.clone().map_or_else(|| default_out("-bench"), Ok)?;
    let writer = CostWriter::create(&out, args.force)?;
    let start = timestamp();
    let measured = pollster::block_on(bench::run(&backend, &data, &options, &mut |line| say(line)))?;
    device::keep_compiled(&backend);
    let measured = Bench { options: describe(args), start, end: timestamp(), ..measured };
    writer.write(&measured, &png(&step_time::step_time(&measured))?)?;
    let comparison = other.as_ref().map(|other| compare(&measured, other));
    if args.json {
        return print(&lines(&measured, comparison.as_deref().unwrap_or_default(), writer.dir()));
    }
    let mut text = format!("{}\n\n{}\n", heading(&measured), cost_tables(&measured, colour(), width()));
    if let (Some(other), Some(rows)) = (&other, &comparison) {
        let table = comparison_table(rows, colour());
        let operations = if other.fused { "" } else { ", plain operations only" };
        text +=
            &format!("\nbeside {} ({} backend{operations}), {}\n{table}\n", other.adapter, other.backend, other.start);
    }
    print(&format!("{text}\nresults in {}\n  cost.csv  bench.json  figures/cost.png\n", one_line(out.display())))
}

fn describe(args: &BenchArgs) -> Value {
    json!({
        "backend": format!("{:?}", args.backend).to_lowercase(),
        "adapter": args.adapter,
        "stride": args.stride,
        "padding": args.padding.iter().map(|p| format!("{p:?}").to_lowercase()).collect::<Vec<_>>(),
        "batch-size": args.batch_size,
        "no-fuse": args.no_fuse,
        "compare": args.compare,
        "out": args.out,
        "force": args.force,
        "json": args.json,
    })
}

/// What was measured, how, and how fast it can be.
fn heading(bench: &Bench) -> String {
    let software = if bench.software { ", a software adapter: it computes on the CPU" } else { "" };
    let driver = if bench.driver.is_empty() { String::new() } else { format!(", {}", bench.driver) };
    let operations = if bench.fused { "" } else { ", plain operations only" };
    let whole = if bench.device_clock { ", whole steps by the host's" } else { ", and so whole steps" };
    let worst = bench.networks.iter().map(|n| n.loss_difference).fold(0.0, f64::max);
    format!(
        "{}{driver}{software}{operations}\n\
         multiply-add peak {:.1} GFLOP/s, measured now; losses within {worst:.0e} of the plain CPU's\n\
         layers by {}{whole}; medians of {} samples",
        bench.adapter,
        bench.peak_gflops,
        bench.clock(),
        bench.samples
    )
}

/// One object a line: the machine, every cost, every network, the comparison, the end.
fn lines(bench: &Bench, comparison: &[Comparison], out: &std::path::Path) -> String {
    let mut lines = vec![json!({
        "event": "machine", "backend": bench.backend, "adapter": bench.adapter, "driver": bench.driver,
        "software": bench.software, "peak_gflops": bench.peak_gflops, "device_clock": bench.device_clock,
    })];
    for network in &bench.networks {
        let place = json!({ "batch_size": network.batch_size, "stride": network.stride, "padding": network.padding });
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
