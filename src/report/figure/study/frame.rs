//! What the figures of a study share: the records, the looks of configurations, the page.

use std::collections::BTreeSet;

use crate::analysis::comparison::Spread;
use crate::analysis::{StudyTables, configurations};
use crate::data::Split;
use crate::model::Configuration;
use crate::record::{Status, StudyRecords};
use crate::report::figure::marks::colour_scale::SCALE_NAME;
use crate::report::figure::marks::dot_plot::Dot;
use crate::report::figure::marks::font::width;
use crate::report::figure::marks::heading::{EDGE, caption, heading};
use crate::report::figure::marks::key::{KeyEntry, key};
use crate::report::figure::marks::palette::{Look, looks};
use crate::report::figure::marks::shapes::{Extent, Rect};
use crate::report::figure::marks::svg::Svg;
use crate::report::numbers::counted;

/// Width of every page.
pub(super) const WIDTH: f64 = 960.0;
/// Between the edges.
pub(super) const CONTENT: f64 = WIDTH - 2.0 * EDGE;
/// Below the heading.
pub(super) const TOP: f64 = 96.0;
/// Below all that is drawn: room for the caption.
const FOOT: f64 = 52.0;

/// A study to draw.
pub(super) struct StudyView<'a> {
    pub(super) records: &'a StudyRecords,
    pub(super) tables: &'a StudyTables,
    /// The test images, where they are at hand.
    pub(super) test: Option<&'a Split>,
    /// All configurations.
    pub(super) configurations: Vec<Configuration>,
    looks: Vec<Look>,
}

impl<'a> StudyView<'a> {
    pub(super) fn new(records: &'a StudyRecords, tables: &'a StudyTables, test: Option<&'a Split>) -> StudyView<'a> {
        let configurations = configurations(records);
        let looks = looks(&configurations);
        StudyView { records, tables, test, configurations, looks }
    }

    /// How a configuration looks, in every figure.
    pub(super) fn look(&self, configuration: &Configuration) -> Look {
        let known = self.configurations.iter().position(|known| known == configuration);
        self.looks[known.unwrap_or_default()]
    }

    /// Those of all configurations of which `shown` has rows, in the usual order.
    pub(super) fn those_of(&self, shown: impl Iterator<Item = Configuration>) -> Vec<Configuration> {
        let mut found: Vec<Configuration> = Vec::new();
        for configuration in shown {
            // Rows of one configuration stand together.
            if found.last() != Some(&configuration) && !found.contains(&configuration) {
                found.push(configuration);
            }
        }
        self.configurations.iter().copied().filter(|configuration| found.contains(configuration)).collect()
    }

    /// Draws the key of some configurations at `top` and returns its lower side.
    pub(super) fn key(&self, svg: &mut Svg, top: f64, shown: &[Configuration]) -> f64 {
        key(svg, top, WIDTH - EDGE, &self.entries(shown))
    }

    /// The lower side of the key, without drawing it.
    pub(super) fn below_key(&self, top: f64, shown: &[Configuration]) -> f64 {
        key(&mut Svg::new(1.0, 1.0, ""), top, WIDTH - EDGE, &self.entries(shown))
    }

    fn entries(&self, shown: &[Configuration]) -> Vec<KeyEntry> {
        let entry = |c: &Configuration| KeyEntry { look: self.look(c), hollow: false, name: c.to_string() };
        shown.iter().map(entry).collect()
    }

    /// A page with a heading and a caption, of which `bottom` is the lower side of what will be drawn.
    pub(super) fn page(&self, title: &str, subtitle: &str, bottom: f64) -> Svg {
        let height = bottom + FOOT;
        let mut svg = Svg::new(WIDTH, height, title);
        heading(&mut svg, title, subtitle);
        caption(&mut svg, height, &caption_of(self.records));
        svg
    }
}

/// What dots are, by the seeds of each: `mean of 10 seeds with 95 % interval`; `None` of no dots.
pub(super) fn seeds_note(counts: impl Iterator<Item = usize> + Clone) -> Option<String> {
    Some(match (counts.clone().min()?, counts.max()?) {
        (_, 0 | 1) => "one seed, which gives no interval".into(),
        (least, most) if least == most => format!("mean of {most} seeds with 95 % interval"),
        (least, most) => format!("mean of {least} to {most} seeds with 95 % interval"),
    })
}

/// What was run, and how it ended.
pub(super) fn caption_of(records: &StudyRecords) -> String {
    let run = &records.run;
    let models = records.models.len();
    let seeds: BTreeSet<u64> = records.models.iter().map(|row| row.model.seed).collect();
    let ended = match run.status {
        // How each part of a merged run ended stands in its record; what is drawn is finished.
        _ if !run.merged.is_empty() => None,
        Status::Finished => None,
        Status::Running => Some("not ended".to_string()),
        Status::Interrupted => Some("interrupted".into()),
        Status::Failed => Some("failed".into()),
    };
    let epochs = records.models.iter().map(|row| row.epochs).max();
    let parts = [
        Some(run.data.name.clone()).filter(|name| !name.is_empty()),
        Some(format!("{} of {}", counted(models, "model"), counted(seeds.len(), "seed"))).filter(|_| models > 0),
        epochs.map(|epochs| counted(epochs as usize, "epoch")),
        Some(run.machine.backend.to_uppercase()).filter(|name| !name.is_empty()),
        ended,
    ];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// The place of a colour scale of that name with its upper side at `y`, at the left of the page.
pub(super) fn scale_bar(name: &str, y: f64) -> Rect {
    Rect { x: EDGE + width(name, SCALE_NAME) + 14.0, y, width: 320.0, height: 14.0 }
}

/// A dot with its interval, both times `factor`.
pub(super) fn dot(spread: &Spread, factor: f64) -> Dot {
    let interval = spread.interval.map(|i| Extent::new(factor * i.low, factor * i.high));
    Dot { value: factor * spread.mean, interval, hollow: false }
}

/// All numbers that dots show, for their axis.
pub(super) fn shown<'a>(dots: impl Iterator<Item = &'a Dot>) -> Vec<f64> {
    dots.flat_map(|dot| {
        let ends = dot.interval.map_or([dot.value; 2], |interval| [interval.low, interval.high]);
        [dot.value, ends[0], ends[1]]
    })
    .collect()
}

/// A share as a number of percent in a cell: `0`, `<0.1`, `12.3`.
pub(super) fn cell_percent(share: f64) -> String {
    match 100.0 * share {
        0.0 => "0".into(),
        ..0.05 => "<0.1".into(),
        percent => format!("{percent:.1}"),
    }
}
