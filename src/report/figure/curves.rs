//! `accuracy.png` and `loss.png`: what every epoch came to.

use std::collections::{BTreeMap, BTreeSet};

use super::marks::axis::Axis;
use super::marks::line_chart::{Chart, Series, Strand};
use super::marks::palette::look;
use crate::model::Configuration;
use crate::record::EpochRow;

/// Validation accuracy by epoch, a line a configuration; of several seeds each thin and their mean
/// bold. `caption` says what was run: data, batch size, backend.
pub fn accuracy(rows: &[EpochRow], caption: &str) -> String {
    let value = |row: &EpochRow| 100.0 * row.val_accuracy;
    let values: Vec<f64> = rows.iter().map(value).collect();
    let series = groups(rows).into_iter().map(|group| {
        let strands = group.strands(value, false);
        let detail = match group.diverged(&strands) {
            Some(text) => text,
            None => format!("{} %", group.last(&strands, |v| format!("{v:.2}"))),
        };
        group.series(detail, strands)
    });
    Chart {
        title: "Validation accuracy".into(),
        subtitle: format!("Share of the test images classified correctly after each epoch{}", seeds_note(rows)),
        caption: caption.into(),
        axis: Axis::linear(&values, [0.0, 100.0]),
        unit: " %",
        key: None,
        series: series.collect(),
    }
    .svg()
}

/// Training loss (solid) and validation loss (dashed) by epoch; otherwise as [`accuracy`].
pub fn loss(rows: &[EpochRow], caption: &str) -> String {
    let values: Vec<f64> = rows.iter().flat_map(|row| [row.train_loss, row.val_loss]).collect();
    let axis = Axis::loss(&values);
    let series = groups(rows).into_iter().map(|group| {
        let (train, validation) = (group.strands(|r| r.train_loss, false), group.strands(|r| r.val_loss, true));
        let number = |v: f64| match v {
            ..0.01 => format!("{v:.4}"),
            ..1e3 => format!("{v:.3}"),
            _ => format!("{v:.1e}"),
        };
        let detail = match group.diverged(&train).or_else(|| group.diverged(&validation)) {
            Some(text) => text,
            None => format!("{} · {}", group.last(&train, number), group.last(&validation, number)),
        };
        group.series(detail, train.into_iter().chain(validation).collect())
    });
    let scale = if axis.log { "logarithmic scale" } else { "linear scale" };
    Chart {
        title: "Loss".into(),
        subtitle: format!("Mean cross-entropy, {scale}; at the right: training · validation{}", seeds_note(rows)),
        caption: caption.into(),
        series: series.collect(),
        axis,
        unit: "",
        key: Some(["training", "validation"]),
    }
    .svg()
}

fn seeds_note(rows: &[EpochRow]) -> String {
    match rows.iter().map(|row| row.model.seed).collect::<BTreeSet<_>>().len() {
        0 | 1 => String::new(),
        n => format!("; {n} seeds, their mean bold"),
    }
}

/// The rows of one configuration, by seed and epoch.
struct Group<'a> {
    configuration: Configuration,
    seeds: BTreeMap<u64, BTreeMap<u32, &'a EpochRow>>,
}

/// Configurations in the order in which they first occur.
fn groups(rows: &[EpochRow]) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = Vec::new();
    for row in rows {
        let configuration = row.model.configuration;
        let at = groups.iter().position(|g: &Group| g.configuration == configuration).unwrap_or_else(|| {
            groups.push(Group { configuration, seeds: BTreeMap::new() });
            groups.len() - 1
        });
        groups[at].seeds.entry(row.model.seed).or_default().insert(row.epoch, row);
    }
    groups
}

impl Group<'_> {
    /// One strand a seed; of several, their mean comes last, over the epochs that all have reached.
    fn strands(&self, value: impl Fn(&EpochRow) -> f64, dashed: bool) -> Vec<Strand> {
        let several = self.seeds.len() > 1;
        let mut strands: Vec<Strand> = (self.seeds.values())
            .map(|rows| Strand {
                points: rows.iter().map(|(epoch, row)| (*epoch, value(row))).collect(),
                dashed,
                faint: several,
            })
            .collect();
        if let (true, Some(first)) = (several, self.seeds.values().next()) {
            let common = first.keys().filter(|epoch| self.seeds.values().all(|rows| rows.contains_key(epoch)));
            let mean = |epoch: &u32| self.seeds.values().map(|rows| value(rows[epoch])).sum::<f64>();
            let points = common.map(|epoch| (*epoch, mean(epoch) / self.seeds.len() as f64)).collect();
            strands.push(Strand { points, dashed, faint: false });
        }
        strands
    }

    fn last(&self, strands: &[Strand], format: impl Fn(f64) -> String) -> String {
        strands.last().and_then(|s| s.points.last()).map_or("–".into(), |(_, v)| format(*v))
    }

    fn diverged(&self, strands: &[Strand]) -> Option<String> {
        let epoch = strands.last()?.points.iter().find(|(_, v)| !v.is_finite())?.0;
        Some(format!("diverged in epoch {epoch}"))
    }

    fn series(&self, detail: String, strands: Vec<Strand>) -> Series {
        Series { name: self.configuration.to_string(), detail, look: look(&self.configuration), strands }
    }
}
