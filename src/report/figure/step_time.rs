//! `cost.png`: where the time of a training step goes.

use super::marks::axis::Axis;
use super::marks::font::width;
use super::marks::grid::values_below;
use super::marks::heading::{EDGE, SUBTITLE, caption, heading};
use super::marks::palette::{AXIS, INK, Look, looks};
use super::marks::shapes::{Extent, Point, Rect};
use super::marks::stacked_bars::{BAR_NAME, BarLayout, BarSegment, bar_name, stacked_bar};
use super::marks::style::{Anchor, TextStyle};
use super::marks::svg::Svg;
use crate::record::{BenchRecord, Cost, NetworkCost, Pass};
use crate::report::numbers::{percent, rounded};

const WIDTH: f64 = 960.0;
const TOP: f64 = 150.0;
/// Room for the text at the end of a bar.
const TOTAL: f64 = 150.0;
/// From the lower side of the first panel to the upper side of the second.
const BETWEEN: f64 = 104.0;
/// The least share of a bar in which a layer is named.
const NAMED: f64 = 0.07;

/// A layer's colours.
struct LayerColours {
    layer: &'static str,
    /// Its name in the key.
    key: &'static str,
    forward: &'static str,
    backward: &'static str,
}

const LAYERS: [LayerColours; 6] = [
    LayerColours { layer: "gather", key: "gather", forward: "#98a2ae", backward: "#98a2ae" },
    LayerColours { layer: "conv1", key: "conv1", forward: "#0a6b5a", backward: "#7fcdb8" },
    LayerColours { layer: "conv2", key: "conv2", forward: "#3f3d9e", backward: "#a9a7e6" },
    LayerColours { layer: "dense1", key: "dense1", forward: "#a06a00", backward: "#f2c463" },
    LayerColours { layer: "dense2", key: "dense2, loss", forward: "#a3323f", backward: "#eb9aa2" },
    LayerColours { layer: "adam", key: "Adam", forward: "#3d4652", backward: "#3d4652" },
];

/// The time of a training step by layer and pass, a bar for each network: in the upper panel as time, in the lower one
/// as shares. A benchmark of several batch sizes has a bar for each network and size, of the time of one image.
pub fn step_time(bench: &BenchRecord) -> String {
    let bars = Bars::new(&bench.measured.networks);
    let upper = bars.layout.panel(TOP);
    let lower = bars.layout.panel(upper.bottom() + BETWEEN);
    let height = lower.bottom() + 96.0;
    let title = if bars.per_image { "Time of one image in training" } else { "Time of a training step" };
    let batch = match bars.networks.first() {
        Some(network) if !bars.per_image => format!("batch {}", network.batch_size),
        _ => "batch size after the dot".into(),
    };
    let mut svg = Svg::new(WIDTH, height, title);
    let subtitle = format!("Median by layer, each pass timed alone, {batch}; the dark line is the whole step");
    heading(&mut svg, title, &subtitle);
    key(&mut svg);
    bars.times(&mut svg, upper);
    svg.text(EDGE, lower.y - 22.0, TextStyle::ink(14.0).semibold(), "The same as shares");
    bars.shares(&mut svg, lower);
    caption(&mut svg, height, &machine(bench));
    svg.finish()
}

/// The bars of both panels.
struct Bars<'a> {
    /// Whether there are several batch sizes, so that bars show the time of one image.
    per_image: bool,
    /// A network for each bar.
    networks: Vec<&'a NetworkCost>,
    names: Vec<String>,
    looks: Vec<Look>,
    layout: BarLayout,
}

