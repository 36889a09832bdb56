//! What `bench` prints: a table of the networks, one of each network's layers, and two benchmarks side by side.
//!
//! A table that is wider than the terminal leaves out columns in up to three steps. The number of steps taken is
//! `narrowed`: at 0 every column is shown.

use super::table::{TableColumn, fits, heading, render};
use crate::analysis::CostRatio;
use crate::record::{Cost, Measurement, NetworkCost, Pass};
use crate::report::numbers::{DASH, decimal, grouped, microseconds, or_dash, per_second, percent, ratio};

/// How often a table can be narrowed.
const STEPS: usize = 3;

/// A table of the networks, then one of each network's layers, each as wide as `width` allows.
pub fn cost_tables(bench: &Measurement, colour: bool, width: u16) -> String {
    let several = bench.networks.iter().any(|network| network.batch_size != bench.networks[0].batch_size);
    let fitted = |build: &dyn Fn(usize) -> Vec<TableColumn>| {
        let wide = (0..STEPS).map(build).find(|columns| fits(columns, width));
        render(&wide.unwrap_or_else(|| build(STEPS)), colour)
    };
    let mut text = vec![fitted(&|narrowed| summary(&bench.networks, several, narrowed))];
    for network in &bench.networks {
        let name = format!("{}, batch {}", network.configuration, network.batch_size);
        let share = network.sum_of_parts_us() / network.train_step.median_us;
        text.push(format!(
            "{}\n{}\nwhole step {} µs; its parts, each alone, come to {} of it",
            heading(&name, colour),
            fitted(&|narrowed| layers(network, narrowed)),
            timing(&network.train_step),
            percent(share, 0)
        ));
    }
    text.join("\n\n")
}

fn summary(networks: &[NetworkCost], several: bool, narrowed: usize) -> Vec<TableColumn> {
    let cells = |cell: &dyn Fn(&NetworkCost) -> String| networks.iter().map(cell).collect::<Vec<_>>();
    let mut columns = vec![TableColumn::text("\nconfiguration", cells(&|n| n.configuration.to_string()))];
    if several {
        columns.push(TableColumn::numbers("\nbatch", cells(&|n| n.batch_size.to_string())));
    }
    if narrowed < 2 {
        columns.push(TableColumn::numbers("MACs an\nimage", cells(&|n| grouped(n.macs))));
    }
    columns.push(TableColumn::numbers("training step\nms ± IQR", cells(&|n| milliseconds(&n.train_step))));
    let to_stride_1 = cells(&|n| or_dash(n.train_step.ratio_to_stride1, ratio));
    columns.push(TableColumn::numbers("× time of\nstride 1", to_stride_1));
    if narrowed < 3 {
        columns.push(TableColumn::numbers("of\npeak", cells(&|n| or_dash(n.train_step.fraction_of_peak, share))));
    }
    columns.push(TableColumn::numbers("images/s\ntraining", cells(&|n| per_second(n.train_images_per_second))));
    columns.push(TableColumn::numbers("images/s\ninference", cells(&|n| per_second(n.inference_images_per_second))));
    if narrowed < 1 {
        let mib = |bytes: u64| decimal(bytes as f64 / f64::from(1 << 20), 1);
        columns.push(TableColumn::numbers("activations\nMiB", cells(&|n| mib(n.activation_bytes))));
    }
    columns
}

/// The passes of a layer.
struct LayerCosts<'a> {
    layer: &'a str,
    passes: Vec<&'a Cost>,
}

impl LayerCosts<'_> {
    fn pass(&self, pass: Pass) -> Option<&Cost> {
        self.passes.iter().copied().find(|cost| cost.pass == pass)
    }

    fn macs(&self) -> u64 {
        self.passes.iter().map(|cost| cost.macs).sum()
    }

    fn us(&self) -> f64 {
        self.passes.iter().map(|cost| cost.median_us).sum()
    }

    /// The time of all passes over their time at stride 1; `None` where that of a pass is not known.
    fn ratio_to_stride1(&self) -> Option<f64> {
        let at_stride_1 = |cost: &&Cost| Some(cost.median_us / cost.ratio_to_stride1?);
        let sum: Option<f64> = self.passes.iter().map(at_stride_1).sum();
        sum.map(|sum| self.us() / sum)
    }

    /// The multiply-adds of all passes over their time, as a share of the peak.
    fn fraction_of_peak(&self) -> Option<f64> {
        let counted = self.passes.iter().find(|cost| cost.macs > 0)?;
        let us_per_mac_at_peak = counted.fraction_of_peak? * counted.median_us / counted.macs as f64;
        Some(us_per_mac_at_peak * self.macs() as f64 / self.us())
    }
}

