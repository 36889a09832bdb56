//! `accuracy.png` and `loss.png`: the results of every epoch.

use std::collections::{BTreeMap, BTreeSet};

use super::marks::axis::Axis;
use super::marks::line_chart::{EpochValue, LineChart, LineKey, LineSeries, Strand};
use super::marks::palette::look;
use super::marks::shapes::Extent;
use crate::model::Configuration;
use crate::record::EpochRow;
use crate::report::numbers::{self, DASH, decimal};

/// Validation accuracy by epoch, a line for each configuration. Of several seeds, each has a thin line and their mean a
/// bold one. `caption` says what was run: data, batch size, backend.
pub fn accuracy(rows: &[EpochRow], caption: &str) -> String {
    let percentage = |row: &EpochRow| if row.diverged() { f64::NAN } else { 100.0 * row.val_accuracy };
    let values: Vec<f64> = rows.iter().map(percentage).collect();
    let series = by_configuration(rows).into_iter().map(|rows| {
        let strands = rows.strands(percentage, false);
        let detail = match first_not_finite(&strands) {
            Some(epoch) => diverged(epoch),
            None => format!("{} %{}", last_value(&strands, |v| decimal(v, 2)), rows.diverged_note()),
        };
        rows.series(detail, strands)
    });
    LineChart {
        title: "Validation accuracy".into(),
        subtitle: format!("Share of the test images classified correctly after each epoch{}", seeds_note(rows)),
        caption: caption.into(),
        axis: Axis::linear(&values, Extent::new(0.0, 100.0)),
        unit: " %",
        key: None,
        series: series.collect(),
    }
    .svg()
}

/// Training loss (solid) and validation loss (dashed) by epoch; otherwise like [`accuracy`].
pub fn loss(rows: &[EpochRow], caption: &str) -> String {
    let values: Vec<f64> = rows.iter().flat_map(|row| [row.train_loss, row.val_loss]).collect();
    let axis = Axis::loss(&values);
    let series = by_configuration(rows).into_iter().map(|rows| {
        let training = rows.strands(|row| row.train_loss, false);
        let validation = rows.strands(|row| row.val_loss, true);
        let detail = match first_not_finite(&training).or_else(|| first_not_finite(&validation)) {
            Some(epoch) => diverged(epoch),
            None => {
                let last = [&training, &validation].map(|strands| last_value(strands, numbers::loss));
                last.join(" · ") + &rows.diverged_note()
            }
        };
        rows.series(detail, training.into_iter().chain(validation).collect())
    });
    let scale = if axis.log { "logarithmic scale" } else { "linear scale" };
    LineChart {
        title: "Loss".into(),
        subtitle: format!("Mean cross-entropy, {scale}; at the right: training · validation{}", seeds_note(rows)),
        caption: caption.into(),
        series: series.collect(),
        axis,
        unit: "",
        key: Some(LineKey { solid: "training", dashed: "validation" }),
    }
    .svg()
}

fn seeds_note(rows: &[EpochRow]) -> String {
    let seeds: BTreeSet<u64> = rows.iter().map(|row| row.model.seed).collect();
    match seeds.len() {
        0 | 1 => String::new(),
        n => format!("; {n} seeds, their mean bold"),
    }
}

/// The rows of one configuration, by seed and epoch.
struct ConfigurationRows<'a> {
    configuration: Configuration,
    seeds: BTreeMap<u64, BTreeMap<u32, &'a EpochRow>>,
}

/// The rows of each configuration, in the order in which the configurations first occur.
fn by_configuration(rows: &[EpochRow]) -> Vec<ConfigurationRows<'_>> {
    let mut all: Vec<ConfigurationRows> = Vec::new();
    for row in rows {
        let configuration = row.model.configuration;
        let found = all.iter().position(|rows| rows.configuration == configuration);
        let index = found.unwrap_or_else(|| {
            all.push(ConfigurationRows { configuration, seeds: BTreeMap::new() });
            all.len() - 1
        });
        all[index].seeds.entry(row.model.seed).or_default().insert(row.epoch, row);
    }
    all
}

impl ConfigurationRows<'_> {
    /// A strand for each seed. Of several seeds, a strand of their mean follows as the last one.
    fn strands(&self, value: impl Fn(&EpochRow) -> f64, dashed: bool) -> Vec<Strand> {
        let several = self.seeds.len() > 1;
        let of_seed = |rows: &BTreeMap<u32, &EpochRow>| Strand {
            points: rows.iter().map(|(&epoch, row)| EpochValue { epoch, value: value(row) }).collect(),
            dashed,
            faint: several,
        };
        let mut strands: Vec<Strand> = self.seeds.values().map(of_seed).collect();
        if several {
            strands.push(Strand { points: self.mean(value), dashed, faint: false });
        }
        strands
    }

    /// The seeds that a mean is taken of: those that did not diverge, or all where none is left.
    fn sound(&self) -> Vec<&BTreeMap<u32, &EpochRow>> {
        let sound = |rows: &&BTreeMap<u32, &EpochRow>| !rows.values().any(|row| row.diverged());
        let all: Vec<_> = self.seeds.values().filter(sound).collect();
        if all.is_empty() { self.seeds.values().collect() } else { all }
    }

    /// How many seeds the mean leaves out, if any.
    fn diverged_note(&self) -> String {
        match self.seeds.len() - self.sound().len() {
            0 => String::new(),
            n => format!(" · {n} diverged"),
        }
    }

    /// The mean over the seeds that did not diverge, of each epoch that all of them have reached.
    fn mean(&self, value: impl Fn(&EpochRow) -> f64) -> Vec<EpochValue> {
        let sound = self.sound();
        let Some(first) = sound.first() else { return Vec::new() };
        let reached_by_all = |epoch: &&u32| sound.iter().all(|rows| rows.contains_key(*epoch));
        let mean = |&epoch: &u32| {
            let sum: f64 = sound.iter().map(|rows| value(rows[&epoch])).sum();
            EpochValue { epoch, value: sum / sound.len() as f64 }
        };
        first.keys().filter(reached_by_all).map(mean).collect()
    }

    fn series(&self, detail: String, strands: Vec<Strand>) -> LineSeries {
        LineSeries { name: self.configuration.to_string(), detail, look: look(&self.configuration), strands }
    }
}

/// The last value of the last strand, as text.
fn last_value(strands: &[Strand], write: impl Fn(f64) -> String) -> String {
    let last = strands.last().and_then(|strand| strand.points.last());
    last.map_or(DASH.into(), |point| write(point.value))
}

/// The first epoch of the last strand whose value is not finite.
fn first_not_finite(strands: &[Strand]) -> Option<u32> {
    let points = &strands.last()?.points;
    points.iter().find(|point| !point.value.is_finite()).map(|point| point.epoch)
}

fn diverged(epoch: u32) -> String {
    format!("diverged in epoch {epoch}")
}
