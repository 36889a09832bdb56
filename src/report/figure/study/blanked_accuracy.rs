//! `blanked_accuracy`: accuracy without the pixels that another network cannot read.

use std::collections::BTreeSet;

use super::frame::{CONTENT, StudyView, TOP, seeds_note, shown};
use crate::model::Configuration;
use crate::record::BlankedAccuracyRow;
use crate::report::figure::marks::axis::Axis;
use crate::report::figure::marks::dot_plot::{Dot, DotGroup, DotPanel, DotPlot, DotRow};
use crate::report::figure::marks::heading::EDGE;
use crate::report::figure::marks::shapes::Extent;
use crate::report::figure::marks::style::TextStyle;

const REGION_NAME: TextStyle = TextStyle::ink(16.0).semibold();
const UNCHANGED: TextStyle = TextStyle::muted(13.0);
/// The names of a region, above its dots, and the space below them.
const HEAD: f64 = 52.0;
const GAP: f64 = 22.0;

/// The dots of one region that is blanked.
struct BlankedRegion {
    name: String,
    /// Which configurations are left out because nothing changes for them.
    unchanged: String,
    plot: DotPlot,
}

/// For each region: accuracy with it (hollow) and without it (filled), and the difference with its interval.
pub(super) fn blanked_accuracy(study: &StudyView) -> Option<String> {
    let rows = &study.tables.blanked_accuracy;
    let note = seeds_note(rows.iter().map(|row| row.n))?;
    let regions: BTreeSet<&str> = rows.iter().map(|row| row.unread_by.as_str()).collect();
    let configurations = study.those_of(rows.iter().map(|row| row.configuration));
    let regions: Vec<BlankedRegion> = regions.into_iter().map(|region| draw_region(study, region)).collect();
    let top = study.below_key(TOP, &configurations) + 16.0;
    let height: f64 = regions.iter().map(|region| HEAD + region.plot.height() + GAP).sum();
    let subtitle = format!("Test images as they are (hollow) and with those pixels black (filled), by class; {}", note);
    let mut svg = study.page("What the pixels that a network cannot read are worth to others", &subtitle, top + height);
    study.key(&mut svg, TOP, &configurations);
    let mut y = top;
    for region in &regions {
        svg.text(EDGE, y + 18.0, REGION_NAME, &region.name);
        svg.text(EDGE, y + 38.0, UNCHANGED, &region.unchanged);
        region.plot.draw(&mut svg, y + HEAD, EDGE, EDGE + CONTENT);
        y += HEAD + region.plot.height() + GAP;
    }
    Some(svg.finish())
}

fn draw_region(study: &StudyView, region: &str) -> BlankedRegion {
    let rows: Vec<&BlankedAccuracyRow> =
        study.tables.blanked_accuracy.iter().filter(|row| row.unread_by == region).collect();
    let all = study.those_of(rows.iter().map(|row| row.configuration));
    let changes = |c: &Configuration| {
        let own = rows.iter().filter(|row| row.configuration == *c);
        own.clone().any(|row| row.difference != 0.0 || row.sd.is_some_and(|sd| sd != 0.0))
    };
    let (drawn, unchanged): (Vec<Configuration>, Vec<Configuration>) = all.into_iter().partition(changes);
    let classes: BTreeSet<Option<u8>> = rows.iter().map(|row| row.class).collect();
    let group = |class: &Option<u8>| DotGroup {
        name: class.map_or("all".into(), |class| format!("class {class}")),
        rows: drawn.iter().map(|c| DotRow { name: String::new(), look: study.look(c) }).collect(),
    };
    let of = |class: Option<u8>, configuration: Configuration| {
        rows.iter().find(|row| row.class == class && row.configuration == configuration)
    };
    let cells: Vec<_> = classes.iter().flat_map(|&class| drawn.iter().map(move |&c| of(class, c))).collect();
    let plain = |value: f64, hollow: bool| Dot { value: 100.0 * value, interval: None, hollow };
    let accuracy =
        cells.iter().map(|row| row.map_or(vec![], |row| vec![plain(row.whole, true), plain(row.blanked, false)]));
    let accuracy: Vec<Vec<Dot>> = accuracy.collect();
    let difference = cells.iter().map(|row| {
        let dot = |row: &&&BlankedAccuracyRow| {
            let interval = row.low.zip(row.high).map(|(low, high)| Extent::new(100.0 * low, 100.0 * high));
            Dot { value: 100.0 * row.difference, interval, hollow: false }
        };
        row.iter().map(dot).collect()
    });
    let difference: Vec<Vec<Dot>> = difference.collect();
    let mut differences = shown(difference.iter().flatten());
    differences.push(0.0);
    let panels = vec![
        DotPanel {
            name: "Images classified rightly".into(),
            axis: Axis::linear(&shown(accuracy.iter().flatten()), Extent::new(0.0, 100.0)),
            unit: "%",
            dots: accuracy,
            notes: Vec::new(),
            line: None,
        },
        DotPanel {
            name: "Change, in percentage points".into(),
            axis: Axis::linear(&differences, Extent::new(-100.0, 100.0)),
            unit: "",
            dots: difference,
            notes: Vec::new(),
            line: Some(0.0),
        },
    ];
    let named = region.parse::<Configuration>().map_or_else(|_| region.to_string(), |c| c.to_string());
    let unchanged: Vec<String> = unchanged.iter().map(|c| format!("“{c}”")).collect();
    BlankedRegion {
        name: format!("Without the pixels that “{named}” cannot read"),
        unchanged: match unchanged.is_empty() {
            true => String::new(),
            false => format!("Not drawn, because no accuracy changes: {}", unchanged.join(", ")),
        },
        plot: DotPlot { groups: classes.iter().map(group).collect(), panels },
    }
}
