//! What `bench` prints: a table of the networks, one of each network's layers, and two runs side by
//! side.

use super::{Column, decimal, grouped, render, width_of};
use crate::analysis::CostRatio;
use crate::record::{Cost, Measurement, NetworkCost, Pass};

/// The networks, then their layers. Columns give way where `width` is short.
pub fn cost_tables(bench: &Measurement, colour: bool, width: u16) -> String {
    let several = bench.networks.iter().any(|n| n.batch_size != bench.networks[0].batch_size);
    let fit = |build: &dyn Fn(usize) -> Vec<Column>| {
        let fits = |level: &usize| width_of(&render(&build(*level), false)) <= usize::from(width);
        render(&build((0..3).find(fits).unwrap_or(3)), colour)
    };
    let mut text = vec![fit(&|level| summary(&bench.networks, several, level))];
    for network in &bench.networks {
        let heading = format!("{}, batch {}", network.configuration, network.batch_size);
        let heading = if colour { format!("\x1b[1m{heading}\x1b[0m") } else { heading };
        let share = 100.0 * network.sum_of_parts_us() / network.train_step.median_us;
        text.push(format!(
            "{heading}\n{}\nwhole step {} µs; its parts, each alone, come to {share:.0} % of it",
            fit(&|level| layers(network, level)),
            timing(&network.train_step)
        ));
    }
    text.join("\n\n")
}

fn summary(networks: &[NetworkCost], several: bool, level: usize) -> Vec<Column> {
    let cells = |cell: &dyn Fn(&NetworkCost) -> String| networks.iter().map(cell).collect::<Vec<_>>();
    let mut columns = vec![Column::text("\nconfiguration", cells(&|n| n.configuration.to_string()))];
    if several {
        columns.push(Column::numbers("\nbatch", cells(&|n| n.batch_size.to_string())));
    }
    if level < 2 {
        columns.push(Column::numbers("MACs an\nimage", cells(&|n| grouped(n.macs))));
    }
    columns.push(Column::numbers("training step\nms ± IQR", cells(&|n| milliseconds(&n.train_step))));
    columns.push(Column::numbers("× time of\nstride 1", cells(&|n| ratio(n.train_step.ratio_to_stride1))));
    if level < 3 {
        columns.push(Column::numbers("of\npeak", cells(&|n| percent(n.train_step.fraction_of_peak))));
    }
    columns.push(Column::numbers("images/s\ntraining", cells(&|n| decimal(n.train_images_per_second, 0))));
    columns.push(Column::numbers("images/s\ninference", cells(&|n| decimal(n.inference_images_per_second, 0))));
    if level < 1 {
        let mib = |bytes: u64| decimal(bytes as f64 / f64::from(1 << 20), 1);
        columns.push(Column::numbers("activations\nMiB", cells(&|n| mib(n.activation_bytes))));
    }
    columns
}

/// A layer's passes.
struct Row<'a> {
    layer: &'a str,
    costs: Vec<&'a Cost>,
}

impl Row<'_> {
    fn pass(&self, pass: Pass) -> Option<&Cost> {
        self.costs.iter().copied().find(|cost| cost.pass == pass)
    }

    fn sum(&self, value: impl Fn(&Cost) -> f64) -> f64 {
        self.costs.iter().map(|cost| value(cost)).sum()
    }

    fn macs(&self) -> u64 {
        self.costs.iter().map(|cost| cost.macs).sum()
    }

    /// Time of all passes over that of stride 1; none where a pass has none.
    fn ratio(&self) -> Option<f64> {
        let other: Option<f64> = self.costs.iter().map(|cost| Some(cost.median_us / cost.ratio_to_stride1?)).sum();
        other.map(|other| self.sum(|cost| cost.median_us) / other)
    }
}