impl Bars<'_> {
    fn new(measured: &[NetworkCost]) -> Bars<'_> {
        let several = measured.iter().any(|network| network.batch_size != measured[0].batch_size);
        let mut networks: Vec<&NetworkCost> = measured.iter().collect();
        if several {
            // The bars of one configuration stand together, in a group of their own.
            let first = |n: &NetworkCost| measured.iter().position(|m| m.configuration == n.configuration);
            networks.sort_by_key(|network| (first(network), network.batch_size));
        }
        let begins_group = |i: usize| several && i > 0 && networks[i].configuration != networks[i - 1].configuration;
        let begins: Vec<bool> = (0..networks.len()).map(begins_group).collect();
        let name = |network: &&NetworkCost| match several {
            true => format!("{} · {}", network.configuration, network.batch_size),
            false => network.configuration.to_string(),
        };
        let names: Vec<String> = networks.iter().map(name).collect();
        let widest = names.iter().map(|name| width(name, BAR_NAME)).fold(0.0, f64::max);
        let layout = BarLayout::new(EDGE + widest + 16.0, WIDTH - EDGE - TOTAL, &begins);
        let looks = looks(&networks.iter().map(|network| network.configuration).collect::<Vec<_>>());
        Bars { per_image: several, networks, names, looks, layout }
    }

    /// The part of a step's time that is shown.
    fn part(&self, network: &NetworkCost) -> f64 {
        if self.per_image { 1.0 / network.batch_size as f64 } else { 1.0 }
    }

    /// The upper panel: layers as time, a dark line for the whole step, and its time at the end.
    fn times(&self, svg: &mut Svg, panel: Rect) {
        let longest = |n: &&NetworkCost| n.sum_of_parts_us().max(n.train_step.median_us) * self.part(n);
        let most = self.networks.iter().map(longest).filter(|us| us.is_finite()).fold(0.0, f64::max);
        let (unit, per_us) = if most >= 2e3 { ("ms", 1e-3) } else { ("µs", 1.0) };
        let axis = Axis::linear(&[0.0, most * per_us], Extent::new(0.0, f64::MAX));
        values_below(svg, panel, &axis, unit);
        for (i, network) in self.networks.iter().enumerate() {
            let bar = self.layout.bar(panel.y, i);
            let factor = per_us * self.part(network);
            let x = |us: f64| panel.x + panel.width * axis.place(us * factor);
            bar_name(svg, bar, &self.names[i], self.looks[i].text);
            let end = stacked_bar(svg, bar, &segments(network), x, None);
            let whole = x(network.train_step.median_us);
            svg.line(Point::new(whole, bar.y - 3.0), Point::new(whole, bar.bottom() + 3.0), INK, 2.0);

            let baseline = bar.middle() + 5.0;
            let beside = end.max(whole) + 10.0;
            let style = TextStyle::ink(14.0).semibold();
            let time = format!("{} {unit}", rounded(network.train_step.median_us * factor));
            svg.text(beside, baseline, style, &time);
            let is_stride_1 = network.configuration.at_stride_1() == network.configuration;
            if let Some(ratio) = network.train_step.ratio_to_stride1.filter(|_| !is_stride_1) {
                let ratio = format!("{} × stride 1", rounded(ratio));
                svg.text(beside + width(&time, style) + 8.0, baseline, TextStyle::muted(13.0), &ratio);
            }
        }
    }

    /// The lower panel: layers as shares of all of them, and the whole step's share of the peak at the end.
    fn shares(&self, svg: &mut Svg, panel: Rect) {
        let axis = Axis { range: Extent::new(0.0, 100.0), ticks: vec![0.0, 25.0, 50.0, 75.0, 100.0], log: false };
        values_below(svg, panel, &axis, "%");
        for (i, network) in self.networks.iter().enumerate() {
            let bar = self.layout.bar(panel.y, i);
            bar_name(svg, bar, &self.names[i], self.looks[i].text);
            let sum = network.sum_of_parts_us();
            stacked_bar(svg, bar, &segments(network), |us| panel.x + panel.width * us / sum, Some(NAMED));
            let peak = network.train_step.fraction_of_peak.map(|share| format!("{} of peak", percent(share, 0)));
            let peak = peak.unwrap_or_default();
            svg.text(panel.right() + 10.0, bar.middle() + 5.0, TextStyle::muted(13.0), &peak);
        }
    }
}

/// A segment for each pass of a layer, in the order of a step.
fn segments(network: &NetworkCost) -> Vec<BarSegment<'_>> {
    network.parts.iter().map(segment).collect()
}

fn segment(part: &Cost) -> BarSegment<'_> {
    let backward = part.pass == Pass::Backward;
    let fill = match LAYERS.iter().find(|colours| colours.layer == part.layer) {
        Some(colours) if backward => colours.backward,
        Some(colours) => colours.forward,
        None => AXIS,
    };
    // The colours of backward passes are too pale for white text.
    let name_fill = if backward { INK } else { "#ffffff" };
    BarSegment { size: part.median_us, fill, name: &part.layer, name_fill }
}

/// The colours of the layers, in a row below the heading.
fn key(svg: &mut Svg) {
    let swatch = Rect { x: EDGE, y: 94.0, width: 30.0, height: 15.0 };
    let baseline = 106.5;
    let mut x = EDGE;
    for colours in &LAYERS {
        svg.rect(Rect { x, ..swatch }, colours.forward);
        if colours.backward != colours.forward {
            let half = swatch.width / 2.0;
            svg.rect(Rect { x: x + half, width: half, ..swatch }, colours.backward);
        }
        svg.text(x + 37.0, baseline, SUBTITLE, colours.key);
        x += 37.0 + width(colours.key, SUBTITLE) + 24.0;
    }
    svg.text(WIDTH - EDGE, baseline, SUBTITLE.anchor(Anchor::End), "dark forward, pale backward");
}

/// What was measured on, and how.
fn machine(bench: &BenchRecord) -> String {
    let software = if bench.machine.software { " (a software adapter)" } else { "" };
    let operations = if bench.measured.fused { "" } else { ", plain operations" };
    format!(
        "{}{software}, {} backend{operations}; peak {:.0} GFLOP/s; layers by {}",
        bench.machine.adapter,
        bench.machine.backend,
        bench.measured.peak_gflops,
        bench.measured.clock()
    )
}
