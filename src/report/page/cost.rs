//! What networks cost: arithmetic and memory by layer, from the geometry; times as they were measured.

use std::fmt::Write;

use super::PageSource;
use super::contents::networks;
use super::markup::{Escaped, table};
use super::sections::{COST, Figures};
use crate::model::{Configuration, Network};
use crate::record::{BenchRecord, Cost, NetworkCost};
use crate::report::numbers::{DASH, grouped, microseconds, rounded};

/// Bytes of an `f32`.
const FLOAT: usize = 4;

pub(super) fn cost(source: &PageSource, figures: &Figures) -> String {
    let networks = networks(source.records);
    let mut html = String::from(
        "<p>A <em>multiply-add</em> is one product added to a sum: nearly all that a network does. They follow from the sizes of the \
         layers, so they are exact. Time depends on the machine, and was measured.</p>\n",
    );
    html += &totals(source, &networks);
    html += "<details><summary>Layer by layer</summary>\n";
    for (configuration, network) in &networks {
        html += &layers(*configuration, network);
    }
    html += "</details>\n";
    if let Some(bench) = source.bench {
        html += &times(bench);
    }
    html + &figures.section(COST)
}

/// A row a network: size, arithmetic, its ratio to stride 1, memory, measured time of a step and of classification.
fn totals(source: &PageSource, networks: &[(Configuration, Network)]) -> String {
    let macs = |network: &Network| network.layers.iter().map(|layer| layer.macs()).sum::<u64>();
    let row = |(configuration, network): &(Configuration, Network)| {
        let twin = configuration.at_stride_1();
        let ratio =
            networks.iter().find(|(other, _)| *other == twin).map(|(_, twin)| macs(network) as f64 / macs(twin) as f64);
        let parameters: usize = network.layers.iter().map(|layer| layer.parameters()).sum();
        let outputs: usize = network.layers.iter().map(|layer| layer.output().iter().product::<usize>()).sum();
        let summary = |batch: Option<u32>| {
            let own = source.tables.cost_summary.iter().filter(|row| row.configuration == *configuration);
            own.into_iter().find(|row| batch.is_none() || row.batch_size == batch)
        };
        let step = summary(None).and_then(|row| row.seconds_per_step);
        let rate = |batch| summary(Some(batch)).and_then(|row| row.images_per_second);
        let or_dash = |text: Option<String>| text.unwrap_or_else(|| DASH.into());
        vec![
            Escaped(&configuration.to_string()).to_string(),
            grouped(parameters as u64),
            grouped(macs(network)),
            or_dash(ratio.map(|ratio| format!("{:.1} %", 100.0 * ratio))),
            format!("{:.1}", (FLOAT * outputs) as f64 / 1024.0),
            or_dash(step.map(|seconds| microseconds(1e6 * seconds))),
            or_dash(rate(1).map(|rate| grouped(rate as u64))),
            or_dash(rate(64).map(|rate| grouped(rate as u64))),
        ]
    };
    let rows: Vec<_> = networks.iter().map(row).collect();
    let mut html = table(
        "What an image costs, forward, and what was measured in this run",
        &[
            "Network",
            "Parameters",
            "Multiply-adds",
            "Of stride 1's",
            "Outputs of all layers, KiB",
            "Training step, µs a model (median epoch)",
            "Images a second, one by one",
            "… 64 at once",
        ],
        &rows,
    );
    if source.tables.cost_summary.iter().any(|row| row.seconds_per_step.is_some()) {
        let several = source.records.models.iter().any(|row| row.model.seed != source.records.models[0].model.seed);
        let together = match several {
            true => {
                "; models of all seeds were trained at once, and the time is divided among them: one alone takes longer a step"
            }
            false => "",
        };
        let machine = Escaped(&source.records.run.machine.adapter);
        let _ = writeln!(html, "<p class=\"note\">Measured on {machine}{together}.</p>");
    }
    html
}

fn layers(configuration: Configuration, network: &Network) -> String {
    let all: u64 = network.layers.iter().map(|layer| layer.macs()).sum();
    let row = |layer: &crate::model::network::Layer| {
        let [height, width, channels] = layer.output();
        let pads = layer.pads();
        vec![
            layer.name.to_string(),
            format!("{height}×{width}×{channels}"),
            format!("{}, {}, {}, {}", pads.top, pads.bottom, pads.left, pads.right),
            grouped(layer.parameters() as u64),
            grouped(layer.macs()),
            format!("{:.1} %", 100.0 * layer.macs() as f64 / all.max(1) as f64),
            format!("{:.1}", (FLOAT * height * width * channels) as f64 / 1024.0),
        ]
    };
    let rows: Vec<_> = network.layers.iter().map(row).collect();
    let heads =
        ["Layer", "Output", "Padding above, below, left, right", "Parameters", "Multiply-adds", "Share", "Output, KiB"];
    table(&format!("{configuration}, one image"), &heads, &rows)
}

/// Measured times by layer and pass.
fn times(bench: &BenchRecord) -> String {
    let networks = &bench.measured.networks;
    let Some(batch) = networks.first().map(|network| network.batch_size) else { return String::new() };
    let shown: Vec<&NetworkCost> = networks.iter().filter(|network| network.batch_size == batch).collect();
    let names: Vec<String> = shown.iter().map(|network| network.configuration.to_string()).collect();
    let heads: Vec<&str> = std::iter::once("Layer, pass").chain(names.iter().map(String::as_str)).collect();
    let cell = |network: &NetworkCost, part: &Cost| {
        let own = network.costs().find(|cost| (&cost.layer, cost.pass) == (&part.layer, part.pass));
        own.map_or_else(
            || DASH.into(),
            |cost| {
                let ratio =
                    cost.ratio_to_stride1.filter(|_| network.configuration.at_stride_1() != network.configuration);
                microseconds(cost.median_us) + &ratio.map(|ratio| format!(" ({}×)", rounded(ratio))).unwrap_or_default()
            },
        )
    };
    let Some(first) = shown.first() else { return String::new() };
    let rows: Vec<Vec<String>> = first
        .costs()
        .map(|part| {
            let name = Escaped(&format!("{}, {}", part.layer, part.pass.name().replace('_', " "))).to_string();
            std::iter::once(name).chain(shown.iter().map(|network| cell(network, part))).collect()
        })
        .collect();
    let caption = format!(
        "Microseconds of a step of {batch} images by layer, in brackets the ratio to stride 1; measured on {}, {}",
        bench.machine.adapter,
        bench.measured.clock()
    );
    table(&caption, &heads, &rows)
}