fn layers(network: &NetworkCost, level: usize) -> Vec<Column> {
    let mut rows: Vec<Row> = Vec::new();
    for cost in &network.parts {
        match rows.iter_mut().find(|row| row.layer == cost.layer) {
            Some(row) => row.costs.push(cost),
            None => rows.push(Row { layer: &cost.layer, costs: vec![cost] }),
        }
    }
    let total = Row { layer: "sum", costs: network.parts.iter().collect() };
    let cells = |cell: &dyn Fn(&Row) -> String| rows.iter().chain([&total]).map(cell).collect::<Vec<_>>();
    let time = |row: &Row, pass: Pass| match row.layer {
        "sum" => microseconds(row.costs.iter().filter(|cost| cost.pass == pass).map(|cost| cost.median_us).sum()),
        _ => row
            .pass(pass)
            .map_or("–".into(), |cost| if level < 2 { timing(cost) } else { microseconds(cost.median_us) }),
    };
    let unit = if level < 2 { "µs ± IQR" } else { "µs" };
    let heading = |pass: &str| format!("{pass}\n{unit}");
    let mut columns = vec![Column::text("\nlayer", cells(&|row| row.layer.into()))];
    if level < 1 {
        let mega = |macs: u64| if macs == 0 { "–".into() } else { decimal(macs as f64 / 1e6, 1) };
        columns.push(Column::numbers("million\nMACs", cells(&|row| mega(row.macs()))));
    }
    columns.push(Column::numbers(&heading("forward"), cells(&|row| time(row, Pass::Forward))));
    columns.push(Column::numbers(&heading("backward"), cells(&|row| time(row, Pass::Backward))));
    columns.push(Column::numbers(&heading("optimiser"), cells(&|row| time(row, Pass::Optimiser))));
    let sum = network.sum_of_parts_us();
    columns.push(Column::numbers("of all\nparts", cells(&|row| percent(Some(row.sum(|cost| cost.median_us) / sum)))));
    if level < 3 {
        columns.push(Column::numbers("of\npeak", cells(&|row| percent(of_peak(row)))));
    }
    columns.push(Column::numbers("× time of\nstride 1", cells(&|row| ratio(row.ratio()))));
    columns
}

/// All multiply-adds of a row over all of its time, as a share of the peak.
fn of_peak(row: &Row) -> Option<f64> {
    let counted = row.costs.iter().find(|cost| cost.macs > 0)?;
    let a_mac = counted.fraction_of_peak? * counted.median_us / counted.macs as f64;
    Some(a_mac * row.macs() as f64 / row.sum(|cost| cost.median_us))
}

/// This run beside another one.
pub fn comparison_table(rows: &[CostRatio], colour: bool) -> String {
    let cells = |cell: &dyn Fn(&CostRatio) -> String| rows.iter().map(cell).collect::<Vec<_>>();
    let name = |row: &CostRatio| row.configuration.to_string();
    let mut columns = vec![Column::text("\nconfiguration", cells(&name))];
    if rows.iter().any(|row| row.batch_size != rows[0].batch_size) {
        columns.push(Column::numbers("\nbatch", cells(&|row| row.batch_size.to_string())));
    }
    columns.push(Column::text("\nlayer", cells(&|row| row.layer.clone())));
    columns.push(Column::text("\npass", cells(&|row| row.pass.to_string().replace('_', " "))));
    columns.push(Column::numbers("this run\nµs", cells(&|row| microseconds(row.median_us))));
    columns.push(Column::numbers("the other\nµs", cells(&|row| microseconds(row.other_us))));
    columns.push(Column::numbers("this over\nother", cells(&|row| ratio(Some(row.ratio)))));
    render(&columns, colour)
}

fn timing(cost: &Cost) -> String {
    format!("{} ± {}", microseconds(cost.median_us), microseconds(cost.iqr_us))
}

fn microseconds(us: f64) -> String {
    decimal(us, if us < 99.95 { 1 } else { 0 })
}

fn milliseconds(cost: &Cost) -> String {
    let decimals = if cost.median_us < 9_995.0 { 3 } else { 1 };
    format!("{} ± {}", decimal(cost.median_us / 1e3, decimals), decimal(cost.iqr_us / 1e3, decimals))
}

fn ratio(value: Option<f64>) -> String {
    value.map_or("–".into(), |v| if v < 0.0995 { format!("{v:.3}") } else { format!("{v:.2}") })
}

fn percent(share: Option<f64>) -> String {
    share.map_or("–".into(), |share| format!("{:.1} %", 100.0 * share))
}