fn layers(network: &NetworkCost, narrowed: usize) -> Vec<TableColumn> {
    let mut rows: Vec<LayerCosts> = Vec::new();
    for cost in &network.parts {
        match rows.iter_mut().find(|row| row.layer == cost.layer) {
            Some(row) => row.passes.push(cost),
            None => rows.push(LayerCosts { layer: &cost.layer, passes: vec![cost] }),
        }
    }
    let total = LayerCosts { layer: "sum", passes: network.parts.iter().collect() };
    let cells = |cell: &dyn Fn(&LayerCosts) -> String| rows.iter().chain([&total]).map(cell).collect::<Vec<_>>();
    let with_iqr = narrowed < 2;
    let time = |row: &LayerCosts, pass: Pass| {
        if row.layer == total.layer {
            let all = row.passes.iter().filter(|cost| cost.pass == pass);
            return microseconds(all.map(|cost| cost.median_us).sum());
        }
        match row.pass(pass) {
            Some(cost) if with_iqr => timing(cost),
            Some(cost) => microseconds(cost.median_us),
            None => DASH.into(),
        }
    };
    let times = |name: &str, pass: Pass| {
        let unit = if with_iqr { "µs ± IQR" } else { "µs" };
        TableColumn::numbers(&format!("{name}\n{unit}"), cells(&|row| time(row, pass)))
    };
    let mut columns = vec![TableColumn::text("\nlayer", cells(&|row| row.layer.into()))];
    if narrowed < 1 {
        let millions = |macs: u64| if macs == 0 { DASH.into() } else { decimal(macs as f64 / 1e6, 1) };
        columns.push(TableColumn::numbers("million\nMACs", cells(&|row| millions(row.macs()))));
    }
    columns.push(times("forward", Pass::Forward));
    columns.push(times("backward", Pass::Backward));
    columns.push(times("optimiser", Pass::Optimiser));
    let sum = network.sum_of_parts_us();
    columns.push(TableColumn::numbers("of all\nparts", cells(&|row| share(row.us() / sum))));
    if narrowed < 3 {
        columns.push(TableColumn::numbers("of\npeak", cells(&|row| or_dash(row.fraction_of_peak(), share))));
    }
    columns.push(TableColumn::numbers("× time of\nstride 1", cells(&|row| or_dash(row.ratio_to_stride1(), ratio))));
    columns
}

/// This benchmark beside another one, as [`crate::analysis::compare`] relates them.
pub fn comparison_table(rows: &[CostRatio], colour: bool) -> String {
    let cells = |cell: &dyn Fn(&CostRatio) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let mut columns = vec![TableColumn::text("\nconfiguration", cells(&|row| row.configuration.to_string()))];
    if rows.iter().any(|row| row.batch_size != rows[0].batch_size) {
        columns.push(TableColumn::numbers("\nbatch", cells(&|row| row.batch_size.to_string())));
    }
    columns.push(TableColumn::text("\nlayer", cells(&|row| row.layer.clone())));
    columns.push(TableColumn::text("\npass", cells(&|row| row.pass.to_string().replace('_', " "))));
    columns.push(TableColumn::numbers("this run\nµs", cells(&|row| microseconds(row.median_us))));
    columns.push(TableColumn::numbers("the other\nµs", cells(&|row| microseconds(row.other_us))));
    columns.push(TableColumn::numbers("this over\nother", cells(&|row| ratio(row.ratio))));
    render(&columns, colour)
}

/// Median and interquartile range in microseconds.
fn timing(cost: &Cost) -> String {
    format!("{} ± {}", microseconds(cost.median_us), microseconds(cost.iqr_us))
}

/// Median and interquartile range in milliseconds, with as many decimals for both as the median needs.
fn milliseconds(cost: &Cost) -> String {
    let decimals = if cost.median_us < 9_995.0 { 3 } else { 1 };
    format!("{} ± {}", decimal(cost.median_us / 1e3, decimals), decimal(cost.iqr_us / 1e3, decimals))
}

fn share(share: f64) -> String {
    percent(share, 1)
}
