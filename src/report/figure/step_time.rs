//! `cost.png`: where the time of a training step goes.

use super::marks::axis::Axis;
use super::marks::font::{Weight, width};
use super::marks::palette::{AXIS, GRID, INK, MUTED, look};
use super::marks::svg::{Anchor, Style, Svg};
use crate::record::{BenchRecord, Cost, NetworkCost, Pass};

const WIDTH: f64 = 960.0;
const EDGE: f64 = 28.0;
const TOP: f64 = 150.0;
/// Room for a total at the end of a bar.
const TOTAL: f64 = 150.0;
/// From the last bar of one panel to the first of the next.
const BETWEEN: f64 = 104.0;
/// Between the bars of different networks, where each has several.
const GAP: f64 = 12.0;

/// A layer's colours, forward and backward.
struct Hue {
    layer: &'static str,
    label: &'static str,
    colours: [&'static str; 2],
}

const HUES: [Hue; 6] = [
    Hue { layer: "gather", label: "gather", colours: ["#98a2ae", "#98a2ae"] },
    Hue { layer: "conv1", label: "conv1", colours: ["#0a6b5a", "#7fcdb8"] },
    Hue { layer: "conv2", label: "conv2", colours: ["#3f3d9e", "#a9a7e6"] },
    Hue { layer: "dense1", label: "dense1", colours: ["#a06a00", "#f2c463"] },
    Hue { layer: "dense2", label: "dense2, loss", colours: ["#a3323f", "#eb9aa2"] },
    Hue { layer: "adam", label: "Adam", colours: ["#3d4652", "#3d4652"] },
];

/// Time by layer and pass: above in absolute terms, a bar a network, below as shares. Of several batch
/// sizes every network has a bar each, of the time of one image.
pub fn step_time(bench: &BenchRecord) -> String {
    let networks = &bench.measured.networks;
    let several = networks.iter().any(|n| n.batch_size != networks[0].batch_size);
    // Bars of one network at several batch sizes stand together.
    let mut rows: Vec<&NetworkCost> = networks.iter().collect();
    if several {
        let first = |n: &NetworkCost| networks.iter().position(|m| m.configuration == n.configuration);
        rows.sort_by_key(|n| (first(n), n.batch_size));
    }
    let pitch = if rows.len() > 8 { 27.0 } else { 46.0 };
    // A gap where the next network begins.
    let begins = |i: &usize| several && *i > 0 && rows[*i].configuration != rows[*i - 1].configuration;
    let starts: Vec<f64> =
        (0..rows.len()).map(|i| pitch * i as f64 + GAP * (1..=i).filter(begins).count() as f64).collect();
    let panel = starts.last().map_or(0.0, |start| start + pitch);
    let height = TOP + 2.0 * panel + BETWEEN + 96.0;
    let title = if several { "Time of one image in training" } else { "Time of a training step" };
    let mut svg = Svg::new(WIDTH, height, title);
    heading(&mut svg, bench, title, several);
    let label = |n: &NetworkCost| match several {
        true => format!("{} · {}", n.configuration, n.batch_size),
        false => n.configuration.to_string(),
    };
    let labels = rows.iter().map(|n| width(&label(n), 15.0, Weight::SemiBold));
    let left = EDGE + labels.fold(0.0, f64::max) + 16.0;
    let right = WIDTH - EDGE - TOTAL;
    let part_of_step = |n: &NetworkCost| if several { 1.0 / n.batch_size as f64 } else { 1.0 };

    let longest = |n: &&NetworkCost| n.sum_of_parts_us().max(n.train_step.median_us) * part_of_step(n);
    let most = rows.iter().map(longest).filter(|us| us.is_finite()).fold(0.0, f64::max);
    let (unit, scale) = if most >= 2e3 { ("ms", 1e-3) } else { ("µs", 1.0) };
    let axis = Axis::linear(&[0.0, most * scale], [0.0, f64::MAX]);
    grid(&mut svg, &axis, unit, [left, right, TOP, TOP + panel]);
    for (i, network) in rows.iter().enumerate() {
        let place = Place { y: TOP + starts[i], pitch, left, right };
        let factor = scale * part_of_step(network);
        name(&mut svg, &place, network, &label(network));
        let x = |us: f64| left + (right - left) * axis.place(us * factor);
        let end = stack(&mut svg, &place, &network.parts, &x, 0.0);
        let whole = x(network.train_step.median_us);
        let [y, bar] = place.bar();
        svg.line([whole, y - 3.0, whole, y + bar + 3.0], INK, 2.0);
        let style = Style { size: 14.0, weight: Weight::SemiBold, ..Style::default() };
        let time = network.train_step.median_us * factor;
        let total = format!("{} {unit}", significant(time));
        let at = end.max(whole) + 10.0;
        svg.text(at, y + bar / 2.0 + 5.0, style, &total);
        let ratio = network
            .train_step
            .ratio_to_stride1
            .filter(|_| network.configuration.at_stride_1() != network.configuration);
        if let Some(ratio) = ratio {
            let style = Style { size: 13.0, fill: MUTED, ..Style::default() };
            let beside = at + width(&total, 14.0, Weight::SemiBold) + 8.0;
            svg.text(beside, y + bar / 2.0 + 5.0, style, &format!("{} × stride 1", significant(ratio)));
        }
    }

    let below = TOP + panel + BETWEEN;
    let muted = Style { size: 14.0, weight: Weight::SemiBold, fill: INK, ..Style::default() };
    svg.text(EDGE, below - 22.0, muted, "The same as shares");
    let shares = Axis { range: [0.0, 100.0], ticks: vec![0.0, 25.0, 50.0, 75.0, 100.0], log: false };
    grid(&mut svg, &shares, "%", [left, right, below, below + panel]);
    for (i, network) in rows.iter().enumerate() {
        let place = Place { y: below + starts[i], pitch, left, right };
        name(&mut svg, &place, network, &label(network));
        let sum = network.sum_of_parts_us();
        stack(&mut svg, &place, &network.parts, &|us| left + (right - left) * us / sum, 0.07);
        let style = Style { size: 13.0, fill: MUTED, ..Style::default() };
        let peak = network.train_step.fraction_of_peak.map_or(String::new(), |f| format!("{:.0} % of peak", 100.0 * f));
        let [y, bar] = place.bar();
        svg.text(right + 10.0, y + bar / 2.0 + 5.0, style, &peak);
    }
    let caption = Style { size: 12.0, fill: MUTED, ..Style::default() };
    svg.text(EDGE, height - 22.0, caption, &foot(bench));
    svg.finish()
}

/// One row's place.
struct Place {
    y: f64,
    pitch: f64,
    left: f64,
    right: f64,
}

impl Place {
    /// Top and height of its bar.
    fn bar(&self) -> [f64; 2] {
        [self.y + 0.16 * self.pitch, 0.68 * self.pitch]
    }
}

fn heading(svg: &mut Svg, bench: &BenchRecord, title: &str, several: bool) {
    let style = Style { size: 24.0, weight: Weight::SemiBold, ..Style::default() };
    svg.text(EDGE, 48.0, style, title);
    let batch = match bench.measured.networks.first() {
        Some(network) if !several => format!("batch {}", network.batch_size),
        _ => "batch size after the dot".into(),
    };
    let muted = Style { size: 14.0, fill: MUTED, ..Style::default() };
    let text = format!("Median by layer, each pass timed alone, {batch}; the dark line is the whole step");
    svg.text(EDGE, 74.0, muted, &text);
    let mut x = EDGE;
    for hue in &HUES {
        let [forward, backward] = hue.colours;
        svg.rect([x, 94.0, 30.0, 15.0], forward);
        if backward != forward {
            svg.rect([x + 15.0, 94.0, 15.0, 15.0], backward);
        }
        svg.text(x + 37.0, 106.5, muted, hue.label);
        x += 37.0 + width(hue.label, 14.0, Weight::Regular) + 24.0;
    }
    let key = Style { anchor: Anchor::End, ..muted };
    svg.text(WIDTH - EDGE, 106.5, key, "dark forward, pale backward");
}

fn grid(svg: &mut Svg, axis: &Axis, unit: &str, [left, right, top, bottom]: [f64; 4]) {
    let style = Style { size: 13.0, fill: MUTED, anchor: Anchor::Middle, ..Style::default() };
    for &tick in &axis.ticks {
        let x = left + (right - left) * axis.place(tick);
        svg.line([x, top - 4.0, x, bottom + 4.0], GRID, 1.0);
        svg.text(x, bottom + 22.0, style, &format!("{} {unit}", axis.label(tick)));
    }
    svg.line([left, top - 4.0, left, bottom + 4.0], AXIS, 1.0);
}

fn name(svg: &mut Svg, place: &Place, network: &NetworkCost, label: &str) {
    let fill = look(&network.configuration).text;
    let style = Style { size: 15.0, weight: Weight::SemiBold, fill, anchor: Anchor::End };
    let [y, bar] = place.bar();
    svg.text(place.left - 14.0, y + bar / 2.0 + 5.0, style, label);
}

/// Segments in the order of a step, named inside where they take at least the share `named` (above 0)
/// of the width; returns where they end.
fn stack(svg: &mut Svg, place: &Place, parts: &[Cost], x: &dyn Fn(f64) -> f64, named: f64) -> f64 {
    let [y, bar] = place.bar();
    let mut sum = 0.0;
    for part in parts {
        let (from, to) = (x(sum), x(sum + part.median_us));
        sum += part.median_us;
        let hue = HUES.iter().find(|hue| hue.layer == part.layer);
        let backward = part.pass == Pass::Backward;
        let fill = hue.map_or(AXIS, |hue| hue.colours[usize::from(backward)]);
        // A hair of white between neighbours, unless that would be all of a segment.
        let gap = if to - from > 3.0 { 1.0 } else { 0.0 };
        svg.rect([from, y, to - from - gap, bar], fill);
        let text = hue.map_or(part.layer.as_str(), |hue| hue.layer);
        let room = (to - from) / (place.right - place.left) >= named.max(1e-9);
        if named > 0.0 && room && width(text, 12.0, Weight::Regular) + 8.0 <= to - from && bar >= 16.0 {
            let fill = if backward { INK } else { "#ffffff" };
            let style = Style { size: 12.0, fill, anchor: Anchor::Middle, ..Style::default() };
            svg.text((from + to - gap) / 2.0, y + bar / 2.0 + 4.0, style, text);
        }
    }
    x(sum)
}

fn foot(bench: &BenchRecord) -> String {
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

/// Three digits that count.
fn significant(value: f64) -> String {
    match value {
        ..0.0995 => format!("{value:.3}"),
        ..9.995 => format!("{value:.2}"),
        ..99.95 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
