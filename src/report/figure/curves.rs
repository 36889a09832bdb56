//! `accuracy.png` and `loss.png`: the results of every epoch.
//!
//! Of several seeds, each has a pale line, and their mean a bold one within a band of one standard deviation: where
//! another seed is to be expected. (The interval of the mean, which the tables show, is of another kind: with a hundred
//! seeds it is thinner than a line, and with two it has no meaning.) A band ends at the least and the greatest seed, so
//! that it shows no accuracy above 100 % and no loss below 0. After a single epoch there are no lines to see the scatter
//! by: the seeds are points, and a bar is the 95 % interval of their mean.

use std::collections::{BTreeMap, BTreeSet};

use super::marks::axis::Axis;
use super::marks::line_chart::{Band, BandEnds, EpochValue, LineChart, LineKey, LineSeries, Strand};
use super::marks::palette::{Look, looks};
use super::marks::shapes::Extent;
use crate::analysis::comparison::Spread;
use crate::analysis::statistics::{mean, standard_deviation};
use crate::model::Configuration;
use crate::record::EpochRow;
use crate::report::numbers::{self, decimal, or_dash};

/// Validation accuracy by epoch, a line for each configuration. Of several seeds, each has a thin line and their mean a
/// bold one with a band. `caption` says what was run: data, batch size, backend.
pub fn accuracy(rows: &[EpochRow], caption: &str) -> String {
    let percentage = |row: &EpochRow| if row.diverged() { f64::NAN } else { 100.0 * row.val_accuracy };
    let values: Vec<f64> = rows.iter().map(percentage).collect();
    let series = by_configuration(rows).into_iter().map(|rows| {
        let strands = rows.strands(percentage, false);
        let detail = match first_not_finite(&strands) {
            Some(epoch) => diverged(epoch),
            None => {
                let last = last_value(&strands, |v| decimal(v, 2));
                format!("{last}{} %{}", rows.last_deviation(percentage), rows.diverged_note())
            }
        };
        let bands = rows.band(percentage, false).into_iter().collect();
        rows.series(detail, strands, bands)
    });
    LineChart {
        title: "Validation accuracy".into(),
        subtitle: format!("Share of the test images classified correctly after each epoch{}", seeds_note(rows)),
        caption: caption.into(),
        axis: Axis::linear(&roomy(&values), Extent::new(0.0, 100.0)),
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
        let bands = [rows.band(|row| row.train_loss, false), rows.band(|row| row.val_loss, true)];
        rows.series(detail, training.into_iter().chain(validation).collect(), bands.into_iter().flatten().collect())
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

/// Percentages that an axis is to hold: it shows no less than a tenth of a point, below which nobody counts.
fn roomy(values: &[f64]) -> Vec<f64> {
    let Some(Extent { low, high }) = Extent::of(values) else { return Vec::new() };
    let middle = low.midpoint(high);
    let room = (0.05 - (high - low) / 2.0).max(0.0);
    vec![low, high, (middle - room).max(0.0), (middle + room).min(100.0)]
}

fn seeds_note(rows: &[EpochRow]) -> String {
    let seeds: BTreeSet<u64> = rows.iter().map(|row| row.model.seed).collect();
    let single_epoch = rows.iter().all(|row| row.epoch <= 1);
    match seeds.len() {
        0 | 1 => String::new(),
        n if single_epoch => format!("; {n} seeds, their mean, its 95 % interval"),
        n => format!("; {n} seeds, their mean, a band of ± sd"),
    }
}

/// The rows of one configuration, by seed and epoch.
struct ConfigurationRows<'a> {
    configuration: Configuration,
    look: Look,
    /// Whether no configuration has a later epoch than the first.
    single_epoch: bool,
    seeds: BTreeMap<u64, BTreeMap<u32, &'a EpochRow>>,
}

/// The rows of each configuration, in the order in which the configurations first occur.
fn by_configuration(rows: &[EpochRow]) -> Vec<ConfigurationRows<'_>> {
    let single_epoch = rows.iter().all(|row| row.epoch <= 1);
    let mut configurations: Vec<Configuration> = Vec::new();
    let mut all: Vec<BTreeMap<u64, BTreeMap<u32, &EpochRow>>> = Vec::new();
    for row in rows {
        let configuration = row.model.configuration;
        let found = configurations.iter().position(|known| *known == configuration);
        let index = found.unwrap_or_else(|| {
            configurations.push(configuration);
            all.push(BTreeMap::new());
            all.len() - 1
        });
        all[index].entry(row.model.seed).or_default().insert(row.epoch, row);
    }
    let looks = looks(&configurations);
    let rows = configurations.into_iter().zip(looks).zip(all);
    rows.map(|((configuration, look), seeds)| ConfigurationRows { configuration, look, single_epoch, seeds }).collect()
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

    /// The values of the seeds that did not diverge, after each epoch that all of them have reached.
    fn by_epoch(&self, value: impl Fn(&EpochRow) -> f64) -> Vec<(u32, Vec<f64>)> {
        let sound = self.sound();
        let Some(first) = sound.first() else { return Vec::new() };
        let reached_by_all = |epoch: &&u32| sound.iter().all(|rows| rows.contains_key(*epoch));
        let values = |&epoch: &u32| (epoch, sound.iter().map(|rows| value(rows[&epoch])).collect());
        first.keys().filter(reached_by_all).map(values).collect()
    }

    fn mean(&self, value: impl Fn(&EpochRow) -> f64) -> Vec<EpochValue> {
        let by_epoch = self.by_epoch(value).into_iter();
        by_epoch.map(|(epoch, values)| EpochValue { epoch, value: mean(&values) }).collect()
    }

    /// The band around the mean; none of a single seed.
    fn band(&self, value: impl Fn(&EpochRow) -> f64, dashed: bool) -> Option<Band> {
        let ends = |(epoch, values): (u32, Vec<f64>)| {
            let interval = Spread::of(&values).filter(|_| self.single_epoch).and_then(|spread| spread.interval);
            let (centre, sd) = (mean(&values), standard_deviation(&values));
            let range = match interval {
                Some(interval) => Extent::new(interval.low, interval.high),
                None => Extent::of(&values).map_or(Extent::new(f64::NAN, f64::NAN), |seen| {
                    Extent::new((centre - sd).max(seen.low), (centre + sd).min(seen.high))
                }),
            };
            // Not of NaN, which the least and the greatest value pass over.
            let range = if centre.is_finite() && sd.is_finite() { range } else { Extent::new(f64::NAN, f64::NAN) };
            BandEnds { epoch, range }
        };
        let several = self.sound().len() > 1;
        several.then(|| Band { ends: self.by_epoch(value).into_iter().map(ends).collect(), dashed })
    }

    /// ` ± 0.16`: the standard deviation of the seeds after the last epoch; nothing of a single seed.
    fn last_deviation(&self, value: impl Fn(&EpochRow) -> f64) -> String {
        let last = self.by_epoch(value).pop().map(|(_, values)| standard_deviation(&values));
        last.filter(|sd| sd.is_finite()).map_or(String::new(), |sd| format!(" ± {sd:.2}"))
    }

    fn series(&self, detail: String, strands: Vec<Strand>, bands: Vec<Band>) -> LineSeries {
        LineSeries { name: self.configuration.to_string(), detail, look: self.look, strands, bands }
    }
}

/// The last value of the last strand, as text.
fn last_value(strands: &[Strand], write: impl Fn(f64) -> String) -> String {
    let last = strands.last().and_then(|strand| strand.points.last());
    or_dash(last, |point| write(point.value))
}

/// The first epoch of the last strand whose value is not finite.
fn first_not_finite(strands: &[Strand]) -> Option<u32> {
    let points = &strands.last()?.points;
    points.iter().find(|point| !point.value.is_finite()).map(|point| point.epoch)
}

fn diverged(epoch: u32) -> String {
    format!("diverged in epoch {epoch}")
}
